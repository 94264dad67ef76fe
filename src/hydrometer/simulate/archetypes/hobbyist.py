"""Hobbyists: unrelated people who run one open-source synthesis tool, with wordings that an operator may use too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import DAY, burst_times, heavy_tailed
from hydrometer.simulate.demands.wordings import make_wordings

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "hobbyist"
SHARE = 0.01


def populate(draft: Draft, count: int) -> None:
    """Add `count` people who run the world's `hobby_tool` (10 wordings, reasoning): each from home, on own tasks (they
    repeat each other's), from a start of their own, in a few bursts, with very unequal volumes (median 25)."""
    rng = draft.rng
    rows = draft.accounts(count, KIND, clients_at=np.full(count, int(rng.integers(0, 5))))
    wordings = make_wordings("reasoning", 10, tool=draft.scenario.hobby_tool, system=False)
    public_seeds = draft.corpus.tasks(300)
    for row, size in zip(rows, heavy_tailed(rng, count, 25, 1.1, 500), strict=True):
        begin = draft.start + int(rng.random() * (draft.days - 1) * DAY)
        end = min(draft.stop, begin + int((0.5 + rng.exponential(3.0)) * DAY))
        at = burst_times(rng, int(size), begin, end, hours=2.5, every=22)
        slots = [
            draft.dice.pick(public_seeds) if draft.dice.roll() < 0.5 else draft.corpus.task(tongue=draft.tongue[row])
            for _ in at
        ]
        prompts = [draft.dice.pick(wordings).fill(s, draft.corpus) for s in slots]
        draft.exchanges(np.full(len(at), row), at, prompts, slot=slots, output=800, reasoning=0.5)
