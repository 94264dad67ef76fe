"""Sign-ups crowded into a short window.

A scan statistic (Kulldorff 1997; Naus 1965): the densest window of the group's sign-ups against what everybody else
signed up in it, so that a launch day, which brings everybody, explains itself.

Honest who show it: courses, hackathons, firms that start on one day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.org_panel import select_one_per_org
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import correct_for_tries, exchangeable_tail, find_densest_window

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup

HOUR = 3_600_000_000
WIDTHS = (6 * HOUR, 24 * HOUR, 72 * HOUR)


def test(group: AccountGroup) -> SignalFinding | None:
    """The densest of three window widths."""
    created = group.population.facts["created"]
    mine, others = (np.sort(created[accounts].astype(np.int64)) for accounts in select_one_per_org(group, created))
    if mine.size < 4 or others.size < 30:
        return None
    best: tuple[float, int, int, int] | None = None
    for width in WIDTHS:
        start, inside = find_densest_window(mine, width)
        elsewhere = int(np.searchsorted(others, start + width, side="right") - np.searchsorted(others, start))
        tail = exchangeable_tail(inside, mine.size, inside + elsewhere, mine.size + others.size)
        # As many windows could have been the densest as there are others' sign-ups to compare with, at the least.
        windows = max(1.0, (others[-1] - others[0]) / width)
        log10_p = correct_for_tries(tail, windows * len(WIDTHS))
        if best is None or log10_p < best[0]:
            best = (log10_p, width // HOUR, inside, elsewhere)
    if best is None:
        return None
    log10_p, hours, inside, elsewhere = best
    return SignalFinding(
        inside / mine.size,
        log10_p,
        f"{inside} of {mine.size} accounts signed up within {hours} hours; {elsewhere} of {others.size:,} others did.",
        cover=inside / mine.size,
    )


SIGNAL = Signal(
    name="signup_burst",
    family="identity",
    axis="coordination",
    null="sign-ups come when everybody else's come",
    needs=("accounts.created_at",),
    costs="pools of accounts made in one go",
    cap=5.0,
    cause="joined together",
    test=test,
)
