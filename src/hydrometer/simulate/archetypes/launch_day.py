"""The crowd of launch day: hundreds sign up within a day of a release and try the same prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import DAY
from hydrometer.simulate.draft import NEWEST
from hydrometer.simulate.supplies import NONE

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "launch-day"
SHARE = 0.03
MEAN = 6.8


def populate(draft: Draft, count: int) -> None:
    """Add `count` people who join within a day of the release (day 2 if there is none), try 20 much-shared prompts on
    the newest model, some of which ask for the thinking aloud, and mostly fall silent after two days."""
    rng = draft.rng
    begin = draft.release if draft.release >= draft.start else draft.start + 2 * DAY
    made = begin + (rng.beta(1.3, 4.0, count) * DAY).astype(np.int64)
    rows = draft.accounts(count, KIND, created_at=np.minimum(made, draft.stop - DAY // 4), verification="email")
    shared = draft.tasks(20, rng=draft.commons.draws(KIND))
    aloud = draft.repertoire.fixed("{task}\n\nThink out loud and show me every step!")
    days = min(3.0, (draft.stop - begin) / DAY)
    account, at, addresses, session, turns = draft.people_talk(
        rows, draft.volumes(count, 5, 0.8, 60), since=begin, days=days
    )
    passed_on = rng.random(len(account)) < 0.45
    which = rng.integers(0, 20, len(account))
    draft.exchanges(
        account,
        at,
        np.where(passed_on, shared[which], draft.own_tasks(account)),
        wording=np.where(passed_on & (which >= 15), aloud, NONE),
        addresses=addresses,
        session=session,
        turns=turns,
        model=np.full(len(account), NEWEST),
        refused=0.01,
    )
