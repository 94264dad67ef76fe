"""Labelled worlds: honest customers of many kinds and, if the scenario says so, operators among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.lab.simulate.arrival_times import DAY as DAY
    from hydrometer.lab.simulate.cohort_batches import AccountTraits as AccountTraits
    from hydrometer.lab.simulate.cohort_batches import ExchangeBatch as ExchangeBatch
    from hydrometer.lab.simulate.cohort_batches import HumanHabits as HumanHabits
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder as CohortBuilder
    from hydrometer.lab.simulate.labelled_worlds import WorldRequest as WorldRequest
    from hydrometer.lab.simulate.labelled_worlds import scenarios as scenarios
    from hydrometer.lab.simulate.labelled_worlds import simulate as simulate
    from hydrometer.lab.simulate.named_scenarios import ALL as ALL
    from hydrometer.lab.simulate.named_scenarios import SCENARIOS as SCENARIOS
    from hydrometer.lab.simulate.scenario import OperatorSpec as OperatorSpec
    from hydrometer.lab.simulate.scenario import Scenario as Scenario
    from hydrometer.lab.simulate.scenario_scaling import WorldSize as WorldSize
    from hydrometer.lab.simulate.world import LabelledWorld as LabelledWorld
    from hydrometer.lab.simulate.world import make_world as make_world
    from hydrometer.lab.simulate.world_folder import WorldCounts as WorldCounts
    from hydrometer.lab.simulate.world_folder import make_world_folder as make_world_folder
    from hydrometer.lab.simulate.world_folder import write_world as write_world
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
