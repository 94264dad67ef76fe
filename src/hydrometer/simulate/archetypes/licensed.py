"""Licensed data makers: an agreement allows training on outputs; the same tools and demands as operators have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import HOUR, queue_times
from hydrometer.simulate.networks import CLOUD
from hydrometer.simulate.populace import constant, ids

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "licensed"
SHARE = 0.004
MEAN = 169


def populate(draft: Draft, count: int) -> None:
    """Add `count` accounts of two or three organisations with the agreement `distillation`; work queues over all days,
    the world's `hobby_tool` and two kinds of demand more."""
    rng = draft.rng
    shared = draft.commons.draws(KIND)
    firm = (draft.place + np.arange(count)) % (2 if draft.whole < 9 else 3)
    rows = draft.accounts(
        count,
        KIND,
        homes=draft.internet.fresh(rng, count, CLOUD),
        org_id=ids(shared, "org_", 3, 12)[firm],
        agreements=constant(["distillation"], count),
        verification="contract",
        plan="enterprise",
        payment_fingerprint=ids(shared, "pm_", 3)[firm],
    )
    wordings = np.concatenate(
        [
            draft.repertoire.wordings(kind, number, tool=tool)[0]
            for kind, number, tool in (
                ("reasoning", 10, draft.scenario.hobby_tool),
                ("synthesis", 5, "mill"),
                ("grading", 5, "mill"),
            )
        ]
    )
    sizes = (rng.integers(80, 260, count) * draft.days / 14 * draft.scenario.volume).astype(np.int64)
    times = [
        queue_times(rng, size, draft.start + int(rng.random() * 20 * HOUR), draft.stop, 0.7) for size in sizes.tolist()
    ]
    account, at = np.repeat(rows, sizes), np.concatenate(times)
    wording = rng.choice(wordings, len(at))
    draft.exchanges(account, at, draft.tasks(len(at)), wording=wording, output=700, reasoning=0.6)
