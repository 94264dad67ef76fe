"""Products: one template and hundreds to thousands of calls, each for a customer of the customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "product"
SHARE = 0.005
MEAN = 780


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` products with a median of 500 calls in a fortnight and an end user each; tutors and markers of
    homework among them, whose templates ask for steps and marks."""
    rng = cohort.rng
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(homes=cohort.internet.draw_addresses(rng, count, CLOUD)),
        plan="team",
        verification="card",
    )
    templates = cohort.draw_templates("product", count)
    account, at, _, _, _ = cohort.draw_human_exchanges(
        rows, cohort.draw_volumes(count, 500 * cohort.days / 14, 0.8, 4_000), HumanHabits(session=1.2, roaming=0.0)
    )
    users = np.array(
        [f"u{cohort.accounts_before + a:03d}_{user}" for a in range(count) for user in range(900)], dtype=object
    )
    user = (rng.pareto(1.0, len(account)) * 40 % 900).astype(np.int64)
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            cohort.draw_anybodys_prompts(len(account)),
            system=templates[account - rows[0]],
            end_user=users[(account - rows[0]) * 900 + user],
            turns=2,
        )
    )
