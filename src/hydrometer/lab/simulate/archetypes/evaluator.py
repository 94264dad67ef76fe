"""Evaluators on release day: benchmark prompts with step-by-step instructions, all within 24 hours of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import DAY, HOUR, SECOND
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch
from hydrometer.lab.simulate.cohort_builder import NEWEST
from hydrometer.lab.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "evaluator"
SHARE = 0.01
MEAN = 75


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` evaluators who run 3 public benchmarks (shared questions and instructions) on the newest model; each
    starts within 24 hours of the release and sends without pause; unequal sample sizes."""
    rng = cohort.rng
    rows = cohort.add_accounts(
        count, KIND, AccountTraits(homes=cohort.internet.draw_addresses(rng, count, CLOUD), community=KIND)
    )
    shared = cohort.context.shared_generator(KIND)
    templates, questions = cohort.draw_templates("exam", 3, shared), cohort.draw_tasks(660, rng=shared).reshape(3, 220)
    release = max(cohort.release, cohort.start) if cohort.release >= cohort.start else cohort.start + int(0.3 * DAY)
    accounts, times, tasks, frames = [], [], [], []
    for row, size in zip(rows, cohort.draw_volumes(count, 60, 0.7, 300), strict=True):
        benchmark = cohort.dice.below(3)
        chosen = rng.permutation(220)[:size]
        begin = release + int(rng.beta(1.2, 3.0) * 22 * HOUR)
        at = begin + (np.cumsum(rng.gamma(2.0, 6.0, len(chosen))) * SECOND).astype(np.int64)
        keep = at < cohort.stop
        accounts.append(np.full(int(keep.sum()), row))
        times.append(at[keep])
        tasks.append(questions[benchmark, chosen[keep]])
        frames.append(np.full(int(keep.sum()), templates[benchmark]))
    account = np.concatenate(accounts)
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            np.concatenate(times),
            np.concatenate(tasks),
            template=np.concatenate(frames),
            model=np.full(len(account), NEWEST),
            reasoning=0.6,
            output=430,
        )
    )
