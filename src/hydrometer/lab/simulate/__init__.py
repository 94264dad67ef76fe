"""Labelled worlds: honest customers of many kinds and, if the scenario says so, operators among them."""

from __future__ import annotations

from hydrometer.lab.simulate.named_scenarios import ALL, SCENARIOS
from hydrometer.lab.simulate.scenario import OperatorSpec, Scenario
from hydrometer.lab.simulate.world import LabelledWorld, make_world
from hydrometer.lab.simulate.world_folder import make_world_folder, write_world

__all__ = [
    "ALL",
    "SCENARIOS",
    "LabelledWorld",
    "OperatorSpec",
    "Scenario",
    "make_world",
    "make_world_folder",
    "write_world",
]
