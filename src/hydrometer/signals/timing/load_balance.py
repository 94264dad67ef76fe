"""A work queue behind the accounts: together they are steadier than apart.

Statistic: variance of the pooled volume per time bin. Null: each account keeps its own days, but which of its days was
busy has nothing to do with the others', so the variance of the sum is the sum of the variances (permuting each account's
days independently). A queue that hands a fixed amount of work to whichever account is free makes one account's gain
another's loss. Accounts that are steady by themselves (monitors, quotas) satisfy the null; so do crowds that swell
together. The ratio is compared with a chi-squared law, lower tail.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import LOG10, SMALLEST, any_of

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Floats

HOUR = 3_600_000_000
DAY = 24 * HOUR
WIDTHS = (DAY, 6 * HOUR)


def test(group: Group) -> Finding | None:
    """The steadiest of daily and six-hourly volumes, of the demands where there are enough, else of all exchanges."""
    events = group.population.events
    chosen = group.demands if group.demands.size >= group.events.size / 4 else group.events
    if chosen.size < 50 or group.accounts.size < 4:
        return None
    time, account = events.time[chosen], events.account[chosen]
    findings = [f for width in WIDTHS if (f := _steadiness(time, account, width)) is not None]
    if not findings:
        return None
    ratio, log10_p, bins, width = min(findings, key=lambda f: f[1])
    return Finding(
        ratio,
        any_of(log10_p, len(WIDTHS)),
        f"Over {bins} bins of {width // HOUR} hours the pooled volume varies {ratio:.2f} times what independent accounts would.",
    )


def _steadiness(time: np.ndarray, account: np.ndarray, width: int) -> tuple[float, float, int, int] | None:
    first = int(np.quantile(time, 0.02)) // DAY + 1
    last = int(np.quantile(time, 0.98)) // DAY
    days = last - first
    if days < 4:
        return None
    inside = (time >= first * DAY) & (time < last * DAY)
    slots = DAY // width
    slot = (time[inside] - first * DAY) // width
    _, who = np.unique(account[inside], return_inverse=True)
    counts: Floats = np.zeros((int(who.max(initial=-1)) + 1, days * slots))
    np.add.at(counts, (who, slot), 1.0)
    cube = counts.reshape(counts.shape[0], days, slots)
    # Spread over days at the same time of day: a daily rhythm is no sign of a queue.
    alone = float(np.sum(np.var(cube, axis=1, ddof=1)))
    pooled = float(np.sum(np.var(cube.sum(axis=0), axis=0, ddof=1)))
    if alone <= 0:
        return None
    freedom = (days - 1) * slots
    ratio = pooled / alone
    log10_p = float(stats.chi2.logcdf(freedom * ratio, freedom)) / LOG10
    return ratio, max(SMALLEST, min(0.0, log10_p if math.isfinite(log10_p) else SMALLEST)), days * int(slots), width


SIGNAL = Signal(
    name="load_balance",
    family="timing",
    axis="coordination",
    null="each account's busy days are independent of the others' (within-account permutation of days)",
    needs=(),
    costs="work queues that feed many accounts",
    cap=10.0,
    test=test,
)
