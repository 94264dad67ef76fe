"""Past traffic as the guard would have had it: read, sampled by account where it is too much, and put in order of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.enforcement.backtest.replay import COLUMNS
from hydrometer.enforcement.text_digest import hash_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from hydrometer.contract import Progress
    from hydrometer.sources import FileTraffic, Rejects

    Sketch = Callable[[str, str], npt.NDArray[np.int64]]

FULL = 1 << 64


@dataclass
class PastRequests:
    """Requests in the order of their times, and how many of the traffic's each of them stands for.

    `table` has `exchange_id`, COLUMNS, `words`, `reasoning` and `sketch`.
    """

    table: pa.Table
    weight: npt.NDArray[np.float64]
    read: int
    """Exchanges of the traffic."""
    share: float = 1.0
    """Of the accounts that no result has weighed, those that were kept, by a hash of their names."""


def read_past_requests(
    traffic: FileTraffic,
    *,
    always: AbstractSet[str],
    most: int,
    sketch: Sketch | None,
    rejects: Rejects,
    progress: Progress,
) -> PastRequests:
    """Read the requests of `traffic`.

    always: accounts of which every request is kept. most: requests kept of the others; from there on their accounts are
    halved. sketch: of texts; None leaves them unsketched.
    """
    account_sample = _AccountSample(always, most)
    progress.stage("read past traffic", traffic.rows_hint)
    for batch in traffic.batches(rejects):
        account_sample.add(_convert_batch(batch, sketch, fingerprinted=traffic.fingerprinted))
        progress.advance(batch.num_rows)
    table = pa.concat_tables(account_sample.tables) if account_sample.tables else _make_empty_table()
    order = pc.sort_indices(table, sort_keys=[("started_at", "ascending"), ("exchange_id", "ascending")])
    table = table.take(order).combine_chunks()
    share = account_sample.hash_bound / FULL
    ours = pc.is_in(table["account_id"], pa.array(sorted(always), pa.string())).to_numpy(zero_copy_only=False)
    weight = np.where(ours, 1.0, 1.0 / share)
    return PastRequests(table, weight, account_sample.read, share)


class _AccountSample:
    """A sample of batches, of which no more than `most` rows are of accounts that may be left out."""

    def __init__(self, always: AbstractSet[str], most: int) -> None:
        self._always, self._most = always, most
        self._hashes: dict[str, int] = {}
        self.tables: list[pa.Table] = []
        self._optional_rows: list[int] = []
        self.hash_bound, self.read = FULL, 0

    def add(self, table: pa.Table) -> None:
        self.read += table.num_rows
        self._keep(table)
        while sum(self._optional_rows) > self._most:
            self.hash_bound //= 2
            tables, self.tables, self._optional_rows = self.tables, [], []
            for each in tables:
                self._keep(each)

    def _keep(self, table: pa.Table) -> None:
        names = table["account_id"].combine_chunks().dictionary_encode()
        names = names.chunk(0) if isinstance(names, pa.ChunkedArray) else names
        hashes = [self._hash_account(name) for name in names.dictionary.to_pylist()]
        codes = names.indices.to_numpy(zero_copy_only=False)
        stays = np.array([each < self.hash_bound for each in hashes], dtype=np.bool_)[codes]
        self._optional_rows.append(int(np.array([each >= 0 for each in hashes], dtype=np.bool_)[codes][stays].sum()))
        self.tables.append(table if stays.all() else table.filter(pa.array(stays)))

    def _hash_account(self, name: str) -> int:
        value = self._hashes.get(name)
        if value is None:
            value = -1 if name in self._always else hash_text(name)
            self._hashes[name] = value
        return value


def _convert_batch(batch: pa.RecordBatch, sketch: Sketch | None, *, fingerprinted: bool) -> pa.Table:
    columns: dict[str, Any] = {name: batch.column(name) for name in ("exchange_id", *COLUMNS)}
    if fingerprinted:
        words = [pc.fill_null(batch.column(name), 0) for name in ("prompt_words", "system_words")]
        columns["words"] = pc.add(words[0], words[1])
        columns["sketch"] = batch.column("sketch")
    else:
        texts = [batch.column(name).to_pylist() for name in ("system_prompt", "prompt")]
        pairs = list(zip(*texts, strict=True))
        columns["words"] = pa.array([sum(len(text.split()) for text in pair if text) for pair in pairs], pa.int32())
        sketches = [sketch(system or "", prompt or "") for system, prompt in pairs] if sketch else [None] * len(pairs)
        columns["sketch"] = pa.array(sketches, pa.list_(pa.int64()))
    tokens = pc.fill_null(batch.column("reasoning_tokens"), 0)
    columns["reasoning"] = pc.greater(tokens, 0)
    return pa.table(columns)


def _make_empty_table() -> pa.Table:
    names = {"exchange_id": pa.string(), **dict.fromkeys(COLUMNS, pa.string())}
    names |= {"started_at": pa.timestamp("us", "UTC"), "tool_names": pa.list_(pa.string()), "words": pa.int32()}
    names |= {"sketch": pa.list_(pa.int64()), "reasoning": pa.bool_(), "client_asn": pa.int32(), "turns": pa.int32()}
    return pa.schema(list(names.items())).empty_table()
