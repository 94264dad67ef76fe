"""What is measured of a whole population: plain arrays that signals and linking read.

Accounts are numbered 0 … n-1 in the order of their ids, so that nothing depends on the order of the input.
The organisation is the unit of counting: what two accounts of one declared organisation share is no evidence.
"""

from __future__ import annotations

import mmap
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from hydrometer.contract import EntityKind

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class StringColumn(Sequence[str]):
    """Many strings as an Arrow column; each becomes a Python string only when it is read."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        value: str | list[str] = (
            self._column[index].to_pylist() if isinstance(index, slice) else self._column[int(index)].as_py()
        )
        return value

    def take(self, indices: Ints) -> pa.Array:
        """Return the strings at some indices, still as Arrow has them."""
        return self._column.take(pa.array(indices))

    def __len__(self) -> int:
        return len(self._column)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self[:] == list(other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class EntityPairs:
    """Which accounts show which values of one kind, as distinct (account, value) pairs ordered by account.

    `account` and `value` are int64 arrays of one length; `names` holds a printable name per value; `orgs` the number
    of organisations that show each value in the whole population.
    """

    kind: EntityKind
    family: str
    account: Ints
    value: Ints
    names: StringColumn
    orgs: Ints
    single: bool
    """Whether an account has at most one value."""
    uses: Ints
    """Exchanges of the account that show the value (1 for what the accounts table says)."""

    def mask_members(self, members: Bools) -> npt.NDArray[np.bool_]:
        """Return a mask of the pairs whose account is in `members` (one entry an account)."""
        return members[self.account]


@dataclass(frozen=True, slots=True)
class ExchangeArrays:
    """Every exchange, account by account and each account's by time; arrays of one length, which may be mapped from disk.

    `starts[a]` to `starts[a] + counts[a]` are the exchanges of account `a`; accounts may lie in any order. `time` is µs
    since 1970; `prompt` the keyed hash of the prompt, 0 without one; `demand` whether the exchange asks for training
    material, `confidence` how sure its own text makes that (0 to 1), `leans` whether it carries a fragment that leans to
    elicitation; `kind` and `capability` index ELICITATION_CLASSES and CAPABILITY_CLASSES, `model` Population.models.
    """

    starts: Ints
    counts: Ints
    time: Ints
    demand: Bools
    confidence: npt.NDArray[np.float32]
    leans: Bools
    kind: npt.NDArray[np.int8]
    model: npt.NDArray[np.int32]
    prompt: Ints
    refused: Bools
    capability: npt.NDArray[np.int8]

    def list_exchanges(self, accounts: Ints) -> Ints:
        """Return the indices of the exchanges of some accounts, account by account."""
        return concatenate_ranges(self.starts[accounts], self.counts[accounts])

    def owners(self, accounts: Ints) -> Ints:
        """Return the account of each exchange that `list_exchanges` returns."""
        return np.repeat(accounts, self.counts[accounts])


def concatenate_ranges(starts: Ints, counts: Ints) -> Ints:
    """Return the numbers of several ranges, one range after the other."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(int(counts.sum()), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class FragmentIndex:
    """The fragments that different prompts share, each a set of shingles that occur in exactly the same exchanges.

    `orgs`, `prompts` and `exchanges` count what carries each fragment. `lean` is how far it leans to elicitation: the mean
    confidence of its exchanges that carry nothing which leans more; 0 where too few are there to say.

    `carried` holds the fragments of every exchange, in the order of ExchangeArrays and ascending within one; `lengths` how many
    each exchange carries, `starts` where an account's begin. `own` and `uses` hold each account's distinct fragments,
    ascending, and how many of its exchanges carry them; `own_starts` and `own_counts` where they lie. All may be mapped
    from disk.
    """

    orgs: Ints
    prompts: Ints
    exchanges: Ints
    lean: Floats
    carried: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.uint16]
    starts: Ints
    own: npt.NDArray[np.int32]
    uses: npt.NDArray[np.int32]
    own_starts: Ints
    own_counts: Ints
    repeated: Ints
    repeats: Ints
    templated: int
    """`repeated` are the prompts, ascending, that more than one of the `templated` exchanges (those that carry any
    fragment) has, `repeats` how many have each."""

    def list_account_pairs(self, accounts: Ints) -> tuple[Ints, Ints, Ints]:
        """Return the distinct (account, fragment) pairs of some accounts: index in `accounts`, fragment, exchanges."""
        counts = self.own_counts[accounts]
        rows = concatenate_ranges(self.own_starts[accounts], counts)
        positions = np.repeat(np.arange(accounts.size), counts)
        return positions, self.own[rows].astype(np.int64), self.uses[rows].astype(np.int64)

    def list_exchange_pairs(self, events: ExchangeArrays, accounts: Ints) -> tuple[Ints, Ints]:
        """Return the (exchange, fragment) pairs of all exchanges of some accounts, account by account."""
        exchanges = events.list_exchanges(accounts)
        lengths = self.lengths[exchanges].astype(np.int64)
        ends = np.cumsum(lengths)
        before = np.concatenate([[0], ends])[np.cumsum(events.counts[accounts]) - events.counts[accounts]]
        total = np.diff(np.append(before, ends[-1] if ends.size else 0))
        rows = concatenate_ranges(self.starts[accounts], total)
        return np.repeat(exchanges, lengths), self.carried[rows].astype(np.int64)


@dataclass(frozen=True, slots=True)
class Population:
    """Everything after the texts: n accounts with their facts, entities, exchanges and shared fragments."""

    accounts: Sequence[str]
    org: Ints
    orgs: Sequence[str]
    facts: dict[str, Floats]
    """Per account; NaN where unknown. Keys are the names of ACCOUNT_FACTS."""
    entities: dict[EntityKind, EntityPairs]
    events: ExchangeArrays
    fragments: FragmentIndex
    models: list[str]
    turned: dict[int, Floats]
    """Per release and account: the share of the exchanges of its first 24 hours that went to the new model; NaN without any."""
    releases: dict[int, int]
    """Release time in µs of each model (by its number) that came out within the span, announced or inferred from the traffic."""
    authorised: Bools
    verified: Bools
    """Accounts whose organisation is verified by contract or single sign-on."""
    start: int
    end: int
    columns: frozenset[str]
    """Columns that have any value, as `exchanges.x` or `accounts.x`."""
    notes: list[str] = field(default_factory=list)
    memo: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)
    """What was worked out of all this (see `memo.py`)."""
    excluded: Bools | None = None
    """Accounts that no longer count as anybody else's null (`peeling.py`); None where all do."""

    @property
    def size(self) -> int:
        """Number of accounts."""
        return len(self.accounts)

    def release_pages(self) -> None:
        """Release the memory that holds what was read of arrays mapped from disk; they stay as they are.

        The system would give it back by itself before it runs short, but counts it as the process's until then.
        """
        advice = getattr(mmap, "MADV_DONTNEED", None)
        for whole in (self.events, self.fragments):
            for part in fields(whole):
                array = getattr(whole, part.name)
                if advice is not None and isinstance(array, np.memmap) and isinstance(array.base, mmap.mmap):
                    array.base.madvise(advice)
