"""How a cost grows with size: a power law by least squares of logarithms, and a line through the origin's neighbour."""

from __future__ import annotations

import math
from typing import NamedTuple

MOST = 1.1
"""Highest exponent that is allowed of CPU time over exchanges."""


class Power(NamedTuple):
    """cost = factor · n ** exponent."""

    factor: float
    exponent: float

    def at(self, n: float) -> float:
        """Return the cost of size n."""
        return float(self.factor * n**self.exponent)


class Line(NamedTuple):
    """cost = base + slope · n."""

    base: float
    slope: float

    def at(self, n: float) -> float:
        """Return the cost of size n."""
        return self.base + self.slope * n


def power(sizes: list[float], costs: list[float]) -> Power:
    """Fit a power law.

    Raises:
        ValueError: fewer than two sizes, or a size or cost that is not positive.
    """
    slope = _least_squares([_log(n) for n in sizes], [_log(cost) for cost in costs])
    return Power(math.exp(slope.base), slope.slope)


def line(sizes: list[float], costs: list[float]) -> Line:
    """Fit a line.

    Raises:
        ValueError: fewer than two sizes.
    """
    return _least_squares(sizes, costs)


def _log(value: float) -> float:
    if value <= 0:
        raise ValueError(f"{value} has no logarithm")
    return math.log(value)


def _least_squares(x: list[float], y: list[float]) -> Line:
    if len(set(x)) < 2 or len(x) != len(y):
        raise ValueError("a fit needs two sizes, and as many costs as sizes")
    middle, level = sum(x) / len(x), sum(y) / len(y)
    spread = sum((a - middle) ** 2 for a in x)
    slope = sum((a - middle) * (b - level) for a, b in zip(x, y, strict=True)) / spread
    return Line(level - slope * middle, slope)
