"""Customers of a provider that closes: they sign up within two days and bring the same old harness string."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.supplies import NONE
from hydrometer.simulate.templates import OLD_HARNESS

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "migration"
SHARE = 0.015
MEAN = 25


def populate(draft: Draft, count: int) -> None:
    """Add `count` unrelated customers who join within 48 hours around day 4, use the dying provider's SDK prompt in
    nine of ten exchanges, and go on as ordinary people do."""
    rng = draft.rng
    made = draft.burst(count, min(4.0, draft.days / 3), 40.0)
    rows = draft.accounts(count, KIND, created_at=made, new_model=0.4)
    account, at, addresses, session, turns = draft.people_talk(
        rows, draft.volumes(count, 16 * draft.days / 14, 1.0, 300), session=6
    )
    system = np.where(rng.random(len(account)) < 0.9, draft.repertoire.fixed(OLD_HARNESS), NONE)
    draft.exchanges(
        account,
        at,
        draft.prompts(account),
        system=system,
        addresses=addresses,
        session=session,
        turns=turns,
    )
