"""Sign-ups crowded into a short window.

A scan statistic (Kulldorff 1997; Naus 1965): the densest window of the group's sign-ups against what everybody else
signed up in it, so that a launch day, which brings everybody, explains itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.signals.organisations import one_each
from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import any_of, densest_window, exchangeable_tail

if TYPE_CHECKING:
    from hydrometer.contract.group import Group

HOUR = 3_600_000_000
WIDTHS = (6 * HOUR, 24 * HOUR, 72 * HOUR)


def test(group: Group) -> Finding | None:
    """The densest of three window widths."""
    created = group.population.facts["created"]
    mine, others = (np.sort(created[accounts].astype(np.int64)) for accounts in one_each(group, created))
    if mine.size < 4 or others.size < 30:
        return None
    best: tuple[float, int, int, int] | None = None
    for width in WIDTHS:
        start, held = densest_window(mine, width)
        elsewhere = int(np.searchsorted(others, start + width, side="right") - np.searchsorted(others, start))
        tail = exchangeable_tail(held, mine.size, held + elsewhere, mine.size + others.size)
        # As many windows could have been the densest as there are others' sign-ups to compare with, at the least.
        windows = max(1.0, (others[-1] - others[0]) / width)
        log10_p = any_of(tail, windows * len(WIDTHS))
        if best is None or log10_p < best[0]:
            best = (log10_p, width // HOUR, held, elsewhere)
    if best is None:
        return None
    log10_p, hours, held, elsewhere = best
    return Finding(
        held / mine.size,
        log10_p,
        f"{held} of {mine.size} accounts signed up within {hours} hours; {elsewhere} of {others.size:,} others did.",
    )


SIGNAL = Signal(
    name="signup_burst",
    family="identity",
    axis="coordination",
    null="sign-ups come when everybody else's come",
    needs=("accounts.created_at",),
    costs="pools of accounts made in one go",
    cap=5.0,
    test=test,
)
