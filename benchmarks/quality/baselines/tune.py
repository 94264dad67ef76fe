"""Choose the settings of every baseline on training worlds, and write them with the scores of the whole grid.

usage: python -m quality.baselines.tune [--seeds 1,2] [--honest 3000] [--worlds FOLDER] [--only NAME,…]

To be run with `benchmarks/` on PYTHONPATH. Worlds are made in a folder of their own, or taken from FOLDER where they lie
as `SCENARIO-SEED`. The benign history of a world is the innocent world of the other training seed: worlds of one seed
share their honest customers, and history of the same seed would give them away.

A setting's score is its mean over the worlds.
- A world with operators scores the mean of account F0.5 and pair F1. F0.5 is the F-measure that counts precision twice
  (van Rijsbergen 1979), since an accused customer costs more than a missed account; with F1, settings that accuse one
  customer in four come first. Pair F1 is for the grouping: without it, to throw two operators and a class into one group
  would cost nothing.
- A world without operators scores 1 less 100 times the share of accounts accused, and not below 0.

`balanced` is the setting of the highest score. `cautious` is the one that finds most operators among those that make no
false campaign in any training world (by score where several do; null where every setting makes one). An operator is
found by a group with at least half of its accounts and a purity of 0.8; a group with a purity under 0.5 is false.
Equal scores fall to the setting that comes first in the grid.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.parquet as pq
from msgspec.structs import replace

from hydrometer.lab.evaluation.grouping_counts import FOUND_PURITY, FOUND_SHARE, TRUE_PURITY
from hydrometer.lab.simulate import SCENARIOS, make_world, write_world
from quality.baselines.runner import BASELINES, TUNED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quality.baselines.groups import Group
    from quality.baselines.runner import Baseline

TRAINING = ("innocent", *(f"ladder{rung}" for rung in range(1, 8)), "two_tools")
LIBRARIES = ("numpy", "scipy", "pyarrow", "duckdb", "splink", "sqlglot")


@dataclass(frozen=True, slots=True)
class Marks:
    """How the groups of one baseline do in one world."""

    score: float
    found: int
    false: int
    benign: int


def marks(groups: Sequence[Group], operator: dict[str, str]) -> Marks:
    """Compare groups with the truth: `operator` by account, empty for an honest one."""
    size = Counter(name for name in operator.values() if name)
    held = [Counter(operator[account] for account in group.accounts) for group in groups]
    accused = {account for group in groups for account in group.accounts}
    benign = sum(not operator[account] for account in accused)
    false = sum(1 - count[""] / count.total() < TRUE_PURITY for count in held)
    if not size:
        return Marks(max(0.0, 1 - 100 * benign / len(operator)), 0, false, benign)
    found = sum(
        any(count[name] >= FOUND_SHARE * accounts and count[name] >= FOUND_PURITY * count.total() for count in held)
        for name, accounts in size.items()
    )
    hit = len(accused) - benign
    # F-beta = (1 + b²) tp / ((1 + b²) tp + b² fn + fp)
    account_f = 1.25 * hit / (1.25 * hit + 0.25 * (size.total() - hit) + benign) if hit else 0.0
    together = sum(_pairs(n) for count in held for name, n in count.items() if name)
    claimed = sum(_pairs(count.total()) for count in held) + sum(map(_pairs, size.values()))
    return Marks((account_f + 2 * together / claimed) / 2, found, false, benign)


def _pairs(accounts: int) -> int:
    return accounts * (accounts - 1) // 2


def tuned(baseline: Baseline, worlds: dict[tuple[str, int], Path]) -> dict[str, Any]:
    """Return what to keep of a baseline: both choices, and the record of its grid."""
    seeds = sorted({seed for _, seed in worlds})
    held: list[list[Marks]] = [[] for _ in baseline.GRID]
    for (name, seed), world in worlds.items():
        other = seeds[(seeds.index(seed) + 1) % len(seeds)]
        state = baseline.prepare(world, worlds["innocent", other])
        truth = pq.read_table(world.with_name(f"{world.name}.truth") / "accounts.parquet")
        operator = dict(zip(truth["account_id"].to_pylist(), truth["operator"].to_pylist(), strict=True))
        for row, parameters in zip(held, baseline.GRID, strict=True):
            row.append(marks(baseline.detect(state, parameters), operator))
        print(f"{baseline.NAME}: {name} {seed}", file=sys.stderr)
    grid: list[dict[str, Any]] = [
        {
            "parameters": parameters,
            "score": round(sum(mark.score for mark in row) / len(row), 4),
            "found": sum(mark.found for mark in row),
            "false": sum(mark.false for mark in row),
            "benign": sum(mark.benign for mark in row),
            "worlds": [round(mark.score, 3) for mark in row],
        }
        for parameters, row in zip(baseline.GRID, held, strict=True)
    ]
    clean = [entry for entry in grid if not entry["false"]]
    return {
        "source": baseline.SOURCE,
        "balanced": max(grid, key=lambda entry: entry["score"]),
        "cautious": max(clean, key=lambda entry: (entry["found"], entry["score"])) if clean else None,
        "grid": grid,
    }


def made(folder: Path, seeds: Sequence[int], honest: int) -> dict[tuple[str, int], Path]:
    """Return the training worlds, by scenario and seed; those that the folder lacks are made."""
    worlds = {}
    for name in TRAINING:
        for seed in seeds:
            worlds[name, seed] = folder / f"{name}-{seed}"
            if not worlds[name, seed].is_dir():
                write_world(make_world(replace(SCENARIOS[name], honest=honest), seed), worlds[name, seed])
                print(f"made {name} {seed}", file=sys.stderr)
    return worlds


def written(found: dict[str, dict[str, Any]], record: dict[str, Any]) -> bytes:
    """Return the file's text: the choices first, then one line per setting of each grid."""
    choices = {
        name: {"source": entry["source"], "balanced": entry["balanced"], "cautious": entry["cautious"]}
        for name, entry in found.items()
    }
    head = msgspec.json.encode({**record, "chosen": choices})
    head = msgspec.json.format(head, indent=2)
    lines = []
    for name, entry in found.items():
        rows = ",\n".join(f"      {msgspec.json.encode(setting).decode()}" for setting in entry["grid"])
        lines.append(f"    {msgspec.json.encode(name).decode()}: [\n{rows}\n    ]")
    grid = ",\n".join(lines)
    return head.rstrip().removesuffix(b"}").rstrip() + f',\n  "grid": {{\n{grid}\n  }}\n}}\n'.encode()


def main() -> None:
    """Tune the baselines and write tuned.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--honest", type=int, default=3_000)
    parser.add_argument("--worlds", type=Path, help="where the worlds are kept; without it they are made and removed")
    parser.add_argument(
        "--only", default=",".join(BASELINES), help="names of baselines; the file then holds only these"
    )
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    if len(set(seeds)) < 2:
        parser.error("two seeds at least: the benign history is of another seed than the world")
    with tempfile.TemporaryDirectory() as scratch:
        worlds = made(arguments.worlds or Path(scratch), seeds, arguments.honest)
        found = {name: tuned(BASELINES[name], worlds) for name in arguments.only.split(",")}
    record = {
        "command": f"python -m quality.baselines.tune --seeds {arguments.seeds} --honest {arguments.honest}",
        "worlds": [f"{name}-{seed}" for name, seed in worlds],
        "versions": {"hydrometer": version("hydrometer"), **{name: version(name) for name in LIBRARIES}},
    }
    TUNED.write_bytes(written(found, record))
    for name, entry in found.items():
        for choice in ("balanced", "cautious"):
            kept = entry[choice] or {"parameters": None, "score": None, "found": None, "false": None, "benign": None}
            print(name, choice, *(f"{key} {kept[key]}" for key in ("score", "found", "false", "benign", "parameters")))


if __name__ == "__main__":
    main()
