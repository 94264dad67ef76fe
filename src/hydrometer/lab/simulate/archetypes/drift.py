"""Drift monitors: a small fixed prompt set, repeated exactly, hourly or daily, day and night."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import DAY, HOUR, schedule_jobs
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch
from hydrometer.lab.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "drift"
SHARE = 0.008
MEAN = 120


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` monitors with 3 to 10 prompts each; one in eight is hourly with 1 prompt per run in turn, the rest
    run the whole set daily. A third use one vendor's prompt set."""
    rng = cohort.rng
    rows = cohort.add_accounts(count, KIND, AccountTraits(homes=cohort.internet.draw_addresses(rng, count, CLOUD)))
    vendor = cohort.draw_tasks(6, rng=cohort.context.shared_generator(KIND))
    accounts, times, tasks = [], [], []
    for row in rows:
        prompts = vendor if cohort.dice.roll() < 0.33 else cohort.draw_tasks(3 + cohort.dice.below(8))
        hourly = cohort.dice.roll() < 0.12
        step = HOUR if hourly else DAY
        begins = np.arange(cohort.start + int(cohort.dice.roll() * step), cohort.stop - HOUR, step)
        run, at = schedule_jobs(rng, begins, np.full(len(begins), 1 if hourly else len(prompts)), slack_seconds=3)
        prompt_index = np.arange(len(run)) % len(prompts)
        accounts.append(np.full(len(run), row))
        times.append(at)
        tasks.append(prompts[prompt_index])
    cohort.add_exchanges(
        ExchangeBatch(np.concatenate(accounts), np.concatenate(times), np.concatenate(tasks), output=250)
    )
