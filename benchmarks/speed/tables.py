"""A record as tables: one for the terminal and for docs/performance.md, and those of single parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from speed.cost import by_stage
from speed.curve import MOST, power

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from speed.record import Record, Size

HEAD = ("what", "exchanges", "CPU s", "CPU s a million", "wall s", "memory MB", "CPU beside ours")
Rows = list[tuple[str, ...]]


def whole(record: Record) -> Rows:
    """Return one row a measurement, in the order of HEAD."""
    rows: Rows = []
    for size in ordered(record):
        if size.made is not None:
            cost = size.made
            rows.append(_row("simulate", size.exchanges, cost.cpu_s, cost.wall_s, None))
        rows.append(_row("detect", size.exchanges, size.detect.cpu_s, size.detect.wall_s, size.detect.peak_mb))
        rows += [_row(f"– {stage.name}", size.exchanges, stage.cpu_s, stage.wall_s, None) for stage in size.stages]
    for task in record.tasks.values():
        ours = task.rows[0].cost
        for row in task.rows:
            title = f"{task.title}: {row.name}"
            if row.cost is None or ours is None:
                rows.append((title, f"{task.exchanges:,}", *[""] * 4, "not installed"))
                continue
            made = _row(title, task.exchanges, row.cost.cpu_s, row.cost.wall_s, row.cost.peak_mb)
            rows.append((*made[:-1], f"{row.cost.cpu_s / max(ours.cpu_s, 1e-9):.2f}"))
    own = next((maker.prompts_a_cpu_s for maker in record.sketchers), None)
    for maker in record.sketchers:
        if maker.prompts_a_cpu_s is None or own is None:
            rows.append((f"sketch: {maker.name}", "", "", "", "", "", "not installed"))
            continue
        each = 1e6 / maker.prompts_a_cpu_s
        rows.append((f"sketch: {maker.name}", "", "", f"{each:,.2f}", "", "", f"{own / maker.prompts_a_cpu_s:.2f}"))
    return rows


def _row(what: str, exchanges: int, cpu_s: float, wall_s: float, memory: float | None) -> tuple[str, ...]:
    return (
        what,
        f"{exchanges:,}",
        f"{cpu_s:,.2f}",
        f"{cpu_s / exchanges * 1e6:,.2f}",
        f"{wall_s:,.1f}",
        "" if memory is None else f"{memory:,.0f}",
        "",
    )


def plain(rows: Rows) -> str:
    """Set rows in columns for a terminal."""
    table = [HEAD, *rows]
    widths = [max(len(row[n]) for row in table) for n in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) if n == 0 else cell.rjust(width) for n, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in table
    )  # fmt: skip


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown, its first column to the left."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', ' ') for cell in line)} |" for line in lines) + "\n"


def ordered(record: Record) -> list[Size]:
    """Return the sizes, ascending."""
    return sorted(record.sizes, key=lambda size: size.exchanges)


def growth(record: Record) -> str:
    """Return stage by size in CPU µs an exchange, with fitted exponents."""
    sizes = ordered(record)
    numbers = [float(size.exchanges) for size in sizes]
    stages = [sum(stage.cpu_s for stage in size.stages) for size in sizes]
    costs = {"whole process": [size.detect.cpu_s for size in sizes], **by_stage(sizes), "all stages": stages}
    rows = []
    for name, cost in costs.items():
        each = [f"{1e6 * value / n:,.2f}" for n, value in zip(numbers, cost, strict=True)]
        rows.append((name, *each, *_exponents(numbers, cost)))
    for name, values in (
        ("memory, MB", [size.detect.peak_mb for size in sizes]),
        ("most in the result's folder, with what was spilled, MB", [size.detect.disk_mb for size in sizes]),
        ("the world in Parquet, MB", [size.lake_mb for size in sizes]),
    ):
        rows.append((name, *(f"{value:,.0f}" for value in values), *_exponents(numbers, values)))
    return grid(("CPU µs an exchange", *(f"{size.exchanges:,}" for size in sizes), "exponent", "of the last two"), rows)


def _exponents(numbers: list[float], costs: list[float]) -> tuple[str, str]:
    if len(numbers) < 2 or min(costs) <= 0:
        return "", ""
    return f"{power(numbers, costs).exponent:.2f}", f"{power(numbers[-2:], costs[-2:]).exponent:.2f}"


def verdict(record: Record) -> str:
    """Say whether CPU time grows no faster than n ** MOST, over all sizes and from each size to the next."""
    sizes = ordered(record)
    numbers, costs = [float(size.exchanges) for size in sizes], [size.detect.cpu_s for size in sizes]
    whole_fit = power(numbers, costs).exponent
    steepest = max(power(numbers[n : n + 2], costs[n : n + 2]).exponent for n in range(len(sizes) - 1))
    stages = power(numbers, [sum(stage.cpu_s for stage in size.stages) for size in sizes]).exponent
    within = "no faster" if max(whole_fit, steepest, stages) <= MOST else "faster"
    span = f"From {sizes[0].exchanges:,} to {sizes[-1].exchanges:,} exchanges CPU time grows as n^{whole_fit:.2f}"
    told = (
        f"least squares of logarithms; steepest step n^{steepest:.2f}; without start, report and writing n^{stages:.2f}"
    )
    return f"{span} ({told}): {within} than n^{MOST}."


def tasks(record: Record, begin: str) -> str:
    """Return the tasks whose part begins so, each with its input and a row a system."""
    found = []
    for part, task in record.tasks.items():
        if part.split()[0] != begin:
            continue
        ours = task.rows[0].cost
        rows = []
        for row in task.rows:
            if row.cost is None or ours is None:
                rows.append((row.name, "not installed", "", "", "", row.does))
                continue
            parts = ", ".join(f"{name} {value:,.2f}" if isinstance(value, float) and value % 1 else f"{name} {value:,.0f}" for name, value in row.parts.items())  # fmt: skip
            ratio = f"{row.cost.cpu_s / max(ours.cpu_s, 1e-9):.2f}"
            rows.append((row.name, f"{row.cost.cpu_s:,.3g}", ratio, f"{row.cost.peak_mb:,.0f}", parts, row.does))
        found.append(f"{task.input}\n\n{grid(('system', 'CPU s', 'beside ours', 'memory MB', 'of it', 'does'), rows)}")
    return "\n".join(found)
