"""What moving a threshold would do: the policy with one number changed, over the requests that it can make a difference to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa

from hydrometer.contract import ThresholdEffect
from hydrometer.enforcement.backtest.impact import STOPS, WEAKENS, mask_honest_requests
from hydrometer.enforcement.backtest.replay import DatedSnapshot, replace_policy, replay_requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hydrometer.contract import Policy, Progress
    from hydrometer.enforcement.backtest.impact import GroundTruth
    from hydrometer.enforcement.backtest.past_requests import PastRequests
    from hydrometer.enforcement.backtest.replay import ReplayedDecisions
    from hydrometer.enforcement.snapshots.snapshot_file import Snapshot

MOST_MOVED = 2_000_000
"""Requests that are decided on to see what thresholds do; beyond them, accounts with a verdict are sampled too."""
GRID = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_THRESHOLD = re.compile(r"(verdict\.probability\s*>=?\s*)(\d*\.\d+|\d+)")


@dataclass(frozen=True)
class ReplayInputs:
    """All that a replay of a policy depends on, and who the requests are of."""

    policy: Policy
    past: PastRequests
    snapshots: Sequence[DatedSnapshot]
    initial: Snapshot
    truth: GroundTruth


def measure_thresholds(
    inputs: ReplayInputs, decisions: ReplayedDecisions, progress: Progress
) -> tuple[list[ThresholdEffect], float]:
    """Return what each threshold would do, over the requests of accounts with a verdict, and the share that was tried.

    decisions: those of the policy as it is, which say what accounts have a verdict.
    """
    variants, truth = list(vary_thresholds(inputs.policy)), inputs.truth
    has_verdict = np.isin(truth.account, np.unique(truth.account[decisions.verdict >= 0]))
    rows = np.flatnonzero(has_verdict)
    if not variants or not rows.size:
        return [], 1.0
    share = min(1.0, MOST_MOVED / (len(variants) * rows.size))
    if share < 1:
        accounts = np.unique(truth.account[rows])
        sampled = np.random.default_rng(0).random(accounts.size) < share
        rows = rows[np.isin(truth.account[rows], accounts[sampled])]
    progress.stage("move thresholds", len(variants) * rows.size)
    table = inputs.past.table.take(pa.array(rows))
    harvest, honest = truth.harvest[rows], mask_honest_requests(truth)[rows]
    weight, account = truth.weight[rows], truth.account[rows]
    total = float(truth.weight[truth.harvest].sum())
    effects = []
    for name, threshold, is_current, changed in variants:
        moved = replay_requests(
            table,
            [DatedSnapshot(each.since, replace_policy(each.snapshot, changed)) for each in inputs.snapshots],
            replace_policy(inputs.initial, changed),
            progress.advance,
        )
        stopped, weakened = STOPS[moved.action], WEAKENS[moved.action]
        touched = honest & (stopped | weakened)
        _, first = np.unique(account[touched], return_index=True)
        effects.append(
            ThresholdEffect(
                rule=name,
                threshold=threshold,
                current=is_current,
                stopped=round(float(weight[harvest & stopped].sum()) / share / total, 4) if total else 0.0,
                weakened=round(float(weight[harvest & weakened].sum()) / share / total, 4) if total else 0.0,
                honest_requests=round(float(weight[touched].sum()) / share, 1),
                honest_accounts=round(float(weight[touched][first].sum()) / share, 1),
            )
        )
    return effects, share


def parse_threshold(when: str) -> float | None:
    """Return the first number that a condition wants `verdict.probability` to reach; None where it names none."""
    match = _THRESHOLD.search(when)
    return float(match[2]) if match else None


def vary_thresholds(policy: Policy) -> Iterator[tuple[str, float, bool, Policy]]:
    """Yield (rule or budget, threshold, whether it is the policy's own, the policy with it), rule by rule, ascending.

    The policy's own thresholds come without change, so that what is compared was replayed the same way.
    """
    for kind in ("rules", "budgets"):
        parts = getattr(policy, kind)
        for index, part in enumerate(parts):
            own = parse_threshold(part.when)
            if own is None:
                continue
            for threshold in sorted({*GRID, own}):
                when = _THRESHOLD.sub(rf"\g<1>{threshold}", part.when, count=1)
                changed = [*parts[:index], msgspec.structs.replace(part, when=when), *parts[index + 1 :]]
                yield part.name, threshold, threshold == own, msgspec.structs.replace(policy, **{kind: changed})
