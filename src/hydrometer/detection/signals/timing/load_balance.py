"""A work queue behind the accounts: together they are steadier than apart.

Statistic: variance of the pooled volume per time bin. Null: each account keeps its own rhythm, but which of its days were
busy has nothing to do with the others', so the variance of the sum is the sum of the variances (each account's days shifted
in a circle, independently). A queue that hands a fixed amount of work to whichever account is free makes one account's gain
another's loss. Accounts that are steady by themselves (monitors, quotas) satisfy the null; so do crowds that swell together.
The accounts of one organisation count as one: what a customer balances is its own affair. The ratio is compared with a
chi-squared law, lower tail.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import LOG10, SMALLEST, correct_for_tries

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Floats, Ints

HOUR = 3_600_000_000
DAY = 24 * HOUR
WIDTHS = (DAY, 6 * HOUR)


def test(group: AccountGroup) -> SignalFinding | None:
    """The steadiest of daily and six-hourly volumes, of the demands where there are enough, else of all exchanges."""
    events = group.population.events
    chosen = events.demand[group.events]
    if chosen.sum() < group.events.size / 4:
        chosen = np.ones(group.events.size, np.bool_)
    if chosen.sum() < 50 or group.size < 4:
        return None
    time, org = events.time[group.events[chosen]], group.population.org[group.owners[chosen]]
    findings = [f for width in WIDTHS if (f := _test_steadiness(time, org, width)) is not None]
    if not findings:
        return None
    ratio, log10_p, bins, width = min(findings, key=lambda f: f[1])
    return SignalFinding(
        ratio,
        correct_for_tries(log10_p, len(WIDTHS)),
        f"Over {bins} bins of {width // HOUR} hours the pooled volume varies {ratio:.2f} times what independent organisations would.",
    )


def _test_steadiness(time: Ints, org: Ints, width: int) -> tuple[float, float, int, int] | None:
    first = int(np.quantile(time, 0.02)) // DAY + 1
    last = int(np.quantile(time, 0.98)) // DAY
    days = last - first
    if days < 4:
        return None
    inside = (time >= first * DAY) & (time < last * DAY)
    slots = DAY // width
    slot = (time[inside] - first * DAY) // width
    # Rows in the order of organisations; one without any exchange inside takes no part.
    begins = np.zeros(int(org.max(initial=-1)) + 1, dtype=np.bool_)
    begins[org[inside]] = True
    who = (np.cumsum(begins) - 1)[org[inside]]
    cells = np.bincount(who * (days * slots) + slot, minlength=int(np.count_nonzero(begins)) * days * slots)
    counts: Floats = cells.astype(np.float64).reshape(-1, days * slots)
    cube = counts.reshape(counts.shape[0], days, slots)
    # Spread over days at the same time of day: a daily rhythm is no sign of a queue.
    swings: Floats = (cube - cube.mean(axis=1, keepdims=True)).reshape(counts.shape[0], days * slots)
    alone = float(np.sum(swings**2))
    if alone <= 1e-9:
        return None
    ratio = float(np.sum(swings.sum(axis=0) ** 2)) / alone
    freedom = _estimate_degrees_of_freedom(swings)
    log10_p = float(stats.chi2.logcdf(freedom * ratio, freedom)) / LOG10
    return ratio, max(SMALLEST, min(0.0, log10_p if math.isfinite(log10_p) else SMALLEST)), days * int(slots), width


def _estimate_degrees_of_freedom(swings: Floats) -> float:
    """Independent swings of the sum, were each row's phase its own (Satterthwaite 1946, over the rows' pooled spectrum).

    White rows have as many as bins less the means taken off; rows with a weekly rhythm or long spells have fewer.
    """
    spectrum = np.sum(np.abs(np.fft.fft(swings, axis=1)) ** 2, axis=0)
    return float(np.sum(spectrum) ** 2 / np.sum(spectrum**2))


SIGNAL = Signal(
    name="load_balance",
    family="timing",
    axis="coordination",
    null="each account's busy days are independent of the others' (each account's days shifted in a circle)",
    needs=(),
    costs="work queues that feed many accounts",
    cap=10.0,
    test=test,
)
