"""Agencies: one card, one device and one address for many clients' accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.networks import OFFICE
from hydrometer.simulate.populace import card_numbers, ids

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "agency"
SHARE = 0.018
MEAN = 30


def populate(draft: Draft, count: int) -> None:
    """Add `count` client accounts of agencies with 6 to 14 clients; each client is its own organisation and brief."""
    rng = draft.rng
    agency = np.repeat(np.arange(count), rng.integers(6, 15, count))[:count]
    agencies = int(agency.max()) + 1
    office = draft.internet.fresh(rng, agencies, OFFICE)
    rows = draft.accounts(
        count,
        KIND,
        homes=office.take(agency),
        payment_fingerprint=ids(rng, "pm_", agencies)[agency],
        device_id=ids(rng, "dv_", agencies)[agency],
        payment_bin=card_numbers(rng, agencies)[agency],
        signup_ip=office.ip[agency],
        plan="team",
        clients_at=np.full(count, 3),
    )
    briefs = draft.templates("agency_brief", count)
    account, at, addresses, _, turns = draft.people_talk(
        rows, draft.volumes(count, 22 * draft.days / 14, 0.8, 300), session=6, roaming=0.02
    )
    draft.exchanges(
        account,
        at,
        draft.prompts(account),
        system=briefs[account - rows[0]],
        addresses=addresses,
        turns=turns,
    )
