"""The crowd of launch day: hundreds sign up within a day of a release and try the same prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import DAY, heavy_tailed
from hydrometer.simulate.draft import NEWEST

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "launch-day"
SHARE = 0.03


def populate(draft: Draft, count: int) -> None:
    """Add `count` people who join within a day of the release (day 2 if there is none), try 20 much-shared prompts on
    the newest model, some of which ask for the thinking aloud, and mostly fall silent after two days."""
    rng = draft.rng
    begin = draft.release if draft.release >= draft.start else draft.start + 2 * DAY
    made = begin + (rng.beta(1.3, 4.0, count) * DAY).astype(np.int64)
    rows = draft.accounts(count, KIND, created_at=np.minimum(made, draft.stop - DAY // 4), verification="email")
    shared = [draft.corpus.task() for _ in range(15)] + [
        f"{draft.corpus.task()}\n\nThink out loud and show me every step!" for _ in range(5)
    ]
    days = min(3.0, (draft.stop - begin) / DAY)
    account, at, addresses, session, turns = draft.people_talk(
        rows, heavy_tailed(rng, count, 5, 0.8, 60), since=begin, days=days
    )
    prompts = [
        draft.dice.pick(shared) if draft.dice.roll() < 0.45 else draft.corpus.task(tongue=draft.tongue[a])
        for a in account
    ]
    draft.exchanges(
        account,
        at,
        prompts,
        addresses=addresses,
        session=session,
        turns=turns,
        model=np.full(len(account), NEWEST),
        refused=0.01,
    )
