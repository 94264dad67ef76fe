"""Quiet accounts: one to three exchanges in all, no threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.lab.simulate.arrival_times import draw_heavy_tailed
from hydrometer.lab.simulate.cohort_batches import ExchangeBatch, HumanHabits

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "quiet"
SHARE = 0.14
MEAN = 1.4


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` accounts with a median of 1 exchange and at most 5."""
    rows = cohort.add_accounts(count, KIND)
    cohort.honest_homes.append(cohort.home_addresses(rows))
    account, at, addresses, session, turns = cohort.draw_human_exchanges(
        rows, draw_heavy_tailed(cohort.rng, count, 1.2, 0.5, 5), HumanHabits(threads=False)
    )
    prompts = cohort.draw_prompts(account, popular=0.06)
    cohort.add_exchanges(
        ExchangeBatch(account, at, prompts, addresses=addresses, session=session, turns=turns, refused=0.008)
    )
