"""How bits become a probability: three logistic curves, fitted on labelled worlds and shipped as data."""

from __future__ import annotations

import math
from importlib.resources import files

import msgspec

FULL, BARE = 90.0, 44.0
"""Bits of coordination attainable with every signal, and with those that need neither accounts nor addresses."""


class ScoreCalibration(msgspec.Struct, frozen=True, kw_only=True):
    """P(campaign) = logistic(coordination) * logistic(operation) * logistic(harvest), and no less than `least`.

    Provenance says on what it was fitted.

    What a group must reach depends on what could be seen of it: where signals are off, the middle of a curve lies between that of all
    signals and `…_bare` (`BARE` bits attainable).
    """

    coordination_middle: float
    coordination_middle_bare: float
    coordination_slope: float
    operation_middle: float
    operation_middle_bare: float
    operation_slope: float
    harvest_middle: float
    harvest_slope: float
    least: float
    least_bare: float
    """Share of operators' groups among those for which nothing speaks: no probability is lower."""
    one_cause: float
    """Highest probability of a group for which only one cause speaks."""
    doubted: float
    """Highest probability of a group that is watched for a doubt: the share of operators' groups among such."""
    provenance: dict[str, object]

    def raise_to_least(self, probability: float, attainable: float) -> float:
        """Return a probability that leaves room for operators of whom nothing shows, where so many bits could have been reached."""
        least = _blend(self.least, self.least_bare, attainable)
        return least + (1.0 - least) * probability

    def middle(self, attainable: float) -> float:
        """Coordination for even odds when `attainable` bits could have been reached."""
        return _blend(self.coordination_middle, self.coordination_middle_bare, attainable)

    def operation_bound(self, attainable: float) -> float:
        """Operation for even odds when `attainable` bits of coordination could have been reached."""
        return _blend(self.operation_middle, self.operation_middle_bare, attainable)

    def coordination_probability(self, bits: float, attainable: float) -> float:
        """Probability that a group with so many bits of coordination belongs together."""
        return _apply_logistic(bits, self.middle(attainable), self.coordination_slope)

    def operation_probability(self, bits: float, attainable: float) -> float:
        """Probability that a group with so many bits of operation is run by one hand."""
        return _apply_logistic(bits, self.operation_bound(attainable), self.operation_slope)

    def harvest_probability(self, bits: float) -> float:
        """Probability that a group with so many bits of harvest gathers outputs."""
        return _apply_logistic(bits, self.harvest_middle, self.harvest_slope)


def _blend(full: float, bare: float, attainable: float) -> float:
    missing = min(1.0, max(0.0, (FULL - attainable) / (FULL - BARE)))
    return full + missing * (bare - full)


def _apply_logistic(value: float, middle: float, slope: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(50.0, max(-50.0, slope * (value - middle)))))


def load_calibration() -> ScoreCalibration:
    """Return the calibration that ships with the package."""
    data = files("hydrometer.detection.campaigns").joinpath("data/calibration.json").read_bytes()
    return msgspec.json.decode(data, type=ScoreCalibration)
