"""From what a user names to a scenario: one of the known, or a file with a recipe of one's own."""

from __future__ import annotations

from pathlib import Path

import msgspec

from hydrometer.contract import InputError
from hydrometer.files import read_bytes
from hydrometer.lab.simulate.named_scenarios import ALL
from hydrometer.lab.simulate.scenario import Scenario, check_scenario
from hydrometer.lab.simulate.shards import allot_accounts

_MEND = "docs/worlds.md tells the fields of a scenario and of an operator."


def load_scenario(name: str) -> Scenario:
    """Return the scenario of that name, or that of a `.toml` or `.json` file.

    Raises:
        InputError: no such scenario or file, or a recipe that no world can be made of.
    """
    path = Path(name)
    if path.suffix not in (".toml", ".json"):
        if name not in ALL:
            mend = f"Known are {', '.join(ALL)}; or name a .toml or .json file."
            raise InputError(f"no such scenario: {name}", mend=mend)
        return ALL[name]
    decode = msgspec.toml.decode if path.suffix == ".toml" else msgspec.json.decode
    try:
        scenario = decode(read_bytes(path, mend="Name an existing file."), type=Scenario)
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", file=name, mend="Save it as UTF-8.") from None
    except msgspec.MsgspecError as error:
        raise InputError(str(error), file=name, mend=_MEND) from None
    check_scenario(scenario)
    allot_accounts(scenario)
    return scenario


def describe_scenario(scenario: Scenario) -> str:
    """Return what a scenario is, in a line."""
    operators = [
        f"{spec.name} ({spec.accounts} accounts, {', '.join(kind.replace('_', ' ') for kind in spec.kinds)})"
        for spec in scenario.operators
    ]
    return f"{scenario.honest:,} honest accounts, {scenario.days} days; " + ("; ".join(operators) or "no operator")
