"""Hobbyists: unrelated people who run one open-source synthesis tool, with wordings that an operator may use too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import DAY, burst_times

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "hobbyist"
SHARE = 0.01
MEAN = 47


def populate(draft: Draft, count: int) -> None:
    """Add `count` people who run the world's `hobby_tool` (10 wordings, reasoning): each from home, on own tasks (they
    repeat each other's), from a start of their own, in a few bursts, with very unequal volumes (median 25)."""
    rng = draft.rng
    shared = draft.commons.draws(KIND)
    rows = draft.accounts(count, KIND, clients_at=np.full(count, int(shared.integers(0, 5))))
    wordings, _ = draft.repertoire.wordings("reasoning", 10, tool=draft.scenario.hobby_tool)
    public_seeds = draft.tasks(300, rng=shared)
    sizes = draft.volumes(count, 25, 1.1, 500)
    times = []
    for size in sizes.tolist():
        begin = draft.start + int(rng.random() * (draft.days - 1) * DAY)
        end = min(draft.stop, begin + int((0.5 + rng.exponential(3.0)) * DAY))
        times.append(burst_times(rng, size, begin, end, hours=2.5, every=22))
    account, at = np.repeat(rows, sizes), np.concatenate(times)
    public = rng.random(len(at)) < 0.5
    tasks = np.where(public, rng.choice(public_seeds, len(at)), draft.own_tasks(account))
    draft.exchanges(account, at, tasks, wording=rng.choice(wordings, len(at)), output=800, reasoning=0.5)
