"""Support bots: one template, around the clock, one-turn questions of a company's customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import heavy_tailed, queue_times
from hydrometer.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "support"
SHARE = 0.004


def populate(draft: Draft, count: int) -> None:
    """Add `count` bots with a median of 220 exchanges a fortnight, as a Poisson stream without nights; customers repeat
    each other's questions."""
    rows = draft.accounts(
        count, KIND, homes=draft.internet.fresh(draft.rng, count, CLOUD), plan="team", verification="card"
    )
    for row, size in zip(rows, heavy_tailed(draft.rng, count, 220 * draft.days / 14, 0.7, 2_000), strict=True):
        asked = draft.corpus.tasks(40)
        at = queue_times(draft.rng, int(size), draft.start, draft.stop, 1.0)
        prompts = [draft.dice.pick(asked) if draft.dice.roll() < 0.3 else draft.corpus.task() for _ in at]
        users = np.array([f"visitor-{draft.dice.below(90_000)}" for _ in at], dtype=object)
        draft.exchanges(
            np.full(len(at), row),
            at,
            prompts,
            system=draft.template("support"),
            end_user=users,
            output=180,
            reasoning=0.05,
        )
