"""How fast texts become fingerprints: prompts and megabytes a second and core, on prompts of 1.8 KB.

usage: python benchmarks/fingerprint.py [--rows 8192] [--repeats 5]
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import time

import pyarrow as pa

from hydrometer.contract.exchanges import EXCHANGES
from hydrometer.contract.settings import FingerprintSettings
from hydrometer.fingerprint import Fingerprinter, SiteKey
from hydrometer.fingerprint.texts import text_arrays

BYTES = 1_800
_VOWELS, _CONSONANTS = "aeiou", "bcdfghklmnprstvw"


def exchanges(rows: int) -> pa.RecordBatch:
    """Return exchanges with random prompts of BYTES bytes in sentences, and no system prompt."""
    rng = random.Random(1)  # noqa: S311
    words = [
        "".join(rng.choice(_CONSONANTS) + rng.choice(_VOWELS) for _ in range(rng.choice((1, 1, 2, 3, 4))))
        for _ in range(4_000)
    ]
    prompts = []
    for _ in range(rows):
        text = ""
        while len(text) < BYTES:
            text += " ".join(rng.choices(words, k=rng.randrange(4, 20))).capitalize() + rng.choice(
                (". ", ", ", "? ", ".\n")
            )
        prompts.append(text[:BYTES])
    columns = {
        "exchange_id": [str(row) for row in range(rows)],
        "started_at": [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)] * rows,
        "account_id": ["a"] * rows,
        "model": ["m"] * rows,
        "prompt": prompts,
    }
    arrays = [
        pa.array(columns[c.name], c.type) if c.name in columns else pa.nulls(rows, c.type) for c in EXCHANGES.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=EXCHANGES.schema)


def main() -> None:
    """Measure and print the table; the first call, which compiles or loads the kernels, is shown apart."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=8_192)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    batch = exchanges(arguments.rows)
    texts = text_arrays(batch.column("system_prompt")), text_arrays(batch.column("prompt"))
    started = time.perf_counter()
    Fingerprinter(FingerprintSettings(), SiteKey(bytes(16))).batch(batch.slice(0, 1))
    print(f"first call (compiles, or loads what an earlier run compiled): {time.perf_counter() - started:.1f} s")
    print(f"{'what':<8}{'threads':>8}{'prompts/s':>12}{'MB/s':>8}{'prompts/CPU-s':>15}{'MB/CPU-s':>10}")
    for what in ("kernel", "batch"):
        for threads in (1, 2):
            maker = Fingerprinter(FingerprintSettings(), SiteKey(bytes(16)), threads=threads)
            best_wall, best_cpu = float("inf"), float("inf")
            for _ in range(arguments.repeats):
                wall, cpu = time.perf_counter(), time.process_time()
                if what == "kernel":
                    maker.rows(*texts)
                else:
                    maker.batch(batch)
                best_wall = min(best_wall, time.perf_counter() - wall)
                best_cpu = min(best_cpu, time.process_time() - cpu)
            megabytes = arguments.rows * BYTES / 1e6
            print(
                f"{what:<8}{threads:>8}{arguments.rows / best_wall:>12,.0f}{megabytes / best_wall:>8.0f}"
                f"{arguments.rows / best_cpu:>15,.0f}{megabytes / best_cpu:>10.0f}"
            )


if __name__ == "__main__":
    main()
