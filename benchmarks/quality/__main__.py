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
    chosen = parser.parse_args()
    seconds = 0.0
    if not chosen.render:
        begun = time.perf_counter()
        _measure(chosen.short, [name for name in chosen.only.split(",") if name], chosen.workers, chosen.records)
        seconds = time.perf_counter() - begun
        (chosen.records.parent / "seconds").write_text(f"{seconds:.0f}\n")
    took = chosen.records.parent / "seconds"
    records = [msgspec.json.decode(line, type=Record) for line in chosen.records.read_bytes().splitlines()]
    chosen.out.mkdir(parents=True, exist_ok=True)
    write_page(records, chosen.out, float(took.read_text()) if took.exists() else seconds, chosen.workers)
    print(chosen.out / "benchmark.md")


def _measure(short: bool, only: list[str], workers: int, into: Path) -> None:
    planned = [trial for trial in trials(SHORT if short else FULL) if not only or trial.scenario in only]
    into.parent.mkdir(parents=True, exist_ok=True)
    into.unlink(missing_ok=True)
    history = into.parent / "history"
    for left in (history, history.with_name(f"{history.name}.truth")):
        shutil.rmtree(left, ignore_errors=True)
    make(INNOCENT, HISTORY_SEED, (SHORT if short else FULL).honest, history)
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(run, trial, history): trial for trial in planned}
        for done, future in enumerate(as_completed(waiting), start=1):
            trial = waiting[future]
            with into.open("ab") as file:
                file.writelines(msgspec.json.encode(record) + b"\n" for record in future.result())
            print(f"{done} of {len(planned)}: {trial.scenario} {trial.seed}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
