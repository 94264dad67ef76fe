"""Past requests put to a decision point, in the order in which they came, each by the snapshot of its time."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
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
ACTION_CODES = {action: index for index, action in enumerate(LADDER)}
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
"""Columns that a request is made of; `words`, `reasoning` and `sketch` come beside them."""
UNLOGGED_FACTS = ("n", "max_tokens", "logprobs", "stream", "batch", "replayed", "replayed_from", "unread")
"""Facts of a request that no log has: conditions that read them see them empty."""


@dataclass(frozen=True)
class DatedSnapshot:
    """The snapshot of a detection, with the time from which on it is in force."""

    since: float
    """Seconds since 1970."""
    snapshot: Snapshot


@dataclass(frozen=True)
class ReplayedDecisions:
    """The decisions that would have been made, a row a request in the order of the table that was replayed."""

    action: Codes
    """Position in LADDER."""
    rule: npt.NDArray[np.int16]
    """Position in `rules`, -1 where none decided."""
    verdict: npt.NDArray[np.int32]
    """Position in `campaigns` of the verdict on the account, -1 for none."""
    probability: npt.NDArray[np.float32]
    successor: npt.NDArray[np.bool_]
    rules: list[str]
    campaigns: list[str]
    unevaluated: dict[str, int]
    seconds: float
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
        snapshots: by `since`, ascending; each is in force from its time on, with the policy that it carries.
        initial: the snapshot in force before the first of them.
        progress: called with the number of requests that were decided on.
    """
    replay = _Replay(requests, initial, progress)
    ends = [*np.searchsorted(replay.times, [each.since for each in snapshots]).tolist(), requests.num_rows]
    began = time.process_time()
    replay.decide_rows(0, ends[0])
    for each, start, end in zip(snapshots, ends[:-1], ends[1:], strict=True):
        replay.load(each.snapshot)
        replay.decide_rows(start, end)
    return replay.finish(began)


class _Replay:
    """A decision point that is given past requests, and what it decided so far."""

    def __init__(self, requests: pa.Table, initial: Snapshot, progress: Callable[[int], None] | None) -> None:
        size = requests.num_rows
        self.times = requests["started_at"].cast("int64").to_numpy() / 1e6
        self._requests, self._progress = requests, progress
        self._decision_point = DecisionPoint(initial, _refuse_sketching, case=lambda: "")
        self._action, self._rule = np.zeros(size, np.int8), np.full(size, -1, np.int16)
        self._verdict, self._probability = np.full(size, -1, np.int32), np.zeros(size, np.float32)
        self._successor = np.zeros(size, np.bool_)
        self._rules: dict[str, int] = {}
        self._campaigns: dict[str, int] = {}
        self._unevaluated: dict[str, int] = {}

    def load(self, snapshot: Snapshot) -> None:
        """Decide by another snapshot from the next row on."""
        self._count_unevaluated()
        self._decision_point.load(snapshot)

    def decide_rows(self, start: int, end: int) -> None:
        """Decide on the rows from `start` to before `end`."""
        rules, campaigns = self._rules, self._campaigns
        decide = self._decision_point.decide
        for at in range(start, end, SLICE):
            stop = min(at + SLICE, end)
            part = self._requests.slice(at, stop - at)
            sketches, offsets = _flatten_sketches(part)
            for row, (request, now) in enumerate(zip(_build_requests(part), self.times[at:stop].tolist(), strict=True)):
                sketch = sketches[offsets[row] : offsets[row + 1]]
                decision = decide(request, now, sketch)
                index = at + row
                if decision.action != "allow":
                    self._action[index] = ACTION_CODES[decision.action]
                    self._rule[index] = rules.setdefault(decision.rule, len(rules))
                if decision.campaign:
                    self._verdict[index] = campaigns.setdefault(decision.campaign, len(campaigns))
                    self._probability[index] = decision.probability
                    self._successor[index] = decision.why.startswith("successor")
            if self._progress is not None:
                self._progress(stop - at)

    def finish(self, began: float) -> ReplayedDecisions:
        """Return all decisions; `began`: time of the processor at the first."""
        self._count_unevaluated()
        return ReplayedDecisions(
            self._action,
            self._rule,
            self._verdict,
            self._probability,
            self._successor,
            list(self._rules),
            list(self._campaigns),
            self._unevaluated,
            time.process_time() - began,
        )

    def _count_unevaluated(self) -> None:
        for name, times in self._decision_point.unevaluated.items():
            self._unevaluated[name] = self._unevaluated.get(name, 0) + times


def list_unlogged_facts(policy: Policy) -> dict[str, list[str]]:
    """Return the facts of a request that no log has, with the rules and budgets that read them."""
    parts: list[Rule | Budget] = [*policy.rules, *policy.budgets]
    reads = [(part.name, compile_condition(part.when).reads) for part in parts]
    readers = {fact: [name for name, read in reads if f"request.{fact}" in read] for fact in UNLOGGED_FACTS}
    return {fact: names for fact, names in readers.items() if names}


def replace_policy(snapshot: Snapshot, policy: Policy) -> Snapshot:
    """Return a snapshot with another policy, and all else as it is."""
    changed = copy.copy(snapshot)
    changed.policy = policy
    return changed


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
    """Return the sketches of a slice end to end, and where each begins."""
    column = part["sketch"].combine_chunks()
    lists = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    values = np.ascontiguousarray(lists.flatten().to_numpy(zero_copy_only=False), dtype=np.int64)
    lengths = lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    return values, [0, *np.cumsum(lengths).tolist()]


def _refuse_sketching(*texts: str) -> npt.NDArray[np.int64]:
    raise RuntimeError(f"a replay brings its sketches along, and no texts: {len(texts)} were to be sketched")
