"""Licensed data makers: an agreement allows training on outputs; the same tools and demands as operators have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import HOUR, queue_times
from hydrometer.simulate.demands.wordings import make_wordings
from hydrometer.simulate.draft import constant, ids
from hydrometer.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "licensed"
SHARE = 0.004


def populate(draft: Draft, count: int) -> None:
    """Add `count` accounts of two or three organisations with the agreement `distillation`; work queues over all days,
    the world's `hobby_tool` and two kinds of demand more."""
    rng = draft.rng
    firm = np.arange(count) % (2 if count < 9 else 3)
    rows = draft.accounts(
        count,
        KIND,
        homes=draft.internet.fresh(rng, count, CLOUD),
        org_id=ids(rng, "org_", 3, 12)[firm],
        agreements=constant(["distillation"], count),
        verification="contract",
        plan="enterprise",
        payment_fingerprint=ids(rng, "pm_", 3)[firm],
    )
    wordings = (
        make_wordings("reasoning", 10, tool=draft.scenario.hobby_tool)
        + make_wordings("synthesis", 5, tool="mill")
        + make_wordings("grading", 5, tool="mill")
    )
    for row in rows:
        size = int(rng.integers(80, 260) * draft.days / 14)
        at = queue_times(rng, size, draft.start + int(rng.random() * 20 * HOUR), draft.stop, 0.7)
        slots = draft.corpus.tasks(size)
        draft.exchanges(
            np.full(size, row),
            at,
            [draft.dice.pick(wordings).fill(s, draft.corpus) for s in slots],
            slot=slots,
            output=700,
            reasoning=0.6,
        )
