"""Drift monitors: a small fixed prompt set, repeated exactly, hourly or daily, day and night."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import DAY, HOUR, timetable
from hydrometer.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "drift"
SHARE = 0.008
MEAN = 120


def populate(draft: Draft, count: int) -> None:
    """Add `count` monitors with 3 to 10 prompts each; one in eight is hourly with 1 prompt per run in turn, the rest
    run the whole set daily. A third use one vendor's prompt set."""
    rng = draft.rng
    rows = draft.accounts(count, KIND, homes=draft.internet.fresh(rng, count, CLOUD))
    vendor = draft.tasks(6, rng=draft.commons.draws(KIND))
    accounts, times, tasks = [], [], []
    for row in rows:
        prompts = vendor if draft.dice.roll() < 0.33 else draft.tasks(3 + draft.dice.below(8))
        hourly = draft.dice.roll() < 0.12
        step = HOUR if hourly else DAY
        begins = np.arange(draft.start + int(draft.dice.roll() * step), draft.stop - HOUR, step)
        run, at = timetable(rng, begins, np.full(len(begins), 1 if hourly else len(prompts)), slack_seconds=3)
        place = np.arange(len(run)) % len(prompts)
        accounts.append(np.full(len(run), row))
        times.append(at)
        tasks.append(prompts[place])
    draft.exchanges(np.concatenate(accounts), np.concatenate(times), np.concatenate(tasks), output=250)
