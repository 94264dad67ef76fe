"""A partition as it was spilled → its exchanges in order and what its accounts show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from hydrometer.contract import EntityKind
from hydrometer.detection.population.account_facts import DISTINCT_TALLIES, TALLIES
from hydrometer.detection.population.account_store.account_kernels import (
    SortedExchanges,
    allocate_buffers,
    arrange_rows,
    count_distinct_values,
    list_value_uses,
    sort_rows,
    tally_accounts,
)
from hydrometer.detection.population.account_store.exchange_row import CONVERSATION, PROMPT, SERVES
from hydrometer.detection.population.account_store.shingle_counter import NO_PROMPT, RARE, REPEATED
from hydrometer.detection.population.account_store.spill_files import gather_lists

if TYPE_CHECKING:
    from hydrometer.detection.population.account_store.counting_filter import CountingFilter

COUNTED_KINDS: tuple[EntityKind | Literal["client"], ...] = (
    EntityKind.ADDRESS,
    EntityKind.NETWORK,
    EntityKind.ASN,
    EntityKind.JA4,
    EntityKind.USER_AGENT,
    EntityKind.END_USER,
    EntityKind.SESSION,
    EntityKind.TOOLS,
    "client",
)
"""Columns of SortedExchanges whose values are counted by account; a client is a user agent with its TLS fingerprint."""
_LONG: dict[str, int] = {EntityKind.END_USER: SERVES, EntityKind.SESSION: CONVERSATION}
"""The flag of the rows whose value is more than a customer's own numbering."""


class ValueUses(NamedTuple):
    """Distinct (account, value) pairs of one kind, and how many of the account's exchanges show the value."""

    account: npt.NDArray[np.int32]
    value: npt.NDArray[np.uint64]
    uses: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class MeasuredPartition:
    """One partition in order, and what its accounts show.

    Attributes:
        exchanges: the exchanges, account by account and each account's by time.
        shingle_lists: their shingle numbers, one list after the other.
        accounts: the number of each account.
        starts: where each account's exchanges begin, and the end.
        org: the organisation of each exchange, numbered from 0.
        orgs: how many organisations there are.
        prompt_classes: of each exchange, as ShingleCounter wants it.
        tallies: TALLIES of each account.
        uses: by kind what values the accounts show.
    """

    exchanges: SortedExchanges
    shingle_lists: npt.NDArray[np.int32]
    accounts: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    org: npt.NDArray[np.int32]
    orgs: int
    prompt_classes: npt.NDArray[np.uint8]
    tallies: npt.NDArray[Any]
    uses: dict[str, ValueUses]


def measure_partition(
    rows: npt.NDArray[Any],
    lists: npt.NDArray[np.int32],
    dropped: npt.NDArray[np.int64],
    organisations: npt.NDArray[np.uint64],
    prompts: CountingFilter,
) -> MeasuredPartition:
    """Put one partition in order and measure its accounts.

    Args:
        rows: an array of ROW.
        lists: the shingle numbers of the rows, one list after the other.
        dropped: positions in the traffic of the rows that are left out.
        organisations: a hash of each account's organisation.
        prompts: how often each prompt occurs.
    """
    lengths = rows["shingles"].astype(np.int64)
    begins = np.cumsum(lengths) - lengths
    if dropped.size:
        kept = ~np.isin(rows["source"], dropped)
        rows, begins, lengths = rows[kept], begins[kept], lengths[kept]
    # An organisation's accounts come together, so that it is counted once by comparing neighbours.
    accounts = np.unique(rows["account"])
    accounts = accounts[np.lexsort((accounts, organisations[accounts]))]
    position_of = np.full(int(accounts.max(initial=-1)) + 1, -1, np.int32)
    position_of[accounts] = np.arange(accounts.size, dtype=np.int32)
    order, starts = sort_rows(rows, position_of[rows["account"]], accounts.size)
    exchanges = arrange_rows(rows, order)
    ordered = np.empty(int(lengths.sum()), np.int32)
    gather_lists(lists, begins, lengths, order, ordered)
    own = organisations[accounts]
    new = np.ones(accounts.size, np.bool_)
    new[1:] = own[1:] != own[:-1]
    org = (np.cumsum(new) - 1).astype(np.int32)
    tallies = np.zeros(accounts.size, TALLIES)
    uses = _count_values(exchanges, starts, accounts, tallies)
    tally_accounts(exchanges, starts, tallies)
    return MeasuredPartition(
        exchanges=exchanges,
        shingle_lists=ordered,
        accounts=accounts.astype(np.int32),
        starts=starts,
        org=np.repeat(org, np.diff(starts)),
        orgs=int(new.sum()),
        prompt_classes=_classify_prompts(exchanges, prompts),
        tallies=tallies,
        uses=uses,
    )


def _classify_prompts(exchanges: SortedExchanges, prompts: CountingFilter) -> npt.NDArray[np.uint8]:
    """Return of each exchange whether its prompt is absent, certainly unique, or perhaps repeated."""
    repeated = np.where(prompts.may_occur(exchanges.prompt, 2), REPEATED, RARE)
    return np.where(exchanges.flags & PROMPT, repeated, NO_PROMPT).astype(np.uint8)


def _count_values(
    exchanges: SortedExchanges, starts: npt.NDArray[np.int64], accounts: npt.NDArray[Any], tallies: npt.NDArray[Any]
) -> dict[str, ValueUses]:
    """Return what values the accounts show by kind, and write the tallies of distinct values."""
    buffers, size = allocate_buffers(starts), exchanges.time.size
    owner, value, times = np.empty(size, np.int32), np.empty(size, np.uint64), np.empty(size, np.int32)
    distinct = np.empty(accounts.size, np.int64)
    uses: dict[str, ValueUses] = {}
    for kind in COUNTED_KINDS:
        bit, values = _LONG.get(kind, 0), getattr(exchanges, kind)
        count = list_value_uses(values, exchanges.flags, bit, starts, buffers, owner, value, times, distinct)
        uses[kind] = ValueUses(accounts[owner[:count]].astype(np.int32), value[:count].copy(), times[:count].copy())
        if kind in DISTINCT_TALLIES:
            tallies[DISTINCT_TALLIES[kind]] = distinct
    for column, tally in DISTINCT_TALLIES.items():
        if column not in COUNTED_KINDS:
            count_distinct_values(getattr(exchanges, column), starts, buffers, distinct)
            tallies[tally] = distinct
    return uses
