"""Labelled worlds: honest customers of many kinds and, if the scenario says so, operators among them."""

from __future__ import annotations

from hydrometer.simulate.folder import make_folder, write_world
from hydrometer.simulate.scenario import OperatorSpec, Scenario
from hydrometer.simulate.scenarios import ALL, SCENARIOS
from hydrometer.simulate.world import World, make_world

__all__ = ["ALL", "SCENARIOS", "OperatorSpec", "Scenario", "World", "make_folder", "make_world", "write_world"]
