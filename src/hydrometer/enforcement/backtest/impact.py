"""The effect of decisions: harvest stopped, and whom they hit besides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hydrometer.contract import LADDER, DayEffect, GroupEffect, PolicyEffect, RuleEffect

if TYPE_CHECKING:
    from hydrometer.contract import Budget, Policy, Rule
    from hydrometer.enforcement.backtest.replay import ReplayedDecisions

    Bools = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]

STOPS = np.array([action in {"throttle", "verify", "block"} for action in LADDER])
"""By position in the ladder: the request does not reach the model."""
WEAKENS = np.array([action in {"limit_features", "withhold_reasoning"} for action in LADDER])
DAY_US = 86_400_000_000


@dataclass(frozen=True)
class GroundTruth:
    """The accounts and kinds of requests, a row a request.

    `account` is a position in `names`; `group` by account a position in `groups`, `honest` by account.
    """

    account: npt.NDArray[np.int64]
    names: list[str]
    group: npt.NDArray[np.int64]
    groups: list[str]
    honest: Bools
    harvest: Bools
    """By request: sent to harvest."""
    weight: Floats
    times: npt.NDArray[np.int64]
    """µs since 1970, ascending."""


def measure_effect(decisions: ReplayedDecisions, truth: GroundTruth, rows: Bools) -> PolicyEffect:
    """Return what was done to the requests where `rows` holds."""
    weight, action = truth.weight[rows], decisions.action[rows]
    touched = STOPS[action] | WEAKENS[action]
    counts = np.bincount(action, weights=weight, minlength=len(LADDER))
    return PolicyEffect(
        accounts=_count_accounts(truth, rows),
        requests=round(float(weight.sum()), 1),
        touched_accounts=_count_accounts(truth, np.flatnonzero(rows)[touched]),
        stopped=round(float(weight[STOPS[action]].sum()), 1),
        weakened=round(float(weight[WEAKENS[action]].sum()), 1),
        actions={name: round(float(counts[code]), 1) for code, name in enumerate(LADDER) if counts[code]},
    )


def mask_honest_requests(truth: GroundTruth) -> Bools:
    """Return by request whether it is of an honest account, and no harvest."""
    return truth.honest[truth.account] & ~truth.harvest


def measure_groups(decisions: ReplayedDecisions, truth: GroundTruth) -> list[GroupEffect]:
    """Return the effect on honest accounts by group, whoever is hit most first."""
    rows = mask_honest_requests(truth)
    made = []
    for code, name in enumerate(truth.groups):
        own = rows & (truth.group[truth.account] == code)
        if not own.any():
            continue
        hit = own & (STOPS | WEAKENS)[decisions.action]
        worst, most, rules = "", 0, list[str]()
        if hit.any():
            counts = np.bincount(truth.account[hit])
            account = int(np.argmax(counts))
            worst, most = truth.names[account], int(counts[account])
            decided = np.unique(decisions.rule[hit & (truth.account == account)])
            rules = [decisions.rules[rule] for rule in decided.tolist() if rule >= 0]
        group_effect = measure_effect(decisions, truth, own)
        made.append(
            GroupEffect(group=name, effect=group_effect, worst_account=worst, worst_requests=most, worst_rules=rules)
        )
    return sorted(made, key=lambda each: (-(each.effect.stopped + each.effect.weakened), each.group))


def measure_rules(decisions: ReplayedDecisions, truth: GroundTruth, policy: Policy) -> list[RuleEffect]:
    """Return every rule and budget in the order of the policy, with what it decided."""
    honest = mask_honest_requests(truth)
    codes = {name: number for number, name in enumerate(decisions.rules)}
    made = []
    parts: list[Rule | Budget] = [*policy.rules, *policy.budgets]
    for part in parts:
        own: Bools = np.equal(decisions.rule, codes.get(part.name, -2))
        made.append(
            RuleEffect(
                rule=part.name,
                action=part.action,
                requests=_sum_weights(truth, own),
                harvest=_sum_weights(truth, own & truth.harvest),
                honest_requests=_sum_weights(truth, own & honest),
                honest_accounts=_count_accounts(truth, own & honest),
                unevaluated=decisions.unevaluated.get(part.name, 0),
            )
        )
    return made


def measure_days(decisions: ReplayedDecisions, truth: GroundTruth) -> list[DayEffect]:
    """Return what became of harvest and honest requests, day by day."""
    if not truth.times.size:
        return []
    day = truth.times // DAY_US
    first, size = int(day[0]), int(day[-1] - day[0]) + 1
    honest = mask_honest_requests(truth)
    stopped, weakened = STOPS[decisions.action], WEAKENS[decisions.action]

    def by_day(rows: Bools) -> list[float]:
        counts = np.bincount(day[rows] - first, weights=truth.weight[rows], minlength=size)
        return [round(float(count), 1) for count in counts]

    columns = (
        by_day(truth.harvest),
        by_day(truth.harvest & stopped),
        by_day(truth.harvest & weakened),
        by_day(honest),
        by_day(honest & (stopped | weakened)),
    )
    return [
        DayEffect(
            day=str(np.datetime64(first + number, "D")),
            harvest=harvest,
            stopped=gone,
            weakened=weak,
            honest=all_honest,
            honest_touched=touched,
        )
        for number, (harvest, gone, weak, all_honest, touched) in enumerate(zip(*columns, strict=True))
    ]


def _sum_weights(truth: GroundTruth, rows: Bools) -> float:
    return round(float(truth.weight[rows].sum()), 1)


def _count_accounts(truth: GroundTruth, rows: Bools | npt.NDArray[np.int64]) -> float:
    """Return how many accounts the rows are of; an account stands for as many as its requests do."""
    _, first = np.unique(truth.account[rows], return_index=True)
    return round(float(truth.weight[rows][first].sum()), 1)
