"""Intervals of 95 % for counts and for ratios over several worlds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from hydrometer.detection.population import Floats

Z = 1.959963984540054
"""The normal quantile of 0.975."""
ONE_SIDED = 0.05
RESAMPLES = 2_000
SEED = 20_260_201


def compute_wilson_interval(hits: float, trials: float) -> tuple[float, float]:
    """Return the score interval of a proportion of independent trials (Wilson 1927)."""
    share, square = hits / trials, Z * Z / trials
    middle = (share + square / 2) / (1 + square)
    half = Z * math.sqrt(share * (1 - share) / trials + square / (4 * trials)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def bound_unobserved_share(trials: float) -> float:
    """Return the upper bound of a proportion that no trial showed: one-sided, 95 %, exact.

    Clopper & Pearson 1934; about 3 / trials, the rule of three (Hanley & Lippman-Hand 1983).
    """
    return float(-math.expm1(math.log(ONE_SIDED) / trials))


def bound_unobserved_rate(units: float) -> float:
    """Return the upper bound of a rate a unit that `units` did not show: one-sided, 95 %, exact for a Poisson count.

    Garwood 1936; 3 / units, the rule of three.
    """
    return -math.log(ONE_SIDED) / units


def resample_worlds(counts: Floats) -> Floats:
    """Return RESAMPLES × columns sums of worlds drawn with replacement from `counts` (worlds × columns).

    The cluster bootstrap (Davison & Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8): a world is
    drawn as a whole, because accounts of one pool are found or missed together.
    """
    worlds = counts.shape[0]
    drawn = np.random.default_rng(SEED).multinomial(worlds, np.full(worlds, 1 / worlds), size=RESAMPLES)
    sums: Floats = drawn @ counts
    return sums


def compute_percentile_interval(values: Floats) -> tuple[float, float] | None:
    """Return the middle 95 % of resampled ratios; None where fewer than half are defined or they do not differ."""
    defined = values[np.isfinite(values)]
    if 2 * defined.size < values.size or np.ptp(defined) == 0:
        return None
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high)
