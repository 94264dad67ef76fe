"""How fast texts become fingerprints, beside other makers of sketches and the limits, on prompts of 1.8 KB.

usage: python benchmarks/fingerprint.py [--rows 4096] [--repeats 7] [--only NAME ...] [--json]

Each row is measured in a process of its own, held to as many cores as it has threads; medians of the repeats after one
that is not counted. Threads of a run count in its CPU seconds, so that prompts a CPU second are prompts a second and core.
`ratio` is how many times as many prompts a CPU second the fingerprint reaches on as many threads; `sketch_ratio` the
same for the sketch alone. A peer that cannot be imported (`pip install hydrometer[bench]`) is named as missing.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson

from fingerprint_prompts import BYTES, exchanges
from fingerprint_runs import RUNS

Figures = dict[str, Any]
MISSING = 3
"""Exit status of a measuring process that could not import what it should measure."""


def measure(what: str, threads: int, rows: int, repeats: int) -> Figures:
    """Measure one row in this process."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    timed = next(run for run in RUNS if run.what == what).make(exchanges(rows), threads)
    walls, cpus = [], []
    for _ in range(repeats + 1):
        wall, cpu = time.perf_counter(), time.process_time()
        timed()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    wall, cpu = statistics.median(walls[1:]), statistics.median(cpus[1:])
    return {
        "first_s": walls[0],
        "prompts_per_s": rows / wall,
        "prompts_per_cpu_s": rows / cpu,
        "mb_per_s": rows * BYTES / wall / 1e6,
        "mb_per_cpu_s": rows * BYTES / cpu / 1e6,
    }


def apart(what: str, threads: int, arguments: argparse.Namespace) -> Figures | None:
    """Measure one row in a process of its own; None where what it needs is not installed."""
    command = [sys.executable, __file__, "--measure", what, "--threads", str(threads)]
    command += ["--rows", str(arguments.rows), "--repeats", str(arguments.repeats)]
    quiet = {"RAYON_NUM_THREADS": str(threads), "DAFT_ANALYTICS_ENABLED": "0", "DO_NOT_TRACK": "true"}
    done = subprocess.run(command, env=os.environ | quiet, stdout=subprocess.PIPE, check=False)
    if done.returncode == MISSING:
        return None
    done.check_returncode()
    figures: Figures = orjson.loads(done.stdout.splitlines()[-1])
    return figures


def machine() -> str:
    """Tell the processor and the cores that this process may use."""
    name, cpus = platform.processor() or platform.machine(), Path("/proc/cpuinfo")
    if cpus.exists():
        lines = cpus.read_text().splitlines()
        name = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), name)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} cores"


def table(only: list[str], arguments: argparse.Namespace) -> list[Figures]:
    """Measure every row, a line of the table each as soon as it stands."""
    rows: list[Figures] = []
    ours: dict[tuple[str, int], float] = {}
    show = sys.stderr if arguments.json else sys.stdout
    head = f"{'what':<28}{'threads':>7}{'prompts/s':>12}{'a CPU s':>12}{'MB/CPU s':>10}{'ratio':>8}{'sketch':>8}"
    print(head, "computes", sep="  ", file=show)
    for threads in (1, 2):
        for run in RUNS:
            if threads not in run.threads or (only and run.what not in only):
                continue
            found = apart(run.what, threads, arguments)
            row: Figures = {"what": run.what, "threads": threads, "computes": run.computes}
            if found is None:
                rows.append(row | {"missing": True})
                print(f"{run.what:<28}{threads:>7}{'not installed':>16}", file=show)
                continue
            ours[run.what, threads] = rate = found["prompts_per_cpu_s"]
            row |= found
            for name, mine in (("ratio", "fingerprint"), ("sketch_ratio", "sketch alone")):
                if (mine, threads) in ours:
                    row[name] = ours[mine, threads] / rate
            rows.append(row)
            print(
                f"{run.what:<28}{threads:>7}{row['prompts_per_s']:>12,.0f}{rate:>12,.0f}{row['mb_per_cpu_s']:>10,.0f}"
                f"{row.get('ratio', float('nan')):>8.2f}{row.get('sketch_ratio', float('nan')):>8.2f}  {run.computes}",
                file=show,
                flush=True,
            )
    return rows


def main() -> None:
    """Measure and print the table, or with --json the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=4_096)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these rows alone")
    parser.add_argument("--json", action="store_true", help="figures to stdout, the table to stderr")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        try:
            found = measure(arguments.measure, arguments.threads, arguments.rows, arguments.repeats)
        except ModuleNotFoundError as error:
            print(f"{arguments.measure}: {error}", file=sys.stderr)
            sys.exit(MISSING)
        print(orjson.dumps(found).decode())
        return
    figures = {
        "rows": table(arguments.only, arguments),
        "machine": machine(),
        "prompts": arguments.rows,
        "bytes_a_prompt": BYTES,
        "repeats": arguments.repeats,
    }
    if arguments.json:
        print(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode())
    else:
        print(figures["machine"])


if __name__ == "__main__":
    main()
