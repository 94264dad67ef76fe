"""Makers of test data: companies that have the model invent tickets, dialogues and rows for their own systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import DAY, HOUR, heavy_tailed, queue_times
from hydrometer.simulate.networks import CLOUD
from hydrometer.simulate.templates import fill

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "fixtures"
SHARE = 0.004


def populate(draft: Draft, count: int) -> None:
    """Add `count` unrelated companies with a template of their own each; one run of 2 to 10 hours on one to three days,
    a median of 90 exchanges in all, long outputs."""
    rng = draft.rng
    rows = draft.accounts(count, KIND, homes=draft.internet.fresh(rng, count, CLOUD), plan="team", verification="card")
    for row, size in zip(rows, heavy_tailed(rng, count, 90, 0.8, 800), strict=True):
        template = draft.template("fixture")
        for part in np.array_split(np.arange(size), 1 + draft.dice.below(3)):
            begin = draft.start + int(draft.dice.roll() * (draft.days - 1) * DAY)
            at = queue_times(rng, len(part), begin, begin + int((2 + 8 * draft.dice.roll()) * HOUR), 0.6)
            slots = draft.corpus.tasks(len(part))
            account = np.full(len(part), row)
            draft.exchanges(account, at, [fill(template, s) for s in slots], slot=slots, output=900, reasoning=0.1)
