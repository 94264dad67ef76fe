"""Makers of test data: companies that have the model invent tickets, dialogues and rows for their own systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import DAY, HOUR, draw_queue_times
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch
from hydrometer.lab.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "fixtures"
SHARE = 0.004
MEAN = 94


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` unrelated companies with a template of their own each; one run of 2 to 10 hours on one to three days,
    a median of 90 exchanges in all, long outputs."""
    rng = cohort.rng
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(homes=cohort.internet.draw_addresses(rng, count, CLOUD)),
        plan="team",
        verification="card",
    )
    sizes = cohort.draw_volumes(count, 90, 0.8, 800)
    times = []
    for size in sizes.tolist():
        for part in np.array_split(np.arange(size), 1 + cohort.dice.below(3)):
            begin = cohort.start + int(cohort.dice.roll() * (cohort.days - 1) * DAY)
            times.append(draw_queue_times(rng, len(part), begin, begin + int((2 + 8 * cohort.dice.roll()) * HOUR), 0.6))
    template = np.repeat(cohort.draw_templates("fixture", count), sizes)
    at = np.concatenate(times)
    cohort.add_exchanges(
        ExchangeBatch(
            np.repeat(rows, sizes), at, cohort.draw_tasks(len(at)), template=template, output=900, reasoning=0.1
        )
    )
