"""Makers of test data: companies that have the model invent tickets, dialogues and rows for their own systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import DAY, HOUR, queue_times
from hydrometer.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "fixtures"
SHARE = 0.004
MEAN = 94


def populate(draft: Draft, count: int) -> None:
    """Add `count` unrelated companies with a template of their own each; one run of 2 to 10 hours on one to three days,
    a median of 90 exchanges in all, long outputs."""
    rng = draft.rng
    rows = draft.accounts(count, KIND, homes=draft.internet.fresh(rng, count, CLOUD), plan="team", verification="card")
    sizes = draft.volumes(count, 90, 0.8, 800)
    times = []
    for size in sizes.tolist():
        for part in np.array_split(np.arange(size), 1 + draft.dice.below(3)):
            begin = draft.start + int(draft.dice.roll() * (draft.days - 1) * DAY)
            times.append(queue_times(rng, len(part), begin, begin + int((2 + 8 * draft.dice.roll()) * HOUR), 0.6))
    template = np.repeat(draft.templates("fixture", count), sizes)
    at = np.concatenate(times)
    draft.exchanges(np.repeat(rows, sizes), at, draft.tasks(len(at)), wording=template, output=900, reasoning=0.1)
