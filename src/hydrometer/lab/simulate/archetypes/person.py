"""Persons: home addresses, waking hours, sessions, heavy-tailed volumes (median 4 in a fortnight)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.cohort_batches import ExchangeBatch
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "person"
SHARE = 0.30
MEAN = 14
"""And whatever the other archetypes leave over."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` persons. 8 % sit behind a carrier's address, 6 % on VPN exits; 15 % send own instructions along."""
    rows = cohort.add_accounts(count, KIND)
    cohort.honest_homes.append(cohort.home_addresses(rows))
    volumes = cohort.draw_volumes(count, 4 * cohort.days / 14, 1.6, 600)
    account, at, addresses, session, turns = cohort.draw_human_exchanges(rows, volumes)
    prompts = cohort.draw_prompts(account, popular=0.04)
    own = np.where(cohort.rng.random(count) < 0.15, cohort.draw_templates("persona", count), NONE)
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            prompts,
            system=own[account - rows[0]],
            addresses=addresses,
            session=session,
            turns=turns,
            refused=0.006,
        )
    )
