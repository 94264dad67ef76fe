"""Labelled worlds: honest customers of many kinds and, if the scenario says so, operators among them."""

from __future__ import annotations

from hydrometer.simulate.scenario import OperatorSpec, Scenario
from hydrometer.simulate.scenarios import SCENARIOS
from hydrometer.simulate.world import World, make_world, write_world

__all__ = ["SCENARIOS", "OperatorSpec", "Scenario", "World", "make_world", "write_world"]
