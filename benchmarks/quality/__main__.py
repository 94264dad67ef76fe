"""The quality benchmark: detectors on labelled worlds, as tables and drawings.

    PYTHONPATH=benchmarks python -m quality [--short] [--workers 2] [--records FILE] [--out FOLDER]
    PYTHONPATH=benchmarks python -m quality --render --records FILE

Each trial is one world; what came of it is a line of the records, from which `--render` makes the pages again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import msgspec

from quality.page import write_page
from quality.plan import FULL, HISTORY_SEED, INNOCENT, SHORT, trials
from quality.trial import Record, run
from quality.worlds import make

ROOT = Path(__file__).parents[2]
RECORDS = ROOT / "build" / "quality" / "records.jsonl"


def main() -> None:
    """Run the trials that are asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--short", action="store_true", help="a few small worlds, to see that everything runs")
    parser.add_argument("--only", default="", help="scenarios to run, with commas; all when not given")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1), help="processes")
    parser.add_argument("--records", type=Path, default=RECORDS, help="where the records of the trials are kept")
    parser.add_argument("--render", action="store_true", help="run nothing; make the pages of the records")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder of benchmark.md and its drawings")
    parser.add_argument("--resume", action="store_true", help="run only what the records lack")
    chosen = parser.parse_args()
    failed: list[str] = []
    took = chosen.records.with_suffix(".seconds")
    if not chosen.render:
        begun, before = time.perf_counter(), float(took.read_text()) if chosen.resume and took.exists() else 0.0
        failed = _measure(chosen)
        took.write_text(f"{before + time.perf_counter() - begun:.0f}\n")
    chosen.out.mkdir(parents=True, exist_ok=True)
    write_page(_read(chosen.records), chosen.out, float(took.read_text()), chosen.workers)
    print(chosen.out / "benchmark.md")
    if failed:
        sys.exit("\n".join(["Failed, and missing from the page:", *failed]))


def _measure(chosen: argparse.Namespace) -> list[str]:
    """Run the trials that are asked for, and return which failed; what came of the others is kept."""
    into: Path = chosen.records
    size = SHORT if chosen.short else FULL
    only = {name for name in chosen.only.split(",") if name}
    into.parent.mkdir(parents=True, exist_ok=True)
    if not chosen.resume:
        into.unlink(missing_ok=True)
    done = {(record.scenario, record.seed) for record in _read(into)}
    planned = [t for t in trials(size) if (t.scenario, t.seed) not in done and (not only or t.scenario in only)]
    history = into.parent / "history"
    for left in (history, history.with_name(f"{history.name}.truth")):
        shutil.rmtree(left, ignore_errors=True)
    make(INNOCENT, HISTORY_SEED, size.honest, history)
    failed: list[str] = []
    with ProcessPoolExecutor(chosen.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(run, trial, history): trial for trial in planned}
        for number, future in enumerate(as_completed(waiting), start=1):
            trial = waiting[future]
            error = future.exception()
            if error is not None:
                failed.append(f"{trial.scenario} {trial.seed}: {error!r}")
                continue
            with into.open("ab") as file:
                file.writelines(msgspec.json.encode(record) + b"\n" for record in future.result())
            print(f"{number} of {len(planned)}: {trial.scenario} {trial.seed}", file=sys.stderr, flush=True)
    return failed


def _read(records: Path) -> list[Record]:
    lines = records.read_bytes().splitlines() if records.exists() else []
    return [msgspec.json.decode(line, type=Record) for line in lines]


if __name__ == "__main__":
    main()
