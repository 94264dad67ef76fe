"""Tail probabilities in log10, so that strong evidence does not underflow, and what they are worth in bits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from scipy.special import gammaln, logsumexp

if TYPE_CHECKING:
    from hydrometer.detection.population.population import Floats, Ints

LOG10 = math.log(10)
SMALLEST = -300.0
"""log10 p is held here: below, the approximations mean nothing."""
TERMS = 2_048
"""Terms of a tail that are summed at once."""
NEGLIGIBLE = 45.0
"""Natural logarithms below a sum at which a falling term no longer changes it."""


def poisson_tail(count: float, expected: float) -> float:
    """log10 P(X ≥ count) for a Poisson count."""
    if count <= 0:
        return 0.0
    return _bound_poisson_tail(float(stats.poisson.logsf(count - 1, max(expected, 1e-12))), count, expected)


def _bound_poisson_tail(natural: float, count: float, expected: float) -> float:
    if not math.isfinite(natural):
        # SciPy underflows far out: bound the tail by its first term times a geometric series.
        first = count * math.log(max(expected, 1e-12)) - expected - float(gammaln(count + 1))
        natural = first - math.log(max(1e-12, 1 - min(0.999, expected / (count + 1))))
    return max(SMALLEST, min(0.0, natural / LOG10))


def binomial_tail(count: int, trials: int, chance: float) -> float:
    """log10 P(X ≥ count) of `trials` with `chance` each."""
    if count <= 0 or trials <= 0:
        return 0.0
    chance = min(max(chance, 1e-9), 1 - 1e-9)
    natural = float(stats.binom.logsf(count - 1, trials, chance))
    if not math.isfinite(natural):
        k = np.arange(count, trials + 1)
        terms = gammaln(trials + 1) - gammaln(k + 1) - gammaln(trials - k + 1)
        natural = float(logsumexp(terms + k * math.log(chance) + (trials - k) * math.log1p(-chance)))
    return max(SMALLEST, min(0.0, natural / LOG10))


def exchangeable_tail(inside: int, members: int, shown: int, total: int) -> float:
    """log10 P(X ≥ inside) of those who show something, when any `members` of all `total` are as likely to be the group.

    Fisher's exact test (1935), hypergeometric: `shown` of `total` show it. Exact however few do, where a rate estimated
    from the others alone takes its own error for evidence.
    """
    if inside <= max(0, members + shown - total):
        return 0.0
    natural = -math.inf
    last = min(members, shown)
    # In parts: past the likeliest number the terms only fall, and what is far below the sum adds nothing to it.
    for first in range(inside, last + 1, TERMS):
        k = np.arange(first, min(last, first + TERMS - 1) + 1)
        terms = _log_binomial(shown, k) + _log_binomial(total - shown, members - k)
        natural = float(np.logaddexp(natural, logsumexp(terms)))
        if terms[-1] <= terms[0] and terms[-1] < natural - NEGLIGIBLE:
            break
    return max(SMALLEST, min(0.0, (natural - float(_log_binomial(total, members))) / LOG10))


def _log_binomial(total: int, chosen: Ints | int) -> Floats:
    """Natural logarithm of the binomial coefficient."""
    coefficient: Floats = (
        gammaln(total + 1.0) - gammaln(np.add(chosen, 1.0)) - gammaln(np.subtract(total + 1.0, chosen))
    )
    return coefficient


def normal_tail(z: float) -> float:
    """log10 P(Z ≥ z) of the standard normal."""
    return max(SMALLEST, min(0.0, float(stats.norm.logsf(z)) / LOG10))


def rank_test(group: Floats, others: Floats) -> tuple[float, float]:
    """Mann & Whitney (1947): log10 p that `group` is larger than `others` by chance, and P(group > other).

    Unknown values (NaN) are left out. Returns (0, 0.5) with fewer than 4 in the group or 10 others.
    """
    group, others = group[np.isfinite(group)], others[np.isfinite(others)]
    if group.size < 4 or others.size < 10:
        return 0.0, 0.5
    pairs = group.size * others.size
    u, variance = rank_sum(group, others)
    if variance <= 0:
        return 0.0, 0.5
    return normal_tail((u - pairs / 2 - 0.5) / math.sqrt(variance)), u / pairs


def rank_sum(group: Floats, others: Floats) -> tuple[float, float]:
    """Mann & Whitney's U of `group`, a tie counting half, and its variance under the null; both sides hold something."""
    merged = np.concatenate([group, others])
    m, n = group.size, others.size
    total = m + n
    u = float(stats.rankdata(merged)[:m].sum()) - m * (m + 1) / 2
    _, ties = np.unique(merged, return_counts=True)
    tied = float(np.sum(ties.astype(float) ** 3 - ties)) / (total * (total - 1))
    return u, max(0.0, m * n / 12 * (total + 1 - tied))


def correct_for_tries(log10_p: float, tries: float) -> float:
    """Bonferroni: log10 p of the best of `tries` tests."""
    return min(0.0, log10_p + math.log10(max(1.0, tries)))


def bound_bits(log10_p: float, cap: float) -> float:
    """Return the most that a p-value can say against its null, in bits: the bound of Sellke, Bayarri & Berger (2001)."""
    natural = log10_p * LOG10
    if natural >= -1.0:
        return 0.0
    return min(cap, (-natural - 1.0 - math.log(-natural)) / math.log(2))


def count_distinct(values: Ints) -> int:
    """Return the number of distinct values, by sorting."""
    ordered = np.sort(values)
    return int(ordered.size > 0) + int(np.count_nonzero(ordered[1:] != ordered[:-1]))


def find_densest_window(moments: Ints, width: int) -> tuple[int, int]:
    """Start of the window of `width` that holds most of the sorted `moments`, and how many it holds."""
    ends = np.searchsorted(moments, moments + width, side="right")
    counts = ends - np.arange(moments.size)
    best = int(np.argmax(counts))
    return int(moments[best]), int(counts[best])
