"""The attribution benchmark: campaigns of simulated worlds under every circumstance, as a page and a drawing.

    PYTHONPATH=benchmarks python -m attribution [--short] [--worlds N] [--workers 2] [--records FILE] [--out FOLDER] [--json]
    PYTHONPATH=benchmarks python -m attribution --render --records FILE

Worlds are made and detected once and kept beside the records; what came of each is a line of the records.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import msgspec

from attribution.page import write_page
from attribution.summary import summary
from attribution.trial import Record, measured

ROOT = Path(__file__).parents[2]
RECORDS = ROOT / "build" / "attribution" / "records.jsonl"
TEST_SEED = 201
"""The first test seed; the others follow. What was looked at while the method was made has seeds 1 to 25."""
WORLDS, HONEST = 90, 1_200
SHORT_WORLDS, SHORT_HONEST = 1, 500


def main() -> None:
    """Run what is asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--short", action="store_true", help="one small world, to see that everything runs")
    parser.add_argument("--worlds", type=int, default=WORLDS, help="how many worlds")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1), help="processes")
    parser.add_argument("--records", type=Path, default=RECORDS, help="where the records are kept")
    parser.add_argument("--render", action="store_true", help="run nothing; make the page of the records")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder of benchmark-attribution.md")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    chosen = parser.parse_args()
    if not chosen.render:
        worlds, honest = (SHORT_WORLDS, SHORT_HONEST) if chosen.short else (chosen.worlds, HONEST)
        _measure(chosen.records, range(TEST_SEED, TEST_SEED + worlds), honest, chosen.workers)
    records = [msgspec.json.decode(line, type=Record) for line in chosen.records.read_bytes().splitlines()]
    chosen.out.mkdir(parents=True, exist_ok=True)
    page = write_page(records, chosen.out)
    if chosen.json:
        print(msgspec.json.format(msgspec.json.encode(summary(records))).decode())
    else:
        print(page)


def _measure(into: Path, seeds: range, honest: int, workers: int) -> None:
    """Write the records of these worlds, in the order of their seeds."""
    into.parent.mkdir(parents=True, exist_ok=True)
    trial = partial(measured, honest=honest, kept=into.parent / f"worlds-{honest}")
    with (
        ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool,
        into.open("wb") as file,
    ):
        for number, records in enumerate(pool.map(trial, seeds), start=1):
            file.writelines(msgspec.json.encode(record) + b"\n" for record in records)
            print(f"{number} of {len(seeds)}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
