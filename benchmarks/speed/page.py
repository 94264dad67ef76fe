"""docs/performance.md of a record."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from speed import tables
from speed.cost import BILLION, DAY, KEPT_DAYS, MOST, Server, cores, limits, model, windows
from speed.drawing import draw

if TYPE_CHECKING:
    from pathlib import Path

    from speed.record import Record

PAGE = "performance.md"
TITLES = {
    "core": (
        "The relational core",
        """Sketch rows in Parquet to: every exchange once, numbered by account and time; (a) facts of every account, with distinct
prompts, addresses, clients, sessions and hours; (b) which account shows which value of 16 kinds how often, and how many
organisations show it; (c) fragments of wording that several organisations share, the exchanges and accounts that carry them.
All systems end with the same counts, or the benchmark fails. Ours checks each row against the contract, spills, and ends with
arrays and with which exchanges lean to demands, which the others do not; its time holds the loading of compiled kernels.
The steps run on DuckDB as tables of a file within the same 4 GB; Polars holds everything in memory.""",
    ),
    "linking": (
        "Linking",
        """From what was measured of the same world, which is not timed. Splink compares pairs of accounts by one value of each kind,
within blocks of at most 300, trains by EM and clusters; it does not test what the accounts do. Ours weighs all values, grows groups,
puts each to every statistical test, judges it and describes campaigns. What each finds is in [benchmark.md](benchmark.md).
Memory is of the whole process; `held before` is what it had when linking began.""",
    ),
    "clusters": (
        "Groups",
        """An edge where two accounts of different organisations share a value of at most 20 holders. The libraries get ready arrays
of edges and are timed to labels, over all accounts; ours is timed from the population to groups that are ready to be tested,
weighs every value by how common it is, and looks at accounts that may be part of a harvest. Different work on the same accounts:
the ratio says what a stage costs, not which is better.""",
    ),
}


def write_page(record: Record, folder: Path) -> None:
    """Write the page and its drawing into a folder."""
    drawing = draw(record, folder) if len(record.sizes) > 1 else ""
    (folder / PAGE).write_text(render(record, drawing), "utf-8")


def render(record: Record, drawing: str) -> str:
    """Return the page; a part that was not measured is left out."""
    parts = [_head(record), "## All figures\n\n" + tables.grid(tables.HEAD, tables.whole(record))]
    if drawing:
        picture = f"![CPU time, memory and disk by number of exchanges]({drawing})"
        parts.append(f"## Growth\n\n{tables.verdict(record)}\n\n{picture}\n\n{tables.growth(record)}")
    for part, (title, text) in TITLES.items():
        if found := tables.tasks(record, part):
            parts.append(f"## {title}\n\n{text}\n\n{found}")
    if record.sketchers:
        parts.append("## Sketches\n\nPrompts of 1.8 KB on one core.\n\n" + _sketchers(record))
    if record.texts:
        parts.append("## Bytes and texts\n\n" + _texts(record))
        if len(record.sizes) > 1:
            parts.append("## A billion exchanges a day\n\n" + _cost(record))
    parts.append("## Commands\n\n" + _commands(record))
    return "\n".join(parts)


def _head(record: Record) -> str:
    machines = list({str(of.machine): of.machine for of in record.of.values()}.values())
    versions = list({str(of.versions): of.versions for of in record.of.values()}.values())
    dates = sorted({of.date for of in record.of.values()})
    told = "\n".join(f"- {', '.join(f'{k} {v}' if k == 'cores' else v for k, v in m.items())}" for m in machines)
    libraries = "\n".join(f"- {', '.join(f'{name} {number}' for name, number in one.items())}" for one in versions)
    return f"""# Performance

Written by `make bench` from `benchmarks/speed/record.json`; do not edit.

Measured on {", ".join(dates)}:

{told}
{libraries}

CPU time is user and system time of all threads, wall time that of a machine which may do other work; CPU time and ratios
within one run are what to go by. Memory is the most resident memory of a whole process. Worlds are of the scenario `february`,
as fingerprints, {_hashes(record)}, seed 7. Kernels were compiled before.
"""


def _hashes(record: Record) -> str:
    means = [f"{size.hashes:.1f}" for size in tables.ordered(record)]
    return f"with {means[-1]} hashes a sketch on the mean (prompts are short)" if means else "with short prompts"


def _sketchers(record: Record) -> str:
    own = next((maker.prompts_a_cpu_s for maker in record.sketchers), None) or 0.0
    rows = [
        (m.name, f"{m.prompts_a_cpu_s:,.0f}", f"{own / m.prompts_a_cpu_s:.2f}", m.does)
        if m.prompts_a_cpu_s
        else (m.name, "not installed", "", m.does)
        for m in record.sketchers
    ]
    return tables.grid(("maker", "prompts a CPU s", "CPU beside the fingerprint", "computes"), rows)


def _texts(record: Record) -> str:
    rows = [
        (
            f"{t.text_bytes:,}", f"{t.jsonl_bytes:,.0f}", f"{t.lake_bytes:,.0f}", f"{t.hashes:.1f}", f"{t.read_us:.1f}",
            f"{t.fingerprint_us:.2f}",
        )
        for t in record.texts
    ]  # fmt: skip
    head = (
        "bytes of texts an exchange",
        "as JSON",
        "as fingerprint",
        "hashes",
        "CPU µs to read",
        "CPU µs to fingerprint",
    )
    return "MB and CPU seconds a million exchanges are the same numbers.\n\n" + tables.grid(head, rows)


def _cost(record: Record) -> str:
    made, server = model(record), Server()
    largest = tables.ordered(record)[-1]
    text = made.texts
    reading, printing = cores(text.read_us, BILLION), cores(text.fingerprint_us, BILLION)
    rows = [
        (
            str(w.days), f"{w.exchanges / 1e9:,.0f}", f"{w.cpu_hours:,.1f}", f"{w.longest_hours:,.1f}",
            f"{w.memory_gb:,.0f}", f"{w.spill_gb:,.0f}",
        )
        for w in windows(made, BILLION)
    ]  # fmt: skip
    full = [
        (one.stage, one.resource, "no limit" if one.exchanges_a_day >= MOST else f"{one.exchanges_a_day / 1e6:,.0f}")
        for one in limits(made, server)
    ]
    first = limits(made, server)[0]
    laws = ", ".join(f"{name} n^{law.exponent:.2f}" for name, law in made.stages.items())
    return f"""Computed by `benchmarks/speed/cost.py`, not measured. Prompts of {text.text_bytes:,} bytes.
Each stage of a detection is carried on from {largest.exchanges:,} exchanges in proportion, or with its fitted exponent where that is
higher ({laws}); memory, and what no stage counts,
along the line fitted through all sizes. The worlds' sketches hold {largest.hashes:.1f} hashes, those of prompts of this length {text.hashes:.0f}:
detection on such costs more than this says.

- Reading JSON keeps {reading:,.2f} cores busy, making fingerprints {printing:,.2f}, if the day is even.
- The texts are {text.jsonl_bytes * BILLION / 1e12:,.2f} TB a day, their fingerprints {text.lake_bytes * BILLION / 1e9:,.0f} GB a day,
  {text.lake_bytes * BILLION * KEPT_DAYS / 1e12:,.1f} TB in {KEPT_DAYS} days.

A detection once a day, over the traffic of so many days:

{tables.grid(("days", "billion exchanges", "CPU hours", "of them on one core", "memory GB", "spilled GB"), rows)}
A server of {server.cores} such cores, {server.memory_gb:,.0f} GB of memory and {server.disk_tb:,.0f} TB of disk is full at, in million exchanges a day
({DAY:,} seconds; one detection a day, of one day):

{tables.grid(("stage", "what is full", "million exchanges a day"), full)}
What is full first: {first.resource}, in {first.stage}. A billion exchanges a day take {math.ceil(BILLION / first.exchanges_a_day)} such
servers by that limit. The embedded engine detects on one machine: what its memory does not hold needs shorter windows.
"""


def _commands(record: Record) -> str:
    lines = [f"# {', '.join(_parts(record, command))}\n{command}" for command in dict.fromkeys(of.command for of in record.of.values())]  # fmt: skip
    return "```\n" + "\n".join(lines) + "\n```\n"


def _parts(record: Record, command: str) -> list[str]:
    return [part for part, of in record.of.items() if of.command == command]
