"""Red teams: a few declared researchers who try many ways to unlock the model, most of them refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.populace import ids
from hydrometer.simulate.supplies import NONE

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "redteam"
SHARE = 0.002
MEAN = 81
TECHNIQUES = 800
"""Wordings from which the researchers choose."""


def populate(draft: Draft, count: int) -> None:
    """Add `count` researchers of one or two organisations, with a median of 60 techniques a fortnight in working
    sessions, seven in ten refused, and some ordinary use beside."""
    shared = draft.commons.draws(KIND)
    team = (draft.place + np.arange(count)) % (1 if draft.whole < 5 else 2)
    rows = draft.accounts(count, KIND, org_id=ids(shared, "org_", 2, 12)[team], verification="contract", plan="team")
    volumes = draft.volumes(count, 60 * draft.days / 14, 0.7, 400)
    account, at, addresses, session, turns = draft.people_talk(rows, volumes, session=10)
    tasks = draft.tasks(len(account))
    techniques, _ = draft.repertoire.wordings("search", TECHNIQUES, tool="bench of a red team", reworded=1.0)
    probing = draft.rng.random(len(account)) < 0.75
    wording = np.where(probing, draft.rng.choice(techniques, len(account)), NONE)
    for part, refused in ((np.flatnonzero(probing), 0.7), (np.flatnonzero(~probing), 0.01)):
        draft.exchanges(
            account[part],
            at[part],
            tasks[part],
            wording=wording[part],
            addresses=addresses.take(part),
            session=session[part],
            turns=turns[part],
            refused=refused,
        )
