"""From chunks of traffic to a Population: two passes over the traffic, one over the partitions, one over the fragments."""

from __future__ import annotations

import itertools
import math
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from hydrometer.signals.ledger.carried import account_fragments, carried_fragments
from hydrometer.signals.ledger.numbering import Numbering, frequent
from hydrometer.signals.ledger.pages import FACTS, account_facts, in_order, value_uses
from hydrometer.signals.ledger.repeats import Repeats
from hydrometer.signals.ledger.rows import CONVERSATION, PROMPT, SERVES, Clerk, Load
from hydrometer.signals.ledger.shingles import Shingles
from hydrometer.signals.ledger.spill import Column, Spill, gather

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from hydrometer.contract.progress import Progress

T = TypeVar("T")
S = TypeVar("S")

LEAST_EXCHANGES = 3
"""A shingle of fewer exchanges is no fragment: it takes three different prompts."""
SHINGLES_A_ROW = 16
PARTITION_BYTES = 170
"""Of a row with its lists, about."""
MOST_PARTITIONS = 400
COLUMNS = {
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
KINDS = ("address", "network", "ja4", "user_agent", "end_user", "session", "tools", "client")
"""Values whose uses are counted by account; a client is a user agent with its TLS fingerprint."""


class Chunk(Protocol):
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


@dataclass(frozen=True, slots=True)
class Page:
    """One partition in order: rows, their shingle numbers, each account's number and where its rows begin."""

    rows: npt.NDArray[Any]
    lists: npt.NDArray[np.int32]
    accounts: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    org: npt.NDArray[np.int32]
    orgs: int
    facts: npt.NDArray[np.int64]
    uses: dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]]


class Ledger:
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
        self.clerk = Clerk(accounts, threshold)
        self._folder, self._threads, self._memory = folder, threads, memory
        self._shingles = Repeats(rows * SHINGLES_A_ROW // 4, memory // 4)
        self._prompts = Repeats(rows, memory // 8)
        self._numbering = Numbering()
        partitions = min(MOST_PARTITIONS, max(1, math.ceil(rows * PARTITION_BYTES * 24 / memory)))
        self._bits = max(0, (partitions - 1).bit_length())
        self._spill = Spill(folder / "spill", 1 << self._bits)
        self._ids = Column(folder / "ids", np.uint64)
        self.columns = {name: Column(folder / name, kind) for name, kind in COLUMNS.items()}
        self._lists = Column(folder / "lists", np.int32)
        self._entered: list[tuple[int, int]] = []

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *raised: object) -> None:
        self._spill.close()

    def scan(self, chunks: Iterable[Chunk], progress: Progress) -> None:
        """Count how often shingles occur: what is rare is left out from then on."""
        lock = Lock()

        def count(chunk: Chunk) -> int:
            sketch = chunk.sketches()
            offsets = sketch.offsets
            first, stop = offsets[0].as_py(), offsets[-1].as_py()
            with lock:
                self._shingles.count(np.asarray(sketch.values)[first:stop])
            return len(sketch)

        for rows in _ahead(self._threads, count, chunks):
            progress.advance(rows)

    def enter(self, chunks: Iterable[Chunk], progress: Progress) -> None:
        """Write every exchange to its partition."""

        def read(chunk: Chunk) -> tuple[Chunk, Load, npt.NDArray[np.int64], npt.NDArray[np.uint16]]:
            load = self.clerk.load(chunk.batch(), chunk.first)
            kept = np.empty(int(load.offsets[-1] - load.offsets[0]), np.int64)
            counts = np.empty(load.rows.size, np.uint16)
            have = frequent(
                load.sketch,
                load.offsets,
                LEAST_EXCHANGES,
                self._shingles.shift,
                self._shingles.table,
                kept,
                counts,
            )
            return chunk, load, kept[:have], counts

        for chunk, load, kept, counts in _ahead(self._threads, read, chunks):
            rows = load.rows
            rows["shingles"] = counts
            org = self.clerk.accounts.organisations()[rows["account"]]
            part = (org >> np.uint64(64 - self._bits)).astype(np.int64) if self._bits else np.zeros(rows.size, np.int64)
            self._spill.append(rows, self._numbering.number(kept), part)
            self._ids.append(rows["id"])
            self._prompts.count(rows["prompt"][rows["flags"] & PROMPT != 0])
            self._entered.append((chunk.first, rows.size))
            chunk.close()
            progress.advance(rows.size)
        self._spill.close()

    def repeated(self) -> npt.NDArray[np.int64]:
        """Places of the rows whose exchange id came more than once, ascending."""
        repeated = self._repeated_ids()
        found, at = [np.zeros(0, np.int64)], 0
        if repeated.size:
            for first, rows in self._entered:
                ids = self._ids.read(at, at + rows)
                place = np.minimum(np.searchsorted(repeated, ids), repeated.size - 1)
                found.append(first + np.nonzero(repeated[place] == ids)[0])
                at += rows
        return np.concatenate(found)

    def _repeated_ids(self) -> npt.NDArray[np.uint64]:
        found = []
        rounds = max(1, math.ceil(self._ids.size * 8 * 4 / self._memory))
        for part in range(rounds):
            held = []
            for start in range(0, self._ids.size, 1 << 22):
                ids = self._ids.read(start, min(start + (1 << 22), self._ids.size))
                held.append(ids[ids % np.uint64(rounds) == part] if rounds > 1 else ids)
            ids = np.concatenate(held) if held else np.zeros(0, np.uint64)
            ids.sort()
            found.append(np.unique(ids[1:][ids[1:] == ids[:-1]]))
        return np.sort(np.concatenate(found))

    @property
    def entered(self) -> int:
        """Rows that were entered."""
        return self._ids.size

    def close_books(self, dropped: npt.NDArray[np.int64], progress: Progress) -> None:
        """Put every partition in order, and measure accounts, values and wordings.

        Args:
            dropped: places of the rows that repeat an exchange, ascending.
        """
        self._ids.remove()
        values = self._numbering.values.copy()
        del self._numbering
        shingles = Shingles(self._folder / "prompts", values.size)
        organisations = self.clerk.accounts.organisations()
        accounts, counts, facts = [], [], []
        uses: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        bounds = [(0, 0)]
        orgs = 0

        def read(partition: int) -> Page:
            return _page(*self._spill.take(partition), dropped, organisations)

        for page in _ahead(self._threads, read, range(self._spill.partitions)):
            rows = page.rows
            lengths = rows["shingles"].copy()
            has_prompt = rows["flags"] & PROMPT != 0
            prompt = np.where(has_prompt, rows["prompt"], 0)
            shingles.add(
                page.lists,
                lengths,
                page.org + np.int32(orgs),
                prompt,
                has_prompt,
                self._prompts.may_occur(prompt, 2),
                bounds[-1][0],
            )
            orgs += page.orgs
            self._lists.append(page.lists)
            for name, column in self.columns.items():
                column.append(prompt if name == "prompt" else rows[name])
            accounts.append(page.accounts)
            counts.append(np.diff(page.starts))
            facts.append(page.facts)
            for kind, triple in page.uses.items():
                uses[kind].append(triple)
            bounds.append((self.columns["time"].size, self._lists.size))
            progress.advance(rows.size)
        self.accounts = np.concatenate(accounts)
        self.counts = np.concatenate(counts)
        self.starts = np.cumsum(self.counts) - self.counts
        self.facts = np.concatenate(facts)
        self.uses = {
            kind: tuple(np.concatenate([triple[place] for triple in found]) for place in range(3))
            for kind, found in uses.items()
        }
        self.wordings = shingles.wordings(values)
        del shingles, values
        self._carry(bounds, progress)

    def _carry(self, bounds: Sequence[tuple[int, int]], progress: Progress) -> None:
        """Write which fragments every exchange carries, and every account."""
        folder = self._folder
        for name, kind in (("carried", np.int32), ("lengths", np.uint16), ("own", np.int32), ("own_uses", np.int32)):
            self.columns[name] = Column(folder / name, kind)
        self.fragment_starts = np.zeros(self.accounts.size, np.int64)
        self.own_counts = np.zeros(self.accounts.size, np.int64)
        repeated = []
        self.templated = 0
        ends = np.append(np.searchsorted(self.starts, [first for first, _ in bounds[1:]]), self.accounts.size)
        begun = 0
        for number, ((first, at), (stop, to)) in enumerate(itertools.pairwise(bounds)):
            counts = self.columns["shingles"].read(first, stop)
            lists = self._lists.read(at, to)
            carried, lengths = np.empty(lists.size, np.int32), np.empty(counts.size, np.uint16)
            have = carried_fragments(lists, counts, self.wordings.of_shingle, carried, lengths)
            carried = carried[:have]
            ended = int(ends[number])
            before = np.zeros(counts.size + 1, np.int64)
            np.cumsum(lengths, out=before[1:])
            starts = before[np.append(self.starts[begun:ended], stop) - first]
            self.fragment_starts[begun:ended] = starts[:-1] + self.columns["carried"].size
            own, uses = np.empty(have, np.int32), np.empty(have, np.int32)
            held = account_fragments(carried, starts, own, uses, self.own_counts[begun:ended])
            self.columns["carried"].append(carried)
            self.columns["lengths"].append(lengths)
            self.columns["own"].append(own[:held])
            self.columns["own_uses"].append(uses[:held])
            prompt = self.columns["prompt"].read(first, stop)[lengths > 0]
            self.templated += prompt.size
            repeated.append(prompt[self._prompts.may_occur(prompt, 2) | (prompt == 0)])
            begun = ended
            progress.advance(counts.size)
        self._lists.remove()
        del self._prompts
        prompts, times = np.unique(np.concatenate(repeated), return_counts=True)
        self.repeated_prompts, self.repeats = prompts[times > 1], times[times > 1]


def _ahead(threads: int, task: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
    """Results of a task in the order of its items, a few of which are worked on ahead."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[T]] = deque()
        for item in items:
            waiting.append(pool.submit(task, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _page(
    rows: npt.NDArray[Any],
    lists: npt.NDArray[np.int32],
    dropped: npt.NDArray[np.int64],
    organisations: npt.NDArray[np.uint64],
) -> Page:
    """Put one partition in order and measure its accounts."""
    long = rows["shingles"].astype(np.int64)
    begins = np.cumsum(long) - long
    if dropped.size:
        kept = ~np.isin(rows["source"], dropped)
        rows, begins, long = rows[kept], begins[kept], long[kept]
    # An organisation's accounts come together, so that it is counted once by comparing neighbours.
    accounts = np.unique(rows["account"])
    accounts = accounts[np.lexsort((accounts, organisations[accounts]))]
    place_of = np.full(int(accounts.max(initial=-1)) + 1, -1, np.int32)
    place_of[accounts] = np.arange(accounts.size, dtype=np.int32)
    order, starts = in_order(rows, place_of[rows["account"]], accounts.size)
    rows = rows[order]
    ordered = np.empty(int(long.sum()), np.int32)
    gather(lists, begins, long, order, ordered)
    own = organisations[accounts]
    new = np.ones(accounts.size, np.bool_)
    new[1:] = own[1:] != own[:-1]
    org = (np.cumsum(new) - 1).astype(np.int32)
    facts = np.zeros((accounts.size, len(FACTS)), np.int64)
    account_facts(rows, starts, facts)
    return Page(
        rows=rows,
        lists=ordered,
        accounts=accounts.astype(np.int32),
        starts=starts,
        org=np.repeat(org, np.diff(starts)),
        orgs=int(new.sum()),
        facts=facts,
        uses={kind: _uses(_values(rows, kind), starts, accounts) for kind in KINDS},
    )


def _values(rows: npt.NDArray[Any], kind: str) -> npt.NDArray[np.uint64]:
    """The values of one kind by row; 0 for none."""
    if kind in ("address", "network"):
        return np.ascontiguousarray(rows[kind])
    if kind in ("end_user", "session"):
        long = SERVES if kind == "end_user" else CONVERSATION
        return np.where(rows["flags"] & long != 0, rows[kind], np.uint64(0))
    if kind == "client":
        agent, ja4 = (rows[name].astype(np.int64) + 1 for name in ("agent", "ja4"))
        return np.where((agent > 0) & (ja4 > 0), agent << 32 | ja4, 0).astype(np.uint64)
    return (rows["agent" if kind == "user_agent" else kind].astype(np.int64) + 1).astype(np.uint64)


def _uses(
    values: npt.NDArray[np.uint64], starts: npt.NDArray[np.int64], accounts: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    place, value = np.empty(values.size, np.int32), np.empty(values.size, np.uint64)
    uses = np.empty(values.size, np.int32)
    have = value_uses(values, starts, place, value, uses)
    return accounts[place[:have]].astype(np.int32), value[:have].copy(), uses[:have].copy()
