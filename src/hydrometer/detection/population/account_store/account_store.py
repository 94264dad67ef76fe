"""From chunks of traffic to a Population: two passes over the traffic, one over the partitions, one over the fragments."""

from __future__ import annotations

import math
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock, local
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from hydrometer.detection.population.account_store.counting_filter import CountingFilter
from hydrometer.detection.population.account_store.dictionary_encoder import DictionaryEncoder
from hydrometer.detection.population.account_store.fragment_index import (
    allocate_marks,
    count_account_fragments,
    list_carried_fragments,
)
from hydrometer.detection.population.account_store.measured_partition import KINDS, MeasuredPartition, measure_partition
from hydrometer.detection.population.account_store.partitioner import PartitionedBatch, partition_batch
from hydrometer.detection.population.account_store.row_encoder import PROMPT, RowEncoder
from hydrometer.detection.population.account_store.shingle_counter import ShingleCounter
from hydrometer.detection.population.account_store.spill_files import DiskColumn, SpillFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from hydrometer.contract import Progress

T = TypeVar("T")
S = TypeVar("S")

LEAST_EXCHANGES = 3
"""A shingle of fewer exchanges is no fragment: it takes three different prompts."""
SHINGLES_A_ROW = 16
PARTITION_BYTES = 170
"""Of a row with its lists, about."""
MOST_PARTITIONS = 400
STORED_COLUMNS = {
    "time": np.int64,
    "source": np.int64,
    "prompt": np.int64,
    "confidence": np.float32,
    "kind": np.int8,
    "capability": np.int8,
    "model": np.int32,
    "flags": np.uint8,
    "shingles": np.uint16,
}
"""What is kept of every exchange."""


class TrafficChunk(Protocol):
    """A piece of the traffic that can be read again and again."""

    first: int
    """Place of its first row in the traffic; places of later chunks are higher."""

    def sketches(self) -> pa.ListArray:
        """The column `sketch`."""
        ...

    def batch(self) -> pa.RecordBatch:
        """All columns of TRAFFIC that the ledger reads, conformed."""
        ...

    def close(self) -> None:
        """The chunk's batch has been entered; chunks are closed in their order."""
        ...


class _PartitionFragments(NamedTuple):
    """A partition's fragments by exchange and by account, and what is known of its templated prompts."""

    carried: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.uint16]
    own: npt.NDArray[np.int32]
    own_uses: npt.NDArray[np.int32]
    accounts: slice
    starts: npt.NDArray[np.int64]
    templated: int
    repeated: npt.NDArray[np.int64]


class AccountStore:
    """The traffic, account by account.

    Within a `with`, call `scan`, `enter`, then `close_books`; what they leave is in the attributes.

    Attributes:
        columns: every exchange's fields (COLUMNS), and `carried`, `lengths`, `own`, `own_uses` of its fragments.
        accounts, starts, counts: number of each account in the order of the columns, and where its exchanges lie.
        facts: integers by FACTS, row by row of `accounts`.
        uses: by kind the (account, value, uses) triples.
        fragment_starts, own_counts: where each account's fragments begin, and how many distinct ones it has.
    """

    def __init__(
        self, folder: Path, accounts: pa.Table, *, rows: int, memory: int, threads: int, threshold: float
    ) -> None:
        """`rows` is the number of rows about to come, or more; `memory` in bytes."""
        folder.mkdir()
        self.encoder = RowEncoder(accounts, threshold)
        self._folder, self._threads, self._memory = folder, threads, memory
        self._shingles = CountingFilter(rows * SHINGLES_A_ROW // 4, memory // 4)
        self._prompts = CountingFilter(rows, memory // 8)
        self._shingle_dictionary = DictionaryEncoder()
        partitions = min(MOST_PARTITIONS, max(1, math.ceil(rows * PARTITION_BYTES * 24 / memory)))
        self._bits = max(0, (partitions - 1).bit_length())
        self._spill = SpillFiles(folder / "spill", 1 << self._bits)
        self._ids = DiskColumn(folder / "ids", np.uint64)
        self.columns = {name: DiskColumn(folder / name, kind) for name, kind in STORED_COLUMNS.items()}
        self._lists = DiskColumn(folder / "lists", np.int32)
        self._chunk_rows: list[tuple[int, int]] = []

    def __enter__(self) -> AccountStore:
        return self

    def __exit__(self, *raised: object) -> None:
        self._spill.close()

    def count_shingles(self, chunks: Iterable[TrafficChunk], progress: Progress) -> None:
        """Count how often shingles occur: what is rare is left out from then on."""
        lock = Lock()

        def count(chunk: TrafficChunk) -> int:
            sketch = chunk.sketches()
            offsets = sketch.offsets
            first, stop = offsets[0].as_py(), offsets[-1].as_py()
            with lock:
                self._shingles.count(np.asarray(sketch.values)[first:stop])
            return len(sketch)

        for rows in _map_ahead(self._threads, count, chunks):
            progress.advance(rows)

    def append(self, chunks: Iterable[TrafficChunk], progress: Progress) -> None:
        """Write every exchange to its partition."""

        def read(
            chunk: TrafficChunk,
        ) -> tuple[TrafficChunk, PartitionedBatch, npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
            encoded = self.encoder.encode(chunk.batch())
            org = self.encoder.accounts.organisations()
            batch = partition_batch(encoded, chunk.first, org, self._bits, self._shingles, LEAST_EXCHANGES)
            fields = encoded.fields
            return chunk, batch, fields.id, fields.prompt[fields.flags & PROMPT != 0]

        for chunk, entry, ids, prompts in _map_ahead(self._threads, read, chunks):
            numbers = self._shingle_dictionary.encode(entry.shingles)
            self._spill.append(entry.rows, numbers, entry.row_counts, entry.shingle_counts)
            self._ids.append(ids)
            self._prompts.count(prompts)
            self._chunk_rows.append((chunk.first, ids.size))
            chunk.close()
            progress.advance(ids.size)
        self._spill.close()
        del self._shingles

    def find_repeated_rows(self) -> npt.NDArray[np.int64]:
        """Places of the rows whose exchange id came more than once, ascending."""
        repeated_ids = self._find_repeated_ids()
        rows_found, at = [np.zeros(0, np.int64)], 0
        if repeated_ids.size:
            for first, rows in self._chunk_rows:
                ids = self._ids.read(at, at + rows)
                index = np.minimum(np.searchsorted(repeated_ids, ids), repeated_ids.size - 1)
                rows_found.append(first + np.nonzero(repeated_ids[index] == ids)[0])
                at += rows
        return np.concatenate(rows_found)

    def _find_repeated_ids(self) -> npt.NDArray[np.uint64]:
        duplicates = []
        rounds = max(1, math.ceil(self._ids.size * 8 * 4 / self._memory))
        for part in range(rounds):
            slices = []
            for start in range(0, self._ids.size, 1 << 22):
                ids = self._ids.read(start, min(start + (1 << 22), self._ids.size))
                slices.append(ids[ids % np.uint64(rounds) == part] if rounds > 1 else ids)
            ids = np.concatenate(slices) if slices else np.zeros(0, np.uint64)
            ids.sort()
            duplicates.append(np.unique(ids[1:][ids[1:] == ids[:-1]]))
        return np.sort(np.concatenate(duplicates))

    @property
    def row_count(self) -> int:
        """Rows that were entered."""
        return self._ids.size

    def finalize(self, dropped: npt.NDArray[np.int64], progress: Progress) -> None:
        """Put every partition in order, and measure accounts, values and wordings.

        Args:
            dropped: places of the rows that repeat an exchange, ascending.
        """
        self._ids.remove()
        values = self._shingle_dictionary.values.copy()
        del self._shingle_dictionary
        shingles = ShingleCounter(self._folder / "prompts", values.size)
        organisations = self.encoder.accounts.organisations()
        accounts, counts, facts = [], [], []
        uses: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        bounds = [(0, 0)]
        orgs = 0

        def read(partition: int) -> MeasuredPartition:
            return measure_partition(*self._spill.read_partition(partition), dropped, organisations, self._prompts)

        for page in _map_ahead(self._threads, read, range(self._spill.partitions)):
            lines = page.lines
            shingles.add(
                page.lists, lines.shingles, page.org + np.int32(orgs), lines.prompt, page.prompt_classes, bounds[-1][0]
            )
            orgs += page.orgs
            self._lists.append(page.lists)
            for name, column in self.columns.items():
                column.append(getattr(lines, name))
            accounts.append(page.accounts)
            counts.append(np.diff(page.starts))
            facts.append(page.facts)
            for kind, triple in page.uses.items():
                uses[kind].append(triple)
            bounds.append((self.columns["time"].size, self._lists.size))
            progress.advance(lines.time.size)
        self.accounts = np.concatenate(accounts)
        self.counts = np.concatenate(counts)
        self.starts = np.cumsum(self.counts) - self.counts
        self.facts = np.concatenate(facts)
        self.uses = {
            kind: tuple(np.concatenate([triple[column_index] for triple in triples]) for column_index in range(3))
            for kind, triples in uses.items()
        }
        self.shingle_fragments = shingles.group_fragments(values)
        del shingles, values
        self._index_fragments(bounds, progress)

    def _index_fragments(self, bounds: Sequence[tuple[int, int]], progress: Progress) -> None:
        """Write which fragments every exchange carries, and every account."""
        folder = self._folder
        for name, kind in (("carried", np.int32), ("lengths", np.uint16), ("own", np.int32), ("own_uses", np.int32)):
            self.columns[name] = DiskColumn(folder / name, kind)
        self.fragment_starts = np.zeros(self.accounts.size, np.int64)
        self.own_counts = np.zeros(self.accounts.size, np.int64)
        repeated = []
        self.templated = 0
        ends = np.append(np.searchsorted(self.starts, [first for first, _ in bounds[1:]]), self.accounts.size).tolist()
        marks = local()

        def read(number: int) -> _PartitionFragments:
            (first, at), (stop, to) = bounds[number : number + 2]
            begun, ended = ends[number - 1] if number else 0, ends[number]
            if not hasattr(marks, "held"):
                marks.held = allocate_marks(self.shingle_fragments.orgs.size)
            counts = self.columns["shingles"].read(first, stop)
            lists = self._lists.read(at, to)
            carried, lengths = np.empty(lists.size, np.int32), np.empty(counts.size, np.uint16)
            have = list_carried_fragments(lists, counts, self.shingle_fragments.of_shingle, carried, lengths)
            # A fragment is carried through one shingle at least, so that the lists leave room for them.
            uses = np.empty(have, np.int32)
            before = np.zeros(counts.size + 1, np.int64)
            np.cumsum(lengths, out=before[1:])
            starts = before[np.append(self.starts[begun:ended], stop) - first]
            account_rows = count_account_fragments(
                carried[:have], starts, marks.held, lists, uses, self.own_counts[begun:ended]
            )
            prompt = self.columns["prompt"].read(first, stop)[lengths > 0]
            often = self._prompts.may_occur(prompt, 2) | (prompt == 0)
            return _PartitionFragments(
                carried[:have],
                lengths,
                lists[:account_rows],
                uses[:account_rows],
                slice(begun, ended),
                starts[:-1],
                prompt.size,
                prompt[often],
            )

        for part in _map_ahead(self._threads, read, range(len(bounds) - 1)):
            self.fragment_starts[part.accounts] = part.starts + self.columns["carried"].size
            self.columns["carried"].append(part.carried)
            self.columns["lengths"].append(part.lengths)
            self.columns["own"].append(part.own)
            self.columns["own_uses"].append(part.own_uses)
            self.templated += part.templated
            repeated.append(part.repeated)
            progress.advance(part.lengths.size)
        self._lists.remove()
        del self._prompts
        prompts, times = np.unique(np.concatenate(repeated), return_counts=True)
        self.repeated_prompts, self.repeats = prompts[times > 1], times[times > 1]


def _map_ahead(threads: int, task: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
    """Results of a task in the order of its items, a few of which are worked on ahead."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[T]] = deque()
        for item in items:
            waiting.append(pool.submit(task, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
