"""Parquet that stands for more than it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fixtures.reader_bombs import make_exchanges, repeat_value
from hydrometer.contract import EXCHANGES, InputError, ReadSettings
from hydrometer.sources import Rejects, open_traffic, parquet_reader
from hydrometer.sources.parquet_reader import fits_whole, read_parquet_batches

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = ReadSettings(batch_bytes=100_000)
WANTED = frozenset(EXCHANGES.names)


def write(file: Path, table: pa.Table, **options: Any) -> Path:
    pq.write_table(table, file, **options)
    return file


def test_long_values_of_a_dictionary_are_cut_before_they_are_spelt_out(tmp_path: Path) -> None:
    rows = [f"{row:04} " + "word " * 2_000 if row % 3 else "short" for row in range(300)]
    coded = pa.array([rows[row % 5] for row in range(300)]).dictionary_encode()
    tools = pa.array([["t" * 3_000, "u"]] * 300)
    file = write(tmp_path / "exchanges.parquet", make_exchanges(300, prompt=coded, tool_names=tools), row_group_size=90)
    batches = [batch for _, batch in read_parquet_batches(file, WANTED, SETTINGS)]
    assert max(batch.num_rows for batch in batches) <= 100_000 // 3_000
    conformed = list(open_traffic(file, settings=SETTINGS).batches(Rejects()))
    assert all(batch.nbytes <= SETTINGS.batch_bytes for batch in conformed)
    told = pa.Table.from_batches(conformed)
    assert told["prompt"].to_pylist() == [rows[row % 5] for row in range(300)]
    assert told["tool_names"].to_pylist() == [["t" * 3_000, "u"]] * 300


def test_short_values_are_read_as_many_rows_at_once_as_before(tmp_path: Path) -> None:
    file = write(tmp_path / "exchanges.parquet", make_exchanges(300, prompt=["hello"] * 300))
    assert [batch.num_rows for _, batch in read_parquet_batches(file, WANTED, ReadSettings())] == [300]


def test_what_expands_beyond_measure_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_reader, "FREE_EXPANSION", 1_000)
    monkeypatch.setattr(parquet_reader, "MOST_EXPANSION", 50)
    file = write(tmp_path / "exchanges.parquet", make_exchanges(900, prompt=repeat_value("word " * 2_000, 900)))
    with pytest.raises(
        InputError, match=r"exchanges\.parquet: expands to more than 50 times its size\. Write it again"
    ):
        list(open_traffic(file, settings=SETTINGS).batches(Rejects()))


def test_lists_and_pages_that_cannot_be_held_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sketch = pa.array([[7] * 500] * 20, pa.list_(pa.int64()))
    file = write(tmp_path / "exchanges.parquet", make_exchanges(20, sketch=sketch))
    assert fits_whole(file, [*WANTED, "sketch"], "exchange_id")
    monkeypatch.setattr(parquet_reader, "MOST_VALUES", 9_999)
    assert not fits_whole(file, [*WANTED, "sketch"], "exchange_id")
    with pytest.raises(InputError, match="a row group whose lists hold 10,000 values"):
        list(open_traffic(file, settings=SETTINGS).batches(Rejects()))
    monkeypatch.setattr(parquet_reader, "MOST_BLOATED", 100_000)
    text = make_exchanges(20, prompt=["word " * 20_000] * 20)
    file = write(tmp_path / "plain.parquet", text, compression="zstd", use_dictionary=False)
    with pytest.raises(InputError, match="column prompt: expands to more than 400 times its size"):
        list(read_parquet_batches(file, WANTED, SETTINGS))


def test_ids_that_expand_are_not_read_a_row_group_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_reader, "MOST_PLAIN", 1_000_000)
    table = make_exchanges(900, sketch=pa.array([[1, 2]] * 900, pa.list_(pa.int64())))
    file = write(tmp_path / "a.parquet", table)
    assert open_traffic(file, settings=SETTINGS).chunkable
    file = write(tmp_path / "b.parquet", table.set_column(0, "exchange_id", repeat_value("e" * 9_000, 900)))
    traffic = open_traffic(file, settings=SETTINGS)
    assert not traffic.chunkable
    assert sum(batch.num_rows for batch in traffic.batches(Rejects())) == 900


def test_sketches_of_more_hashes_than_can_be_counted_are_left_out(tmp_path: Path) -> None:
    sketch = pa.array([[1, 2], list(range(65_536)), None], pa.list_(pa.int64()))
    file = write(tmp_path / "exchanges.parquet", make_exchanges(3, sketch=sketch))
    rejects = Rejects()
    (batch,) = open_traffic(file, settings=ReadSettings()).batches(rejects)
    assert batch.column("sketch").to_pylist() == [[1, 2], None, None]
    assert rejects.repaired == {"sketch: more hashes than a sketch has": 1}
