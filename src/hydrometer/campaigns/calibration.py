"""How bits become a probability: two logistic curves, fitted on labelled worlds and shipped as data."""

from __future__ import annotations

import math
from importlib.resources import files

import msgspec


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """P(campaign) = logistic(coordination) * logistic(harvest); provenance says on what it was fitted."""

    coordination_middle: float
    coordination_slope: float
    harvest_middle: float
    harvest_slope: float
    one_family: float
    """Highest probability of a group for which only one family speaks."""
    provenance: dict[str, object]

    def probability(self, coordination: float, harvest: float) -> float:
        """Probability that a group with so many bits on either axis is a campaign."""
        return _logistic(coordination, self.coordination_middle, self.coordination_slope) * _logistic(
            harvest, self.harvest_middle, self.harvest_slope
        )


def _logistic(value: float, middle: float, slope: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(50.0, max(-50.0, slope * (value - middle)))))


def load_calibration() -> Calibration:
    """The calibration that ships with the package."""
    data = files("hydrometer.campaigns").joinpath("data/calibration.json").read_bytes()
    return msgspec.json.decode(data, type=Calibration)
