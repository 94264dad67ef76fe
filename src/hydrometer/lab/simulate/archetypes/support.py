"""Support bots: one template, around the clock, one-turn questions of a company's customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import draw_queue_times
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch
from hydrometer.lab.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "support"
SHARE = 0.004
MEAN = 306


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` bots with a median of 220 exchanges a fortnight, as a Poisson stream without nights; customers repeat
    each other's questions."""
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(homes=cohort.internet.draw_addresses(cohort.rng, count, CLOUD)),
        plan="team",
        verification="card",
    )
    rng = cohort.rng
    sizes = cohort.draw_volumes(count, 220 * cohort.days / 14, 0.7, 2_000)
    at = np.concatenate([draw_queue_times(rng, size, cohort.start, cohort.stop, 1.0) for size in sizes.tolist()])
    bot = np.repeat(np.arange(count), sizes)
    common_questions = cohort.draw_tasks(40 * count)[bot * 40 + rng.integers(0, 40, len(bot))]
    visitors = np.array([f"visitor-{number}" for number in range(90_000)], dtype=object)
    cohort.add_exchanges(
        ExchangeBatch(
            rows[bot],
            at,
            np.where(rng.random(len(bot)) < 0.3, common_questions, cohort.draw_tasks(len(bot))),
            system=cohort.draw_templates("support", count)[bot],
            end_user=visitors[rng.integers(0, 90_000, len(bot))],
            output=180,
            reasoning=0.05,
        )
    )
