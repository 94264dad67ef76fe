"""Past requests through the guard's core, in the order in which they came, each by what was known at its time."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hydrometer.contract.decisions import Request
from hydrometer.contract.policy import LADDER
from hydrometer.guard.core import Guard
from hydrometer.guard.rules import compile_condition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hydrometer.contract.policy import Budget, Policy, Rule
    from hydrometer.guard.snapshot import Snapshot

    Codes = npt.NDArray[np.int8]

SLICE = 1 << 14
"""Requests that are turned into Python values at a time."""
PLACE = {action: place for place, action in enumerate(LADDER)}
COLUMNS = (
    "started_at",
    "account_id",
    "model",
    "channel",
    "client_ip",
    "client_asn",
    "user_agent",
    "ja4",
    "session_id",
    "turns",
    "tool_names",
)
"""What a request is made of; `words`, `reasoning` and `sketch` come beside them."""
UNSEEN = ("n", "max_tokens", "logprobs", "stream", "batch", "replayed", "replayed_from", "unread")
"""Facts of a request that no log tells: conditions that read them see them empty."""


@dataclass(frozen=True)
class Known:
    """What a detection knew, and from when on."""

    since: float
    """Seconds since 1970."""
    snapshot: Snapshot


@dataclass
class Replayed:
    """What would have been decided, a row a request in the order of the table that was replayed."""

    action: Codes
    """Place in LADDER."""
    rule: npt.NDArray[np.int16]
    """Place in `rules`, -1 where none decided."""
    verdict: npt.NDArray[np.int32]
    """Place in `campaigns` of what the account was held to, -1 for nothing."""
    probability: npt.NDArray[np.float32]
    successor: npt.NDArray[np.bool_]
    rules: list[str] = field(default_factory=list)
    campaigns: list[str] = field(default_factory=list)
    unevaluated: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    """Of the processor, for deciding."""


def replay(
    requests: pa.Table, known: Sequence[Known], nothing: Snapshot, progress: Callable[[int], None] | None = None
) -> Replayed:
    """Decide on every row of `requests`, which are in the order of their times.

    Args:
        requests: the columns COLUMNS, `words` (int), `reasoning` (bool), and `sketch` (list of int64, may be null).
        known: by `since`, ascending; each is gone by from its time on, with the policy that it carries.
        nothing: what is gone by before the first of them.
    """
    size = requests.num_rows
    found = Replayed(
        np.zeros(size, np.int8),
        np.full(size, -1, np.int16),
        np.full(size, -1, np.int32),
        np.zeros(size, np.float32),
        np.zeros(size, np.bool_),
    )
    times = requests["started_at"].cast("int64").to_numpy() / 1e6
    marks = [*np.searchsorted(times, [each.since for each in known]).tolist(), size]
    guard = Guard(nothing, _unsketched, case=lambda: "")
    began = time.process_time()
    _stretch(guard, requests, times, 0, marks[0], found, progress)
    for each, start, end in zip(known, marks[:-1], marks[1:], strict=True):
        _count_unevaluated(guard, found)
        guard.load(each.snapshot)
        _stretch(guard, requests, times, start, end, found, progress)
    _count_unevaluated(guard, found)
    found.seconds = time.process_time() - began
    return found


def unseen(policy: Policy) -> dict[str, list[str]]:
    """Facts of a request that no log tells, with the rules and budgets that read them."""
    parts: list[Rule | Budget] = [*policy.rules, *policy.budgets]
    reads = [(part.name, compile_condition(part.when).reads) for part in parts]
    found = {fact: [name for name, read in reads if f"request.{fact}" in read] for fact in UNSEEN}
    return {fact: names for fact, names in found.items() if names}


def under(snapshot: Snapshot, policy: Policy) -> Snapshot:
    """Return a snapshot with another policy, and all else as it is."""
    changed = copy.copy(snapshot)
    changed.policy = policy
    return changed


def _stretch(
    guard: Guard,
    requests: pa.Table,
    times: npt.NDArray[np.float64],
    start: int,
    end: int,
    found: Replayed,
    progress: Callable[[int], None] | None,
) -> None:
    rules = {name: place for place, name in enumerate(found.rules)}
    campaigns = {name: place for place, name in enumerate(found.campaigns)}
    decide = guard.decide
    for at in range(start, end, SLICE):
        stop = min(at + SLICE, end)
        part = requests.slice(at, stop - at)
        sketches, offsets = _sketches(part)
        for row, (request, now) in enumerate(zip(_requests(part), times[at:stop].tolist(), strict=True)):
            sketch = sketches[offsets[row] : offsets[row + 1]]
            decision = decide(request, now, sketch)
            place = at + row
            if decision.action != "allow":
                found.action[place] = PLACE[decision.action]
                found.rule[place] = rules.setdefault(decision.rule, len(rules))
            if decision.campaign:
                found.verdict[place] = campaigns.setdefault(decision.campaign, len(campaigns))
                found.probability[place] = decision.probability
                found.successor[place] = decision.why.startswith("successor")
        if progress is not None:
            progress(stop - at)
    found.rules, found.campaigns = list(rules), list(campaigns)


def _requests(part: pa.Table) -> list[Request]:
    columns: list[list[Any]] = [part[name].to_pylist() for name in (*COLUMNS[1:], "words", "reasoning")]
    return [
        Request(
            account_id=account,
            model=model or "",
            channel=channel or "",
            client_ip=address or "",
            asn=asn or 0,
            user_agent=agent or "",
            ja4=ja4 or "",
            conversation=session or "",
            turns=turns or 1,
            tools=tuple(tools) if tools else (),
            words=words,
            reasoning=reasoning,
        )
        for account, model, channel, address, asn, agent, ja4, session, turns, tools, words, reasoning in zip(
            *columns, strict=True
        )
    ]


def _sketches(part: pa.Table) -> tuple[npt.NDArray[np.int64], list[int]]:
    """The sketches of a slice end to end, and where each begins."""
    held = part["sketch"].combine_chunks()
    lists = held.chunk(0) if isinstance(held, pa.ChunkedArray) else held
    values = np.ascontiguousarray(lists.flatten().to_numpy(zero_copy_only=False), dtype=np.int64)
    lengths = lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    return values, [0, *np.cumsum(lengths).tolist()]


def _unsketched(*texts: str) -> npt.NDArray[np.int64]:
    raise RuntimeError(f"a replay brings its sketches along, and no texts: {len(texts)} were to be sketched")


def _count_unevaluated(guard: Guard, found: Replayed) -> None:
    for name, times in guard.unevaluated.items():
        found.unevaluated[name] = found.unevaluated.get(name, 0) + times
