"""The third phase: partitions put in order, one after the other, and their accounts measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hydrometer.detection.population.account_store.account_kernels import SortedExchanges
from hydrometer.detection.population.account_store.disk_column import DiskColumn
from hydrometer.detection.population.account_store.exchange_row import read_column_types
from hydrometer.detection.population.account_store.measured_partition import (
    COUNTED_KINDS,
    MeasuredPartition,
    ValueUses,
    measure_partition,
)
from hydrometer.detection.population.account_store.shingle_counter import ShingleCounter, ShingleFragments
from hydrometer.detection.population.account_store.thread_mapping import map_ahead

if TYPE_CHECKING:
    from hydrometer.contract import Progress
    from hydrometer.detection.population.account_store.partitioned_store import PartitionedStore

STORED_COLUMNS = ("time", "source", "prompt", "confidence", "kind", "capability", "model", "flags", "shingles")
"""Columns of SortedExchanges that are kept of every exchange."""


@dataclass(frozen=True, slots=True)
class StoredAccounts:
    """Accounts in the order in which their exchanges lie, and what those show.

    Attributes:
        columns: STORED_COLUMNS of every exchange, account by account and each account's by time.
        accounts: the number of each account in the dictionaries.
        starts: the index of each account's first exchange.
        counts: how many exchanges each account has.
        tallies: TALLIES of each account.
        uses: by kind what values accounts show, by their numbers in the dictionaries.
    """

    columns: dict[str, DiskColumn]
    accounts: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    tallies: npt.NDArray[Any]
    uses: dict[str, ValueUses]


@dataclass(frozen=True, slots=True)
class SortedStore:
    """All exchanges in order, once each, with the fragments that follow from their shingles.

    Attributes:
        stored: the accounts and their exchanges.
        shingle_lists: the shingle numbers of the exchanges, one list after the other.
        bounds: the first exchange and shingle number of each partition, and the end.
        fragments: the fragments, and the fragment of each shingle number.
    """

    stored: StoredAccounts
    shingle_lists: DiskColumn
    bounds: list[tuple[int, int]]
    fragments: ShingleFragments


def sort_partitions(store: PartitionedStore, dropped: npt.NDArray[np.int64], progress: Progress) -> SortedStore:
    """Put all partitions in order and measure their accounts; their files are used up.

    Args:
        store: the rows by partition.
        dropped: positions of the rows that repeat an exchange, ascending.
        progress: advanced by the exchanges that were sorted.
    """
    store.ids.remove()
    folder, types = store.budget.folder, read_column_types(SortedExchanges)
    columns = {name: DiskColumn(folder / name, types[name]) for name in STORED_COLUMNS}
    shingle_lists = DiskColumn(folder / "lists", np.int32)
    shingles = ShingleCounter(folder / "prompts", store.shingles.size)
    orgs_of_accounts = store.dictionaries.accounts.hash_organisations()
    measured: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[Any]]] = []
    uses: dict[str, list[ValueUses]] = {kind: [] for kind in COUNTED_KINDS}
    bounds = [(0, 0)]
    orgs = 0

    def measure(number: int) -> MeasuredPartition:
        return measure_partition(*store.partitions.consume(number), dropped, orgs_of_accounts, store.prompts)

    for partition in map_ahead(store.budget.threads, measure, range(len(store.partitions))):
        exchanges = partition.exchanges
        shingles.count(
            partition.shingle_lists,
            exchanges.shingles,
            partition.org + np.int32(orgs),
            exchanges.prompt,
            partition.prompt_classes,
            bounds[-1][0],
        )
        orgs += partition.orgs
        shingle_lists.append(partition.shingle_lists)
        for name, column in columns.items():
            column.append(getattr(exchanges, name))
        measured.append((partition.accounts, np.diff(partition.starts), partition.tallies))
        for kind, of_kind in partition.uses.items():
            uses[kind].append(of_kind)
        bounds.append((columns["time"].size, shingle_lists.size))
        progress.advance(exchanges.time.size)
    accounts, counts, tallies = (np.concatenate(part) for part in zip(*measured, strict=True))
    return SortedStore(
        stored=StoredAccounts(
            columns=columns,
            accounts=accounts,
            starts=np.cumsum(counts) - counts,
            counts=counts,
            tallies=tallies,
            uses={kind: _concatenate_uses(of_kind) for kind, of_kind in uses.items()},
        ),
        shingle_lists=shingle_lists,
        bounds=bounds,
        fragments=shingles.group_fragments(store.shingles),
    )


def _concatenate_uses(uses: list[ValueUses]) -> ValueUses:
    return ValueUses(*(np.concatenate(column) for column in zip(*uses, strict=True)))
