"""Agencies: one card, one device and one address for many clients' accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_ids, draw_rare_bins
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.communities import name_communities
from hydrometer.lab.simulate.networks import OFFICE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "agency"
SHARE = 0.018
MEAN = 30


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` client accounts of agencies with 6 to 14 clients; each client is its own organisation and brief."""
    rng = cohort.rng
    agency = np.repeat(np.arange(count), rng.integers(6, 15, count))[:count]
    agencies = int(agency.max()) + 1
    office = cohort.internet.draw_addresses(rng, agencies, OFFICE)
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(
            homes=office.take(agency),
            clients_at=np.full(count, 3),
            community=name_communities(cohort, KIND, agency),
        ),
        payment_fingerprint=draw_ids(rng, "pm_", agencies)[agency],
        device_id=draw_ids(rng, "dv_", agencies)[agency],
        payment_bin=draw_rare_bins(rng, agencies)[agency],
        signup_ip=office.ip[agency],
        plan="team",
    )
    briefs = cohort.draw_templates("agency_brief", count)
    account, at, addresses, _, turns = cohort.draw_human_exchanges(
        rows, cohort.draw_volumes(count, 22 * cohort.days / 14, 0.8, 300), HumanHabits(session=6, roaming=0.02)
    )
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            cohort.draw_prompts(account),
            system=briefs[account - rows[0]],
            addresses=addresses,
            turns=turns,
        )
    )
