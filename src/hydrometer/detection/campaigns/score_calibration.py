"""How bits become a probability: two logistic curves, fitted on labelled worlds and shipped as data."""

from __future__ import annotations

import math
from importlib.resources import files

import msgspec

FULL, BARE = 42.0, 27.0
"""Bits of coordination attainable with every signal, and with those that need neither accounts nor addresses."""


class ScoreCalibration(msgspec.Struct, frozen=True, kw_only=True):
    """P(campaign) = logistic(coordination) * logistic(harvest); provenance says on what it was fitted.

    What a group must reach depends on what could be seen of it: where signals are off, the middle of the coordination
    curve lies between `coordination_middle` (all families) and `coordination_middle_bare` (`BARE` bits attainable).
    """

    coordination_middle: float
    coordination_middle_bare: float
    coordination_slope: float
    harvest_middle: float
    harvest_slope: float
    one_family: float
    """Highest probability of a group for which only one family speaks."""
    provenance: dict[str, object]

    def middle(self, attainable: float) -> float:
        """Coordination for even odds when `attainable` bits could have been reached."""
        missing = min(1.0, max(0.0, (FULL - attainable) / (FULL - BARE)))
        return self.coordination_middle + missing * (self.coordination_middle_bare - self.coordination_middle)

    def probability(self, coordination: float, harvest: float, attainable: float) -> float:
        """Probability that a group with so many bits on either axis is a campaign."""
        return _apply_logistic(coordination, self.middle(attainable), self.coordination_slope) * _apply_logistic(
            harvest, self.harvest_middle, self.harvest_slope
        )


def _apply_logistic(value: float, middle: float, slope: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(50.0, max(-50.0, slope * (value - middle)))))


def load_calibration() -> ScoreCalibration:
    """Return the calibration that ships with the package."""
    data = files("hydrometer.detection.campaigns").joinpath("data/calibration.json").read_bytes()
    return msgspec.json.decode(data, type=ScoreCalibration)
