"""Customers of a provider that closes: they sign up within two days and bring the same old harness string."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.honest_templates import OLD_HARNESS
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "migration"
SHARE = 0.015
MEAN = 25


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` unrelated customers who join within 48 hours around day 4, use the dying provider's SDK prompt in
    nine of ten exchanges, and go on as ordinary people do."""
    rng = cohort.rng
    made = cohort.draw_signup_burst(count, min(4.0, cohort.days / 3), 40.0)
    rows = cohort.add_accounts(count, KIND, AccountTraits(created_at=made, new_model=0.4, community=KIND))
    account, at, addresses, session, turns = cohort.draw_human_exchanges(
        rows, cohort.draw_volumes(count, 16 * cohort.days / 14, 1.0, 300), HumanHabits(session=6)
    )
    system = np.where(rng.random(len(account)) < 0.9, cohort.catalogue.fixed_text(OLD_HARNESS), NONE)
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            cohort.draw_prompts(account),
            system=system,
            addresses=addresses,
            session=session,
            turns=turns,
        )
    )
