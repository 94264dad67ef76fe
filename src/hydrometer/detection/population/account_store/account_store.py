"""The last phase: the traffic account by account, with the fragments that every exchange and account carries."""

from __future__ import annotations

from dataclasses import dataclass
from threading import local
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from hydrometer.detection.population.account_store.disk_column import DiskColumn
from hydrometer.detection.population.account_store.fragment_index import (
    allocate_marks,
    count_account_fragments,
    list_carried_fragments,
)
from hydrometer.detection.population.account_store.sorted_store import SortedStore, StoredAccounts, sort_partitions
from hydrometer.detection.population.account_store.thread_mapping import map_ahead

if TYPE_CHECKING:
    from hydrometer.contract import Progress
    from hydrometer.detection.population.account_store.partitioned_store import PartitionedStore
    from hydrometer.detection.population.account_store.shingle_counter import ShingleFragments
    from hydrometer.detection.population.account_store.traffic_dictionaries import TrafficDictionaries


@dataclass(frozen=True, slots=True)
class CarriedFragments:
    """Which fragments exchanges and accounts carry, in the order of the store, as `FragmentIndex` has it.

    Attributes:
        carried: the fragments of every exchange, ascending within one.
        lengths: how many fragments each exchange carries.
        own: each account's distinct fragments, ascending.
        own_uses: how many of the account's exchanges carry each of `own`.
        starts: where each account's fragments begin in `carried`.
        own_counts: how many distinct fragments each account has.
        templated: exchanges that carry any fragment.
        repeated: prompts of more than one of those, ascending.
        repeats: how many exchanges have each of `repeated`.
    """

    carried: DiskColumn
    lengths: DiskColumn
    own: DiskColumn
    own_uses: DiskColumn
    starts: npt.NDArray[np.int64]
    own_counts: npt.NDArray[np.int64]
    templated: int
    repeated: npt.NDArray[np.int64]
    repeats: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class AccountStore:
    """The traffic, account by account: all that a population is made of.

    Attributes:
        dictionaries: what the numbers and hashes in `stored` stand for.
        stored: the accounts and their exchanges.
        fragments: the fragments and what is counted of each.
        carried: which of them exchanges and accounts carry.
    """

    dictionaries: TrafficDictionaries
    stored: StoredAccounts
    fragments: ShingleFragments
    carried: CarriedFragments


def build_account_store(store: PartitionedStore, dropped: npt.NDArray[np.int64], progress: Progress) -> AccountStore:
    """Sort and measure a partitioned store, whose files are used up.

    Args:
        store: the rows by partition.
        dropped: positions of the rows that repeat an exchange, ascending.
        progress: advanced twice by the exchanges.
    """
    ordered = sort_partitions(store, dropped, progress)
    carried = _index_fragments(ordered, store, progress)
    return AccountStore(store.dictionaries, ordered.stored, ordered.fragments, carried)


class _PartitionFragments(NamedTuple):
    """A partition's fragments by exchange and by account, and the prompts of its templated exchanges.

    `starts` are those of the accounts within `carried`; `repeated` the prompts that may occur more than once.
    """

    accounts: slice
    carried: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.uint16]
    starts: npt.NDArray[np.int64]
    own: npt.NDArray[np.int32]
    own_uses: npt.NDArray[np.int32]
    own_counts: npt.NDArray[np.int64]
    templated: int
    repeated: npt.NDArray[np.int64]


class _ThreadMarks(local):
    """What each thread counts fragments with."""

    def __init__(self, fragments: int) -> None:
        self.marks = allocate_marks(fragments)


def _index_fragments(ordered: SortedStore, store: PartitionedStore, progress: Progress) -> CarriedFragments:
    """Write which fragments every exchange carries, and every account; the lists of shingles are used up."""
    folder, accounts = store.budget.folder, ordered.stored.accounts.size
    carried, lengths = DiskColumn(folder / "carried", np.int32), DiskColumn(folder / "lengths", np.uint16)
    own, own_uses = DiskColumn(folder / "own", np.int32), DiskColumn(folder / "own_uses", np.int32)
    starts, own_counts = np.zeros(accounts, np.int64), np.zeros(accounts, np.int64)
    repeated = []
    templated = 0
    thread = _ThreadMarks(ordered.fragments.orgs.size)

    def index(partition: int) -> _PartitionFragments:
        return _index_partition(ordered, partition, store, thread)

    for part in map_ahead(store.budget.threads, index, range(len(ordered.bounds) - 1)):
        starts[part.accounts] = part.starts + carried.size
        own_counts[part.accounts] = part.own_counts
        for column, values in (
            (carried, part.carried), (lengths, part.lengths), (own, part.own), (own_uses, part.own_uses),
        ):  # fmt: skip
            column.append(values)
        templated += part.templated
        repeated.append(part.repeated)
        progress.advance(part.lengths.size)
    ordered.shingle_lists.remove()
    prompts, times = np.unique(np.concatenate(repeated), return_counts=True)
    return CarriedFragments(
        carried=carried,
        lengths=lengths,
        own=own,
        own_uses=own_uses,
        starts=starts,
        own_counts=own_counts,
        templated=templated,
        repeated=prompts[times > 1],
        repeats=times[times > 1],
    )


def _index_partition(
    ordered: SortedStore, partition: int, store: PartitionedStore, thread: _ThreadMarks
) -> _PartitionFragments:
    """Return the fragments of one partition's exchanges and accounts."""
    (first, first_list), (stop, stop_list) = ordered.bounds[partition : partition + 2]
    stored = ordered.stored
    accounts = slice(*np.searchsorted(stored.starts, (first, stop)).tolist())
    counts = stored.columns["shingles"].read(first, stop)
    lists = ordered.shingle_lists.read(first_list, stop_list)
    carried, lengths = np.empty(lists.size, np.int32), np.empty(counts.size, np.uint16)
    size = list_carried_fragments(lists, counts, ordered.fragments.of_shingle, carried, lengths)
    uses, own_counts = np.empty(size, np.int32), np.zeros(accounts.stop - accounts.start, np.int64)
    before = np.zeros(counts.size + 1, np.int64)
    np.cumsum(lengths, out=before[1:])
    starts = before[np.append(stored.starts[accounts], stop) - first]
    # A fragment is carried through one shingle at least, so that the lists leave room for the accounts' own.
    own_size = count_account_fragments(carried[:size], starts, thread.marks, lists, uses, own_counts)
    prompt = stored.columns["prompt"].read(first, stop)[lengths > 0]
    often = store.prompts.may_occur(prompt, 2) | (prompt == 0)
    return _PartitionFragments(
        accounts=accounts,
        carried=carried[:size],
        lengths=lengths,
        starts=starts[:-1],
        own=lists[:own_size],
        own_uses=uses[:own_size],
        own_counts=own_counts,
        templated=prompt.size,
        repeated=prompt[often],
    )
