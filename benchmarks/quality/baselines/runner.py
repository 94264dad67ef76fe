"""Every baseline by its name, its chosen settings, and its result folder for a world.

usage: python -m quality.baselines.runner NAME WORLD HISTORY OUT [--choice balanced|cautious]

To be run with `benchmarks/` on PYTHONPATH.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from quality.baselines import coaction, minhash, mmd, splink_accounts, union
from quality.baselines.groups import write_groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quality.baselines.groups import Group

TUNED = Path(__file__).parent / "tuned.json"
"""What `tune` chose."""


class Baseline(Protocol):
    """What each file of a baseline has."""

    NAME: str
    SOURCE: str
    """The paper or tool that it follows."""
    GRID: list[dict[str, Any]]
    """The settings to choose among."""

    def prepare(self, world: Path, history: Path, /) -> Any:
        """Return what no setting changes; `history` is a world without operators, of another seed than `world`."""

    def detect(self, state: Any, parameters: dict[str, Any]) -> list[Group]:
        """Return the groups of accounts that these settings accuse."""
        ...


BASELINES: Mapping[str, Baseline] = {module.NAME: module for module in (union, splink_accounts, mmd, coaction, minhash)}


def chosen(name: str, choice: str = "balanced") -> dict[str, Any]:
    """Return the settings that tuning chose for a baseline; `choice` is `balanced` or `cautious` (see `tune`).

    Raises:
        LookupError: every setting of the baseline's grid makes a false campaign, so there is no cautious one.
    """
    kept = msgspec.json.decode(TUNED.read_bytes())["chosen"][name][choice]
    if kept is None:
        raise LookupError(f"{name} has no {choice} settings: each of its grid makes a false campaign in training")
    settings: dict[str, Any] = kept["parameters"]
    return settings


def run(name: str, world: Path, history: Path, out: Path, choice: str = "balanced") -> list[Group]:
    """Run a baseline with its chosen settings, write its result folder and return the groups.

    `history` is a world without operators, of a training seed.
    """
    baseline = BASELINES[name]
    groups = baseline.detect(baseline.prepare(world, history), chosen(name, choice))
    write_groups(groups, name, out)
    return groups


def main() -> None:
    """Run one baseline on one world."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("name", choices=list(BASELINES))
    parser.add_argument("world", type=Path)
    parser.add_argument("history", type=Path, help="a world without operators, of a training seed")
    parser.add_argument("out", type=Path)
    parser.add_argument("--choice", choices=("balanced", "cautious"), default="balanced")
    arguments = parser.parse_args()
    found = run(arguments.name, arguments.world, arguments.history, arguments.out, arguments.choice)
    print(f"{len(found)} groups, {len({account for group in found for account in group.accounts})} accounts")


if __name__ == "__main__":
    main()
