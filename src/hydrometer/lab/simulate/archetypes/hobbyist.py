"""Hobbyists: unrelated people who run one open-source synthesis tool, with templates that an operator may use too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import DAY, BurstRhythm, draw_burst_times
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "hobbyist"
SHARE = 0.01
MEAN = 47


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` people who run the world's `hobby_tool` (10 templates, reasoning): each from home, on own tasks (they
    repeat each other's), from a start of their own, in a few bursts, with very unequal volumes (median 25)."""
    rng = cohort.rng
    shared = cohort.context.shared_generator(KIND)
    rows = cohort.add_accounts(
        count, KIND, AccountTraits(clients_at=np.full(count, int(shared.integers(0, 5))), community=KIND)
    )
    demands, _ = cohort.catalogue.make_demands("reasoning", 10, cohort.scenario.hobby_tool)
    public_seeds = cohort.draw_tasks(300, rng=shared)
    sizes = cohort.draw_volumes(count, 25, 1.1, 500)
    times = []
    for size in sizes.tolist():
        begin = cohort.start + int(rng.random() * (cohort.days - 1) * DAY)
        end = min(cohort.stop, begin + int((0.5 + rng.exponential(3.0)) * DAY))
        times.append(draw_burst_times(rng, size, begin, end, BurstRhythm(hours=2.5, every=22)))
    account, at = np.repeat(rows, sizes), np.concatenate(times)
    public = rng.random(len(at)) < 0.5
    tasks = np.where(public, rng.choice(public_seeds, len(at)), cohort.draw_own_tasks(account))
    cohort.add_exchanges(
        ExchangeBatch(account, at, tasks, template=rng.choice(demands, len(at)), output=800, reasoning=0.5)
    )
