"""Support bots: one template, around the clock, one-turn questions of a company's customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import queue_times
from hydrometer.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "support"
SHARE = 0.004
MEAN = 306


def populate(draft: Draft, count: int) -> None:
    """Add `count` bots with a median of 220 exchanges a fortnight, as a Poisson stream without nights; customers repeat
    each other's questions."""
    rows = draft.accounts(
        count, KIND, homes=draft.internet.fresh(draft.rng, count, CLOUD), plan="team", verification="card"
    )
    rng = draft.rng
    sizes = draft.volumes(count, 220 * draft.days / 14, 0.7, 2_000)
    at = np.concatenate([queue_times(rng, size, draft.start, draft.stop, 1.0) for size in sizes.tolist()])
    bot = np.repeat(np.arange(count), sizes)
    asked = draft.tasks(40 * count)[bot * 40 + rng.integers(0, 40, len(bot))]
    visitors = np.array([f"visitor-{number}" for number in range(90_000)], dtype=object)
    draft.exchanges(
        rows[bot],
        at,
        np.where(rng.random(len(bot)) < 0.3, asked, draft.tasks(len(bot))),
        system=draft.templates("support", count)[bot],
        end_user=visitors[rng.integers(0, 90_000, len(bot))],
        output=180,
        reasoning=0.05,
    )
