"""From decisions to what they mean: nothing is lost or counted twice, and thresholds move one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.contract.policy_schema import LADDER, Budget, Policy, Rule
from hydrometer.enforcement.backtest.impact import (
    STOPS,
    WEAKENS,
    GroundTruth,
    mask_honest_requests,
    measure_days,
    measure_effect,
    measure_groups,
    measure_rules,
)
from hydrometer.enforcement.backtest.replay import ReplayedDecisions, list_unlogged_facts
from hydrometer.enforcement.backtest.sensitivity import GRID, parse_threshold, vary_thresholds

DAY = 86_400_000_000


def decided(seed: int, size: int) -> tuple[ReplayedDecisions, GroundTruth]:
    """Requests of nine accounts over five days, decided at random."""
    rng = np.random.default_rng(seed)
    account = rng.integers(0, 9, size)
    action = rng.integers(0, len(LADDER), size).astype(np.int8)
    found = ReplayedDecisions(
        action,
        np.where(action > 0, rng.integers(0, 2, size), -1).astype(np.int16),
        np.full(size, -1, np.int32),
        np.zeros(size, np.float32),
        np.zeros(size, np.bool_),
        rules=["one", "two"],
        campaigns=[],
        unevaluated={},
        seconds=0.0,
    )
    ground = GroundTruth(
        account,
        [f"a{n}" for n in range(9)],
        np.arange(9) % 3,
        ["x", "y", "z"],
        np.arange(9) < 6,
        rng.random(size) < 0.3,
        np.where(account < 4, 1.0, 4.0),
        np.sort(rng.integers(20_000 * DAY, 20_005 * DAY, size)),
    )
    return found, ground


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(0, 60))
def test_nothing_is_lost_or_counted_twice(seed: int, size: int) -> None:
    found, ground = decided(seed, size)
    everything = measure_effect(found, ground, np.ones(size, np.bool_))
    assert everything.requests == pytest.approx(ground.weight.sum())
    assert sum(everything.actions.values()) == pytest.approx(everything.requests)
    assert everything.stopped + everything.weakened <= everything.requests
    assert everything.touched_accounts <= everything.accounts
    honest = measure_effect(found, ground, mask_honest_requests(ground))
    by_group = measure_groups(found, ground)
    for name in ("requests", "stopped", "weakened", "accounts", "touched_accounts"):
        assert sum(getattr(each.effect, name) for each in by_group) == pytest.approx(getattr(honest, name))
    by_day = measure_days(found, ground)
    harvest = measure_effect(found, ground, ground.harvest)
    assert sum(each.harvest for each in by_day) == pytest.approx(harvest.requests)
    assert sum(each.stopped for each in by_day) == pytest.approx(harvest.stopped)
    assert sum(each.honest for each in by_day) == pytest.approx(honest.requests)
    assert sum(each.honest_touched for each in by_day) == pytest.approx(honest.stopped + honest.weakened)
    named = [Rule(name=name, when="true", action="observe", reason="") for name in ("one", "two", "three")]
    by_rule = measure_rules(found, ground, Policy(version=1, rules=named))
    assert sum(each.requests for each in by_rule) == pytest.approx(
        everything.requests - everything.actions.get("allow", 0.0)
    )
    assert by_rule[2].requests == 0


def test_whoever_is_hit_most_is_named_with_the_rule() -> None:
    found, ground = decided(1, 60)
    hit = next(each for each in measure_groups(found, ground) if each.worst_account)
    place = ground.names.index(hit.worst_account)
    touched = (STOPS | WEAKENS)[found.action] & mask_honest_requests(ground)
    assert hit.worst_requests == int((touched & (ground.account == place)).sum())
    assert set(hit.worst_rules) <= {"one", "two"}


def test_thresholds_move_one_at_a_time() -> None:
    policy = Policy(
        version=1,
        rules=[
            Rule(name="a", when="verdict.member && verdict.probability >= 0.75", action="verify", reason="r"),
            Rule(name="b", when="request.n > 1", action="verify", reason="r"),
        ],
        budgets=[Budget(name="c", over="campaign", requests=1, seconds=1, when="verdict.probability > 0.9")],
    )
    found = list(vary_thresholds(policy))
    assert [(name, threshold) for name, threshold, _, _ in found] == [
        *(("a", each) for each in sorted({*GRID, 0.75})),
        *(("c", each) for each in GRID),
    ]
    assert [(name, threshold) for name, threshold, own, _ in found if own] == [("a", 0.75), ("c", 0.9)]
    for name, threshold, own, changed in found:
        parts = {part.name: part.when for part in changed.rules} | {part.name: part.when for part in changed.budgets}
        assert parse_threshold(parts[name]) == threshold
        assert own == (changed == policy)
        assert parts["b"] == "request.n > 1"


def test_what_no_log_tells_is_named_with_who_reads_it() -> None:
    whens = {"a": "request.n > 1", "b": "request.network == ''", "c": "request.n > 2 && request.stream"}
    policy = Policy(version=1, rules=[Rule(name=n, when=w, action="observe", reason="") for n, w in whens.items()])
    assert list_unlogged_facts(policy) == {"n": ["a", "c"], "stream": ["c"]}
