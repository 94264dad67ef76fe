"""Reasoning capture for audit: regulated companies that use one vendor's template, which demands the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.honest_templates import AUDIT
from hydrometer.lab.simulate.networks import OFFICE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "audit"
SHARE = 0.006
MEAN = 77


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` unrelated companies with own address, card and domain, office hours, unequal volumes (median 60 a
    fortnight); every exchange carries the vendor's step-by-step demand."""
    rng = cohort.rng
    domains = np.array(
        [
            f"{cohort.dice.pick(('bank', 'insurer', 'clinic', 'fund', 'broker'))}-{cohort.dice.below(10_000)}.example"
            for _ in range(count)
        ],
        dtype=object,
    )
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(homes=cohort.internet.draw_addresses(rng, count, OFFICE), new_model=0.05, community=KIND),
        email_domain=domains,
        plan="enterprise",
        verification="contract",
    )
    account, at, _, _, _ = cohort.draw_human_exchanges(
        rows, cohort.draw_volumes(count, 60 * cohort.days / 14, 0.9, 600), HumanHabits(session=3, roaming=0.0)
    )
    vendor = cohort.catalogue.fixed_text(AUDIT)
    cohort.add_exchanges(
        ExchangeBatch(account, at, cohort.draw_tasks(len(account)), template=vendor, output=620, reasoning=0.4)
    )
