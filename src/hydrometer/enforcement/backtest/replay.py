"""Past requests through the guard's core, in the order in which they came, each by what was known at its time."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hydrometer.contract import LADDER, ModelRequest
from hydrometer.enforcement.guard.decision_point import DecisionPoint
from hydrometer.enforcement.policy.expressions import compile_condition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hydrometer.contract import Budget, Policy, Rule
    from hydrometer.enforcement.snapshots.snapshot_file import Snapshot

    Codes = npt.NDArray[np.int8]

SLICE = 1 << 14
"""Requests that are turned into Python values at a time."""
ACTION_CODES = {action: place for place, action in enumerate(LADDER)}
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
UNLOGGED_FACTS = ("n", "max_tokens", "logprobs", "stream", "batch", "replayed", "replayed_from", "unread")
"""Facts of a request that no log tells: conditions that read them see them empty."""


@dataclass(frozen=True)
class DatedSnapshot:
    """What a detection knew, and from when on."""

    since: float
    """Seconds since 1970."""
    snapshot: Snapshot


@dataclass
class ReplayedDecisions:
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


def replay_requests(
    requests: pa.Table,
    snapshots: Sequence[DatedSnapshot],
    initial: Snapshot,
    progress: Callable[[int], None] | None = None,
) -> ReplayedDecisions:
    """Decide on every row of `requests`, which are in the order of their times.

    Args:
        requests: the columns COLUMNS, `words` (int), `reasoning` (bool), and `sketch` (list of int64, may be null).
        known: by `since`, ascending; each is gone by from its time on, with the policy that it carries.
        nothing: what is gone by before the first of them.
    """
    size = requests.num_rows
    decisions = ReplayedDecisions(
        np.zeros(size, np.int8),
        np.full(size, -1, np.int16),
        np.full(size, -1, np.int32),
        np.zeros(size, np.float32),
        np.zeros(size, np.bool_),
    )
    times = requests["started_at"].cast("int64").to_numpy() / 1e6
    marks = [*np.searchsorted(times, [each.since for each in snapshots]).tolist(), size]
    guard = DecisionPoint(initial, _refuse_sketching, case=lambda: "")
    began = time.process_time()
    _replay_period(guard, requests, times, 0, marks[0], decisions, progress)
    for each, start, end in zip(snapshots, marks[:-1], marks[1:], strict=True):
        _count_unevaluated(guard, decisions)
        guard.load(each.snapshot)
        _replay_period(guard, requests, times, start, end, decisions, progress)
    _count_unevaluated(guard, decisions)
    decisions.seconds = time.process_time() - began
    return decisions


def list_unlogged_facts(policy: Policy) -> dict[str, list[str]]:
    """Facts of a request that no log tells, with the rules and budgets that read them."""
    parts: list[Rule | Budget] = [*policy.rules, *policy.budgets]
    reads = [(part.name, compile_condition(part.when).reads) for part in parts]
    readers = {fact: [name for name, read in reads if f"request.{fact}" in read] for fact in UNLOGGED_FACTS}
    return {fact: names for fact, names in readers.items() if names}


def replace_policy(snapshot: Snapshot, policy: Policy) -> Snapshot:
    """Return a snapshot with another policy, and all else as it is."""
    changed = copy.copy(snapshot)
    changed.policy = policy
    return changed


def _replay_period(
    guard: DecisionPoint,
    requests: pa.Table,
    times: npt.NDArray[np.float64],
    start: int,
    end: int,
    decisions: ReplayedDecisions,
    progress: Callable[[int], None] | None,
) -> None:
    rules = {name: index for index, name in enumerate(decisions.rules)}
    campaigns = {name: index for index, name in enumerate(decisions.campaigns)}
    decide = guard.decide
    for at in range(start, end, SLICE):
        stop = min(at + SLICE, end)
        part = requests.slice(at, stop - at)
        sketches, offsets = _flatten_sketches(part)
        for row, (request, now) in enumerate(zip(_build_requests(part), times[at:stop].tolist(), strict=True)):
            sketch = sketches[offsets[row] : offsets[row + 1]]
            decision = decide(request, now, sketch)
            index = at + row
            if decision.action != "allow":
                decisions.action[index] = ACTION_CODES[decision.action]
                decisions.rule[index] = rules.setdefault(decision.rule, len(rules))
            if decision.campaign:
                decisions.verdict[index] = campaigns.setdefault(decision.campaign, len(campaigns))
                decisions.probability[index] = decision.probability
                decisions.successor[index] = decision.why.startswith("successor")
        if progress is not None:
            progress(stop - at)
    decisions.rules, decisions.campaigns = list(rules), list(campaigns)


def _build_requests(part: pa.Table) -> list[ModelRequest]:
    columns: list[list[Any]] = [part[name].to_pylist() for name in (*COLUMNS[1:], "words", "reasoning")]
    return [
        ModelRequest(
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


def _flatten_sketches(part: pa.Table) -> tuple[npt.NDArray[np.int64], list[int]]:
    """The sketches of a slice end to end, and where each begins."""
    column = part["sketch"].combine_chunks()
    lists = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    values = np.ascontiguousarray(lists.flatten().to_numpy(zero_copy_only=False), dtype=np.int64)
    lengths = lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    return values, [0, *np.cumsum(lengths).tolist()]


def _refuse_sketching(*texts: str) -> npt.NDArray[np.int64]:
    raise RuntimeError(f"a replay brings its sketches along, and no texts: {len(texts)} were to be sketched")


def _count_unevaluated(guard: DecisionPoint, decisions: ReplayedDecisions) -> None:
    for name, times in guard.unevaluated.items():
        decisions.unevaluated[name] = decisions.unevaluated.get(name, 0) + times
