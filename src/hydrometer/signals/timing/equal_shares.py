"""Accounts that all carry the same load.

Index of dispersion of the members' volumes. Honest volumes are heavy-tailed; a queue that hands work out at random gives
Poisson shares (dispersion 1) and one with quotas less. Null: random sets of as many other accounts with like volume; the
log-dispersion of such sets is close to normal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import normal_tail

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Floats

DRAWS = 400


def test(group: Group) -> Finding | None:
    """Dispersion of exchanges per account against random sets of others."""
    volume = group.population.facts["exchanges"]
    mine = volume[group.members]
    others = np.sort(volume[group.others & (volume >= max(3.0, float(np.median(mine)) / 8))])
    if mine.size < 6 or float(np.median(mine)) < 6 or others.size < 60:
        return None
    spread = _spread(mine[None, :])[0]
    rng = np.random.default_rng(mine.size)
    drawn = _spread(rng.choice(others, size=(DRAWS, min(mine.size, 400))))
    z = (float(np.mean(drawn)) - spread) / max(float(np.std(drawn)), 1e-6)
    ratio = float(np.var(mine, ddof=1) / np.mean(mine))
    return Finding(
        ratio,
        normal_tail(z),
        f"Members' volumes are alike: dispersion {ratio:.1f} around {np.mean(mine):.0f} exchanges (1 is chance sharing of one queue).",
    )


def _spread(volumes: Floats) -> Floats:
    """Log of a robust relative spread, per row: the honest tail would otherwise rule the variance."""
    logs = np.log(volumes)
    spread: Floats = np.log(np.std(logs, axis=1) + 0.02)
    return spread


SIGNAL = Signal(
    name="equal_shares",
    family="timing",
    axis="coordination",
    null="members' volumes differ as much as those of other accounts of like volume",
    needs=(),
    costs="quotas and queues that spread work evenly",
    cap=6.0,
    test=test,
)
