"""A partition as it was spilled → its exchanges in order and what its accounts show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hydrometer.detection.population.account_store.account_kernels import (
    FACTS,
    SortedExchanges,
    add_account_facts,
    allocate_buffers,
    arrange_rows,
    count_distinct_values,
    list_value_uses,
    sort_rows,
)
from hydrometer.detection.population.account_store.row_encoder import CONVERSATION, PROMPT, SERVES
from hydrometer.detection.population.account_store.shingle_counter import RARE, REPEATED
from hydrometer.detection.population.account_store.spill_files import gather_lists

if TYPE_CHECKING:
    import numpy.typing as npt

    from hydrometer.detection.population.account_store.counting_filter import CountingFilter

KINDS = ("address", "network", "asn", "ja4", "user_agent", "end_user", "session", "tools", "client")
"""Values whose uses are counted by account; a client is a user agent with its TLS fingerprint."""
_COUNTED = {
    "address": "addresses", "network": "networks", "user_agent": "user_agents", "end_user": "end_users",
    "session": "sessions",
}  # fmt: skip
_LONG = {"end_user": SERVES, "session": CONVERSATION}


@dataclass(frozen=True, slots=True)
class MeasuredPartition:
    """One partition in order: exchanges, their shingle numbers, each account's number and where its exchanges begin.

    Attributes:
        org: each exchange's organisation, of which there are `orgs`.
        how: whether each exchange's prompt may be repeated, as `Shingles.add` wants it.
        uses: by kind the (account, value, uses) triples.
    """

    lines: SortedExchanges
    lists: npt.NDArray[np.int32]
    accounts: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    org: npt.NDArray[np.int32]
    orgs: int
    prompt_classes: npt.NDArray[np.uint8]
    facts: npt.NDArray[np.int64]
    uses: dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]]


def measure_partition(
    rows: npt.NDArray[Any],
    lists: npt.NDArray[np.int32],
    dropped: npt.NDArray[np.int64],
    organisations: npt.NDArray[np.uint64],
    prompts: CountingFilter,
) -> MeasuredPartition:
    """Put one partition in order and measure its accounts."""
    long = rows["shingles"].astype(np.int64)
    begins = np.cumsum(long) - long
    if dropped.size:
        kept = ~np.isin(rows["source"], dropped)
        rows, begins, long = rows[kept], begins[kept], long[kept]
    # An organisation's accounts come together, so that it is counted once by comparing neighbours.
    accounts = np.unique(rows["account"])
    accounts = accounts[np.lexsort((accounts, organisations[accounts]))]
    position_of = np.full(int(accounts.max(initial=-1)) + 1, -1, np.int32)
    position_of[accounts] = np.arange(accounts.size, dtype=np.int32)
    order, starts = sort_rows(rows, position_of[rows["account"]], accounts.size)
    lines = arrange_rows(rows, order)
    ordered = np.empty(int(long.sum()), np.int32)
    gather_lists(lists, begins, long, order, ordered)
    own = organisations[accounts]
    new = np.ones(accounts.size, np.bool_)
    new[1:] = own[1:] != own[:-1]
    org = (np.cumsum(new) - 1).astype(np.int32)
    facts = np.zeros((accounts.size, len(FACTS)), np.int64)
    uses = _count_uses(lines, starts, accounts, facts)
    add_account_facts(lines, starts, facts)
    return MeasuredPartition(
        lines=lines,
        lists=ordered,
        accounts=accounts.astype(np.int32),
        starts=starts,
        org=np.repeat(org, np.diff(starts)),
        orgs=int(new.sum()),
        prompt_classes=np.where(
            lines.flags & PROMPT, np.where(prompts.may_occur(lines.prompt, 2), REPEATED, RARE), 0
        ).astype(np.uint8),
        facts=facts,
        uses=uses,
    )


def _count_uses(
    lines: SortedExchanges, starts: npt.NDArray[np.int64], accounts: npt.NDArray[Any], facts: npt.NDArray[np.int64]
) -> dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]]:
    """Triples by kind; fills the facts that count distinct values."""
    room, size = allocate_buffers(starts), lines.time.size
    owner, value, times = np.empty(size, np.int32), np.empty(size, np.uint64), np.empty(size, np.int32)
    uses = {}
    for kind in KINDS:
        distinct = facts[:, FACTS.index(_COUNTED[kind])] if kind in _COUNTED else np.empty(accounts.size, np.int64)
        bit = _LONG.get(kind, 0)
        have = list_value_uses(getattr(lines, kind), lines.flags, bit, starts, room, owner, value, times, distinct)
        uses[kind] = accounts[owner[:have]].astype(np.int32), value[:have].copy(), times[:have].copy()
    for values, name in ((lines.language, "languages"), (lines.prompt, "prompts")):
        count_distinct_values(values, starts, room, facts[:, FACTS.index(name)])
    return uses
