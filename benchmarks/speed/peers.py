"""Systems beside ours on the same input, each in a process of its own: what each took, ours first."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

import orjson

from speed.child import measured
from speed.record import Cost, Row, Task
from speed.relational import differing

if TYPE_CHECKING:
    from pathlib import Path

    from speed.relational import Figures
    from speed.worlds import World

OURS = "Hydrometer"


def asked(module: str, *arguments: str | Path) -> Figures:
    """Return the figures that a module of this folder prints."""
    _, printed = measured([sys.executable, "-m", f"speed.{module}", *map(str, arguments)])
    figures: Figures = orjson.loads(printed.splitlines()[-1])
    return figures


def core(world: World, work: Path) -> Task:
    """The relational core by the ledger, DuckDB and Polars.

    Raises:
        SystemExit: they did not come to the same counts.
    """
    ours = asked("relational", "ledger", world.folder, work)
    rows = [_row(OURS, "the ledger's kernels, with checking rows", ours)]
    for name, needs, module, arguments, does in (
        ("DuckDB", "duckdb", "relational", ("duckdb", world.folder, work), "the named steps, as tables of a file"),
        ("Polars", "polars", "polars_core", (world.folder,), "lazy queries on the streaming engine, in memory"),
    ):
        if importlib.util.find_spec(needs) is None:
            rows.append(Row(name=name, does=does))
            continue
        figures = asked(module, *arguments)
        if told := differing(ours["digest"], figures["digest"]):
            each = ", ".join(f"{n}: {ours['digest'].get(n, 0)} and {figures['digest'].get(n, 0)}" for n in told)
            raise SystemExit(f"{name} and {OURS} do not come to the same: {each}")
        rows.append(_row(name, does, figures))
    said = f"{world.exchanges:,} exchanges of {world.accounts:,} accounts; {len(ours['digest'])} sums compared."
    return Task(title="relational core", input=said, exchanges=world.exchanges, rows=rows)


def linking(world: World, work: Path) -> Task:
    """Linking accounts, ours and Splink's."""
    rows = [
        _row(name, does, asked("links", way, world.folder, work), held=True)
        if importlib.util.find_spec(needs) is not None
        else Row(name=name, does=does)
        for name, needs, way, does in (
            (OURS, "hydrometer", "hydrometer", "groups, tests, judgement, campaigns with their evidence"),
            ("Splink", "splink", "splink", "EM, pairs within blocks, connected components; one thread"),
        )
    ]
    return Task(
        title="linking", input=f"{world.exchanges:,} exchanges, {world.accounts:,} accounts.",
        exchanges=world.exchanges, rows=rows,
    )  # fmt: skip


def clusters(world: World, work: Path) -> Task:
    """Groups of accounts, ours and those of graph libraries."""
    edges = work / "edges.npz"
    graph = asked("clusters", "edges", world.folder, work, edges)
    rows = [
        _row(OURS, "from the population to groups ready to be tested", asked("clusters", "hydrometer", world.folder, work), held=True)
    ]  # fmt: skip
    for name in ("igraph", "networkit", "scipy"):
        does = "from arrays of edges to labels"
        installed = importlib.util.find_spec(name) is not None
        rows.append(
            _row(name, does, asked("clusters", name, edges, work), held=True)
            if installed
            else Row(name=name, does=does)
        )
    edges.unlink()
    said = f"{graph['accounts']:,} accounts of {world.exchanges:,} exchanges, {graph['edges']:,} edges."
    return Task(title="groups", input=said, exchanges=world.exchanges, rows=rows)


def _row(name: str, does: str, figures: Figures, *, held: bool = False) -> Row:
    cost = Cost(
        wall_s=round(figures["wall_s"], 3), cpu_s=round(figures["cpu_s"], 4), peak_mb=round(figures["peak_mb"], 1)
    )
    parts = {key: round(value, 4) for key, value in figures["parts"].items()}
    parts |= {f"{key} found": value for key, value in figures.get("groups", {}).items()}
    if held:
        parts["held before, MB"] = round(figures["before_mb"])
    return Row(name=name, does=does, cost=cost, parts=parts)
