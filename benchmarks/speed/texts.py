"""Texts as they come and as what stays of them: bytes an exchange, CPU time to read it and to make its fingerprint.

Short prompts are those of a simulated world; long ones are `sketches.prompts`, several of a world's put together. All
other columns are the world's. Lines are read and fingerprinted on one thread.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.contract.fingerprint_columns import TRAFFIC
from hydrometer.contract.settings import FingerprintSettings, ReadSettings
from hydrometer.detection.ingestion.fingerprinted_traffic import ROW_GROUP
from hydrometer.fingerprint import Fingerprinter, SiteKey
from hydrometer.lab.simulate import SCENARIOS, make_world
from hydrometer.sources import Rejects, open_traffic
from sketches.prompts import exchanges
from speed.record import Sketcher, Texts

if TYPE_CHECKING:
    from collections.abc import Sequence

HONEST, SEED = 900, 5
REPEATS = 3
FINGERPRINT_BENCHMARK = Path(__file__).parents[1] / "fingerprint.py"


def texts(rows: int) -> list[Texts]:
    """Measure so many exchanges with short prompts, then with prompts of 1.8 KB."""
    world = make_world(msgspec.structs.replace(SCENARIOS["ladder4"], honest=HONEST), SEED).exchanges.slice(0, rows)
    at = world.schema.get_field_index("prompt")
    long = exchanges(world.num_rows).column("prompt")
    without = world.set_column(
        world.schema.get_field_index("system_prompt"), "system_prompt", pa.nulls(world.num_rows, pa.string())
    )
    return [_measured(world), _measured(without.set_column(at, "prompt", long))]


def _measured(table: pa.Table) -> Texts:
    rows = table.num_rows
    said = sum(pc.sum(pc.binary_length(table[name])).as_py() or 0 for name in ("system_prompt", "prompt"))
    with tempfile.TemporaryDirectory() as held:
        lines = Path(held) / "exchanges.jsonl"
        _write(table, lines)
        read = []
        for _ in range(REPEATS):
            before, rejects = time.process_time(), Rejects()
            batches = list(open_traffic(lines, settings=ReadSettings()).batches(rejects))
            read.append(time.process_time() - before)
            if rejects.counts:
                raise SystemExit(f"rejected: {rejects.counts}")
        maker = Fingerprinter(FingerprintSettings(), SiteKey(bytes(16)), threads=1)
        maker.fingerprint_batch(batches[0].slice(0, 1))
        made = []
        for _ in range(REPEATS):
            before = time.process_time()
            prints = [maker.fingerprint_batch(batch) for batch in batches]
            made.append(time.process_time() - before)
        lake = Path(held) / "exchanges.parquet"
        with pq.ParquetWriter(lake, TRAFFIC.schema, compression="zstd", compression_level=1) as writer:
            for batch in prints:
                writer.write_batch(batch, row_group_size=ROW_GROUP)
        hashes = sum(pc.sum(pc.list_value_length(batch.column("sketch"))).as_py() or 0 for batch in prints)
        return Texts(
            rows=rows,
            text_bytes=round(said / rows),
            jsonl_bytes=round(lines.stat().st_size / rows, 1),
            lake_bytes=round(lake.stat().st_size / rows, 1),
            hashes=round(hashes / rows, 2),
            read_us=round(statistics.median(read) / rows * 1e6, 2),
            fingerprint_us=round(statistics.median(made) / rows * 1e6, 2),
        )


def _write(table: pa.Table, path: Path) -> None:
    names = [column.name for column in EXCHANGES.columns if column.name in table.column_names]
    table = table.select(names)
    at = table.schema.get_field_index("started_at")
    rows = table.set_column(at, "started_at", table["started_at"].cast(pa.int64())).to_pylist()
    said = ({name: value for name, value in row.items() if value is not None} for row in rows)
    path.write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in said))


def sketchers_command(rows: int) -> list[str]:
    """Return the command that measures makers of sketches."""
    return [sys.executable, str(FINGERPRINT_BENCHMARK), "--rows", str(rows), "--json"]


def sketchers(printed: bytes) -> list[Sketcher]:
    """Read what the benchmark of the fingerprint printed: the makers on one core."""
    return [
        Sketcher(name=row["what"], does=row["computes"], threads=1, prompts_a_cpu_s=row.get("prompts_per_cpu_s"))
        for row in orjson.loads(printed)["rows"]
        if row["threads"] == 1
    ]


def main(arguments: Sequence[str]) -> None:
    """Measure and print the figures."""
    print(msgspec.json.encode(texts(int(arguments[0]))).decode())


if __name__ == "__main__":
    main(sys.argv[1:])
