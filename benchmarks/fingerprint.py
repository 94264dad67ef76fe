"""How fast texts become fingerprints, beside other makers of sketches and the limits, on prompts of 1.8 KB.

usage: python benchmarks/fingerprint.py [--rows 4096] [--repeats 7] [--only NAME ...] [--json]

Everything is measured on one core, then on two, each time in one process that is held to them: all in turn, repeat by
repeat, so that what else the machine does meets all alike. Figures are medians of the repeats after one that is not
counted. Threads of a run count in its CPU seconds, so that prompts a CPU second are prompts a second and core.
`ratio` is how many times as many prompts a CPU second the fingerprint reaches on as many cores; `sketch_ratio` the
same for the sketch alone. A peer that cannot be imported (`pip install hydrometer[bench]`) is named as missing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from typing import Any

import orjson

from sketches.prompts import BYTES, exchanges
from sketches.runs import RUNS, Timed
from speed.machine import cores, machine

Figures = dict[str, Any]
FINGERPRINT, SKETCH = "fingerprint", "sketch alone"


def measure(threads: int, rows: int, repeats: int, only: list[str]) -> list[Figures]:
    """Measure, in this process, every run that has so many threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    chosen = [run for run in RUNS if threads in run.threads and (not only or run.what in only)]
    batch = exchanges(rows)
    ready: dict[str, Timed] = {}
    for run in chosen:
        try:
            ready[run.what] = run.make(batch, threads)
        except ModuleNotFoundError as error:
            print(f"{run.what}: {error}", file=sys.stderr)
    walls: dict[str, list[float]] = {what: [] for what in ready}
    cpus: dict[str, list[float]] = {what: [] for what in ready}
    for _ in range(repeats + 1):
        for what, timed in ready.items():
            wall, cpu = time.perf_counter(), time.process_time()
            timed()
            walls[what].append(time.perf_counter() - wall)
            cpus[what].append(time.process_time() - cpu)
    rates = {what: rows / statistics.median(times[1:]) for what, times in cpus.items()}
    made: list[Figures] = []
    for run in chosen:
        row: Figures = {"what": run.what, "threads": threads, "computes": run.computes}
        made.append(row)
        if run.what not in ready:
            row["missing"] = True
            continue
        rate, wall = rates[run.what], statistics.median(walls[run.what][1:])
        row |= {"first_s": walls[run.what][0], "prompts_per_s": rows / wall, "prompts_per_cpu_s": rate}
        row |= {"mb_per_s": rows * BYTES / wall / 1e6, "mb_per_cpu_s": rate * BYTES / 1e6}
        for name, ours in (("ratio", FINGERPRINT), ("sketch_ratio", SKETCH)):
            if ours in rates:
                row[name] = rates[ours] / rate
    return made


def apart(threads: int, arguments: argparse.Namespace) -> list[Figures]:
    """Measure on so many cores, in a process of its own."""
    command = [sys.executable, __file__, "--threads", str(threads)]
    command += ["--rows", str(arguments.rows), "--repeats", str(arguments.repeats), "--only", *arguments.only]
    pools = dict.fromkeys(("RAYON_NUM_THREADS", "POLARS_MAX_THREADS"), str(threads))
    quiet = {"DAFT_ANALYTICS_ENABLED": "0", "DAFT_PROGRESS_BAR": "0", "DO_NOT_TRACK": "true"}
    done = subprocess.run(command, env=os.environ | pools | quiet, stdout=subprocess.PIPE, check=True)
    rows: list[Figures] = orjson.loads(done.stdout.splitlines()[-1])
    return rows


def show(rows: list[Figures], file: Any) -> None:
    """Print the rows as a table."""
    head = f"{'what':<28}{'threads':>7}{'prompts/s':>12}{'a CPU s':>12}{'MB/CPU s':>10}{'ratio':>8}{'sketch':>8}"
    print(head, "computes", sep="  ", file=file)
    for row in rows:
        begin = f"{row['what']:<28}{row['threads']:>7}"
        if row.get("missing"):
            print(f"{begin}{'not installed':>57}  {row['computes']}", file=file)
            continue
        print(
            f"{begin}{row['prompts_per_s']:>12,.0f}{row['prompts_per_cpu_s']:>12,.0f}{row['mb_per_cpu_s']:>10,.0f}"
            f"{row.get('ratio', float('nan')):>8.2f}{row.get('sketch_ratio', float('nan')):>8.2f}  {row['computes']}",
            file=file,
        )


def main() -> None:
    """Measure and print the table, or with --json the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=4_096)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these rows alone")
    parser.add_argument("--json", action="store_true", help="figures to stdout, the table to stderr")
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.threads:
        print(orjson.dumps(measure(arguments.threads, arguments.rows, arguments.repeats, arguments.only)).decode())
        return
    rows: list[Figures] = []
    for threads in (1, 2):
        if threads > cores():
            print(f"not measured on {threads} cores: there is but {cores()}", file=sys.stderr)
            continue
        rows += apart(threads, arguments)
    show(rows, sys.stderr if arguments.json else sys.stdout)
    if arguments.json:
        figures = {"rows": rows, "machine": machine(), "prompts": arguments.rows, "bytes_a_prompt": BYTES}
        print(orjson.dumps(figures | {"repeats": arguments.repeats}, option=orjson.OPT_INDENT_2).decode())
    else:
        print(", ".join(machine().values()))


if __name__ == "__main__":
    main()
