"""From what was decided to what that means: harvest stopped, and whom it hit besides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hydrometer.contract.backtest import DayEffect, Effect, GroupEffect, RuleEffect
from hydrometer.contract.policy import LADDER

if TYPE_CHECKING:
    from hydrometer.contract.policy import Budget, Policy, Rule
    from hydrometer.response.replay import Replayed

    Bools = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]

STOPS = np.array([action in {"throttle", "verify", "block"} for action in LADDER])
"""By place in the ladder: the request does not reach the model."""
WEAKENS = np.array([action in {"limit_features", "withhold_reasoning"} for action in LADDER])
DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Ground:
    """Who the requests are of, a row a request.

    `account` is a place in `names`; `group` by account a place in `groups`, `honest` by account.
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


def effect(found: Replayed, ground: Ground, rows: Bools) -> Effect:
    """What was done to the requests where `rows` holds."""
    weight, action = ground.weight[rows], found.action[rows]
    touched = STOPS[action] | WEAKENS[action]
    counts = np.bincount(action, weights=weight, minlength=len(LADDER))
    return Effect(
        accounts=_accounts(ground, rows),
        requests=round(float(weight.sum()), 1),
        touched_accounts=_accounts(ground, np.flatnonzero(rows)[touched]),
        stopped=round(float(weight[STOPS[action]].sum()), 1),
        weakened=round(float(weight[WEAKENS[action]].sum()), 1),
        actions={name: round(float(counts[place]), 1) for place, name in enumerate(LADDER) if counts[place]},
    )


def innocent(ground: Ground) -> Bools:
    """By request: of an honest account, and no harvest."""
    return ground.honest[ground.account] & ~ground.harvest


def groups(found: Replayed, ground: Ground) -> list[GroupEffect]:
    """Honest accounts by group, whoever is hit most first."""
    rows = innocent(ground)
    made = []
    for place, name in enumerate(ground.groups):
        own = rows & (ground.group[ground.account] == place)
        if not own.any():
            continue
        hit = own & (STOPS | WEAKENS)[found.action]
        worst, most, rules = "", 0, list[str]()
        if hit.any():
            counts = np.bincount(ground.account[hit])
            account = int(np.argmax(counts))
            worst, most = ground.names[account], int(counts[account])
            decided = np.unique(found.rule[hit & (ground.account == account)])
            rules = [found.rules[rule] for rule in decided.tolist() if rule >= 0]
        told = effect(found, ground, own)
        made.append(GroupEffect(group=name, effect=told, worst_account=worst, worst_requests=most, worst_rules=rules))
    return sorted(made, key=lambda each: (-(each.effect.stopped + each.effect.weakened), each.group))


def rules(found: Replayed, ground: Ground, policy: Policy) -> list[RuleEffect]:
    """Every rule and budget in the order of the policy, with what it decided."""
    honest = innocent(ground)
    place = {name: number for number, name in enumerate(found.rules)}
    made = []
    parts: list[Rule | Budget] = [*policy.rules, *policy.budgets]
    for part in parts:
        own: Bools = np.equal(found.rule, place.get(part.name, -2))
        made.append(
            RuleEffect(
                rule=part.name,
                action=part.action,
                requests=_sum(ground, own),
                harvest=_sum(ground, own & ground.harvest),
                honest_requests=_sum(ground, own & honest),
                honest_accounts=_accounts(ground, own & honest),
                unevaluated=found.unevaluated.get(part.name, 0),
            )
        )
    return made


def days(found: Replayed, ground: Ground) -> list[DayEffect]:
    """What became of harvest and honest requests, day by day."""
    if not ground.times.size:
        return []
    day = ground.times // DAY_US
    first, size = int(day[0]), int(day[-1] - day[0]) + 1
    honest = innocent(ground)
    stopped, weakened = STOPS[found.action], WEAKENS[found.action]

    def by_day(rows: Bools) -> list[float]:
        counts = np.bincount(day[rows] - first, weights=ground.weight[rows], minlength=size)
        return [round(float(count), 1) for count in counts]

    columns = (
        by_day(ground.harvest),
        by_day(ground.harvest & stopped),
        by_day(ground.harvest & weakened),
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


def _sum(ground: Ground, rows: Bools) -> float:
    return round(float(ground.weight[rows].sum()), 1)


def _accounts(ground: Ground, rows: Bools | npt.NDArray[np.int64]) -> float:
    """How many accounts the rows are of; an account stands for as many as its requests do."""
    _, first = np.unique(ground.account[rows], return_index=True)
    return round(float(ground.weight[rows][first].sum()), 1)
