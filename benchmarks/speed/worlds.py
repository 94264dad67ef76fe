"""Worlds of any size in February's proportions, made by `hydrometer simulate`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import pyarrow.parquet as pq

from speed.child import measured

if TYPE_CHECKING:
    from pathlib import Path

    from speed.record import Cost

WHOLE = 160_000_000
"""Exchanges of the whole February, of 2 million accounts; operators hold 24,000 of these and harvest 16.5 million."""
PER_ACCOUNT = 80
OPERATED, HARVESTED = 24_000 / 2_000_000, 16_500_000 / WHOLE
SEED = 7


class World(NamedTuple):
    """A folder of fingerprints."""

    folder: Path
    exchanges: int
    accounts: int
    bytes: int
    """Of the exchanges' Parquet files."""
    hashes: float
    """Of a sketch, on the mean."""
    made: Cost | None


def command(exchanges: int, folder: Path) -> list[str]:
    """Return the arguments that make a world of about so many exchanges, as fingerprints."""
    accounts = max(400, exchanges // PER_ACCOUNT)
    return [
        "simulate",
        *("--scenario", "february", "--seed", str(SEED), "--sketches-only"),
        *("--accounts", str(accounts), "--operator-accounts", str(max(30, round(accounts * OPERATED)))),
        *("--exchanges", str(exchanges), "--harvested", str(round(exchanges * HARVESTED))),
        *("--site-key", str(folder.parent / "site.key"), "--out", str(folder)),
    ]


def make(exchanges: int, folder: Path) -> World:
    """Make a world of about so many exchanges, or take the one that lies there."""
    cost = None
    if not folder.exists():
        cost, _ = measured([sys.executable, "-m", "hydrometer", *command(exchanges, folder), "--quiet"])
    return opened(folder, cost)


def opened(folder: Path, made: Cost | None = None) -> World:
    """Tell the size of the world in a folder.

    Raises:
        SystemExit: there is none, or one with texts.
    """
    files = sorted(folder.glob("exchanges*.parquet"))
    rows = hashes = size = 0
    for path in files:
        meta = pq.read_metadata(path)
        names = [meta.schema.column(n).path.split(".")[0] for n in range(meta.num_columns)]
        if "sketch" not in names:
            raise SystemExit(f"{path} has no sketches: make it with `hydrometer simulate --sketches-only`")
        rows, size, at = rows + meta.num_rows, size + path.stat().st_size, names.index("sketch")
        # Values of a list column count each hash; an empty or missing list counts one too.
        hashes += sum(meta.row_group(group).column(at).num_values for group in range(meta.num_row_groups))
    if not rows:
        raise SystemExit(f"{folder} holds no exchanges")
    accounts = pq.read_metadata(folder / "accounts.parquet").num_rows
    return World(folder, rows, accounts, size, hashes / rows, made)
