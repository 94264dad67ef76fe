"""Rows per second of every format, on one core: `python benchmarks/sources.py [ROWS]` prints a table."""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
import time
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from hydrometer.contract.settings import ReadSettings
from hydrometer.sources import Rejects, open_traffic

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from fixtures.log_writers import WRITERS
from fixtures.sources_samples import sample_accounts, sample_exchanges

ROWS = 20_000
WORDS = 130
"""Prompts of some 700 bytes, and as many system prompts."""


def canonical(exchanges: pa.Table, folder: Path) -> dict[str, Path]:
    """Write the contract's own containers."""
    paths = {name: folder / f"exchanges.{name}" for name in ("parquet", "jsonl", "csv", "jsonl.gz")}
    pq.write_table(exchanges, paths["parquet"])
    rows = exchanges.set_column(1, "started_at", exchanges.column("started_at").cast(pa.int64())).to_pylist()
    paths["jsonl"].write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))
    with paths["jsonl"].open("rb") as plain, gzip.open(paths["jsonl.gz"], "wb", compresslevel=1) as zipped:
        shutil.copyfileobj(plain, zipped)
    names = [orjson.dumps(row["tool_names"]).decode() if row["tool_names"] is not None else None for row in rows]
    index = exchanges.schema.get_field_index("tool_names")
    pa_csv.write_csv(exchanges.set_column(index, "tool_names", pa.array(names, pa.string())), paths["csv"])
    return {f"canonical {name}": path for name, path in paths.items()}


def measure(name: str, path: Path, rows: int) -> None:
    """Read a file twice and print the better of both."""
    traffic = open_traffic(path, settings=ReadSettings())
    seconds = []
    for _ in range(2):
        rejects = Rejects()
        start = time.process_time()
        read = sum(batch.num_rows for batch in traffic.batches(rejects))
        seconds.append(time.process_time() - start)
        if read != rows or rejects.counts:
            raise SystemExit(f"{name}: read {read} of {rows} rows, rejected {rejects.counts}")
    size = path.stat().st_size / 1e6
    print(f"{name:20} {rows / min(seconds):>12,.0f} {size / min(seconds):>8.0f} {1e6 * size / rows:>8.0f}")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    exchanges, accounts = sample_exchanges(rows, words=WORDS), sample_accounts()
    print(f"{'format':20} {'rows/CPU-s':>12} {'MB/s':>8} {'B/row':>8}")
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        for name, path in canonical(exchanges, folder).items():
            measure(name, path, rows)
        for name, write in WRITERS.items():
            start = time.process_time()
            path = write(exchanges, accounts, folder)
            written = time.process_time() - start
            measure(name, path, rows)
            print(f"{'  written':20} {rows / written:>12,.0f}")


if __name__ == "__main__":
    main()
