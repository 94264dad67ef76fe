"""Coding harness users: one long agent prompt with tools in the hands of hundreds of unrelated people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.templates import HARNESS, HARNESS_TOOLS

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "harness"
SHARE = 0.07
MEAN = 24


def populate(draft: Draft, count: int) -> None:
    """Add `count` users; sessions of about 12 exchanges, many turns, tool use, any task under the same instructions."""
    rows = draft.accounts(count, KIND, clients_at=np.full(count, 5), large=0.9, new_model=0.6)
    volumes = draft.volumes(count, 14 * draft.days / 14, 1.1, 500)
    account, at, addresses, session, turns = draft.people_talk(rows, volumes, session=12)
    prompts = draft.prompts(account, popular=0.0)
    draft.exchanges(
        account,
        at,
        prompts,
        system=draft.repertoire.fixed(HARNESS),
        addresses=addresses,
        session=session,
        turns=turns,
        tools=HARNESS_TOOLS,
        output=520,
        reasoning=0.5,
    )
