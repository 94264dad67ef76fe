"""Persons: home addresses, waking hours, sessions, heavy-tailed volumes (median 4 in a fortnight)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.supplies import NONE

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "person"
SHARE = 0.30
MEAN = 14
"""And whatever the other archetypes leave over."""


def populate(draft: Draft, count: int) -> None:
    """Add `count` persons. 8 % sit behind a carrier's address, 6 % on VPN exits; 15 % send own instructions along."""
    rows = draft.accounts(count, KIND)
    draft.commons.people.append(draft.home_addresses(rows))
    volumes = draft.volumes(count, 4 * draft.days / 14, 1.6, 600)
    account, at, addresses, session, turns = draft.people_talk(rows, volumes)
    prompts = draft.prompts(account, popular=0.04)
    own = np.where(draft.rng.random(count) < 0.15, draft.templates("persona", count), NONE)
    draft.exchanges(
        account,
        at,
        prompts,
        system=own[account - rows[0]],
        addresses=addresses,
        session=session,
        turns=turns,
        refused=0.006,
    )
