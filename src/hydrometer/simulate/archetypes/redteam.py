"""Red teams: a few declared researchers who try many ways to unlock the model, most of them refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import heavy_tailed
from hydrometer.simulate.demands.wordings import make_wordings
from hydrometer.simulate.draft import ids

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "redteam"
SHARE = 0.002


def populate(draft: Draft, count: int) -> None:
    """Add `count` researchers of one or two organisations, with a median of 60 techniques a fortnight in working
    sessions, seven in ten refused, and some ordinary use beside."""
    team = np.arange(count) % (1 if count < 5 else 2)
    rows = draft.accounts(count, KIND, org_id=ids(draft.rng, "org_", 2, 12)[team], verification="contract", plan="team")
    volumes = heavy_tailed(draft.rng, count, 60 * draft.days / 14, 0.7, 400)
    account, at, addresses, session, turns = draft.people_talk(rows, volumes, session=10)
    slots = draft.corpus.tasks(len(account))
    techniques = make_wordings("search", max(1, len(account)), tool="bench of a red team", reworded=1.0)
    probing = draft.rng.random(len(account)) < 0.75
    prompts = [t.fill(s, draft.corpus) if p else s for t, s, p in zip(techniques, slots, probing, strict=True)]
    for part, refused in ((np.flatnonzero(probing), 0.7), (np.flatnonzero(~probing), 0.01)):
        draft.exchanges(
            account[part],
            at[part],
            [prompts[i] for i in part],
            slot=[slots[i] for i in part],
            addresses=addresses.take(part),
            session=session[part],
            turns=turns[part],
            refused=refused,
        )
