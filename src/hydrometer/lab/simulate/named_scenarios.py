"""The named scenarios, as `named_scenarios.toml` and `held_out_scenarios.toml` beside this module have them."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hydrometer.lab.simulate.scenario import OperatorSpec, Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

NEVER = "never"
"""How the files name the day of what does not happen."""


def _read_scenarios(name: str) -> dict[str, Scenario]:
    """Return the scenarios of a file by name, in its order."""
    recipes = tomllib.loads((files(__package__) / name).read_text("utf-8"))
    settings: dict[str, dict[str, Any]] = {}
    for key, own in recipes["operators"].items():
        # An operator is like one that stands before it.
        base = settings[own.pop("like")] if "like" in own else {}
        settings[key] = {**base, **{name: _freeze(value) for name, value in own.items()}}
    return {
        recipe["name"]: Scenario(
            **{
                **{name: _freeze(value) for name, value in recipe.items()},
                "operators": tuple(OperatorSpec(**settings[key]) for key in recipe.get("operators", ())),
            }
        )
        for recipe in recipes["scenarios"]
    }


def _freeze(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return None if value == NEVER else value


SCENARIOS: Mapping[str, Scenario] = _read_scenarios("named_scenarios.toml")
"""What may be tuned on."""
HELD_OUT: Mapping[str, Scenario] = _read_scenarios("held_out_scenarios.toml")
"""What no tuning sees."""
ALL: Mapping[str, Scenario] = {**SCENARIOS, **HELD_OUT}
"""Every scenario that can be asked for by name."""
