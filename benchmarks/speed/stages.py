"""`hydrometer detect` on worlds of growing size: each stage's CPU and wall time, memory and disk."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from speed.child import measured
from speed.record import Size, StageCost

if TYPE_CHECKING:
    from speed.worlds import World


def detected(world: World, work: Path) -> Size:
    """Detect a world in a process of its own; `work` is where its result and its files on disk lie meanwhile."""
    out = work / "result"
    cost, printed = measured([*command(world.folder, out), "--json", "--quiet"], watch=out)
    run = orjson.loads((out / "run.json").read_bytes())
    shutil.rmtree(out)
    return Size(
        exchanges=world.exchanges,
        accounts=world.accounts,
        lake_mb=round(world.bytes / 1e6, 1),
        hashes=round(world.hashes, 2),
        made=world.made,
        detect=cost,
        stages=[
            StageCost(name=stage["name"], wall_s=stage["seconds"], cpu_s=stage["cpu_seconds"])
            for stage in run["stages"]
        ],
        campaigns=len(orjson.loads(printed)["campaigns"]),
    )


def command(traffic: Path, out: Path) -> list[str]:
    """Return the command that detects."""
    # Fingerprints need no key; without this one the user's own would be made.
    key = out.parent / "site.key"
    return [
        *(sys.executable, "-m", "hydrometer", "detect", str(traffic)),
        *("--out", str(out), "--site-key", str(key)),
    ]


def warm(world: World) -> None:
    """Compile what is not compiled yet, so that no measurement holds it."""
    with tempfile.TemporaryDirectory() as held:
        measured([*command(world.folder, Path(held) / "result"), "--json", "--quiet"])
