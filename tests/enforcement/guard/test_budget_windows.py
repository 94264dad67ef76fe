"""Budgets: never a request too few, bounded memory, and how far a count may be off."""

from __future__ import annotations

import random
from collections import Counter, deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.contract.policy_schema import Budget, Policy
from hydrometer.enforcement.guard.budget_windows import BudgetWindows
from hydrometer.enforcement.guard.sliding_window import STEPS, SlidingWindow
from hydrometer.enforcement.policy.compiled_policy import CompiledPolicy, CompiledRule, Subjects
from hydrometer.enforcement.policy.condition_facts import complete_facts


def spent(tested: SlidingWindow, subject: str, now: float) -> int:
    use = tested.use(subject, now)
    return use.before + use.here


def count(tested: SlidingWindow, subject: str, now: float) -> None:
    tested.count(subject, tested.use(subject, now), 0)


def adopted(tested: BudgetWindows, *budgets: Budget) -> tuple[CompiledRule[Budget], ...]:
    policy = Policy(version=1, budgets=[*budgets])
    tested.adopt(policy)
    return CompiledPolicy(policy).match(complete_facts({})).budgets


def called(name: str) -> Subjects:
    return (name, "", "", "", name, "")


def window(requests: int = 10, seconds: int = 80, capacity: int = 1_000) -> SlidingWindow:
    return SlidingWindow(Budget(name="b", over="account", requests=requests, seconds=seconds), capacity)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 30), st.sampled_from("abc")), max_size=120), st.integers(1, 8), st.integers(8, 80)
)
def test_counts_lie_between_seven_eighths_of_the_window_and_all_of_it(
    gaps: list[tuple[float, str]], limit: int, seconds: int
) -> None:
    """What is counted was sent within the window; nothing of its last seven eighths is missed."""
    tested = window(limit, seconds)
    now, sent = 1_000.0, deque[tuple[float, str]]()
    for gap, subject in gaps:
        now += gap
        own = spent(tested, subject, now)
        whole = sum(when > now - seconds and who == subject for when, who in sent)
        sure = sum(when > now - seconds * (STEPS - 1) / STEPS + 1e-6 and who == subject for when, who in sent)
        assert sure <= own <= whole
        count(tested, subject, now)
        sent.append((now, subject))


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(4, 64), st.integers(100, 3_000))
def test_a_full_step_never_counts_too_much_and_says_how_much_too_little(seed: int, capacity: int, sent: int) -> None:
    rng = random.Random(seed)
    tested, true = window(capacity=capacity), Counter[str]()
    for _ in range(sent):
        subject = f"s{int(rng.paretovariate(0.7))}"
        count(tested, subject, 5.0)
        true[subject] += 1
    for subject, times in true.items():
        counted = spent(tested, subject, 5.0)
        assert times - tested.lost <= counted <= times
    assert tested.lost <= 2 * sent / capacity
    assert tested.subjects <= capacity


def test_memory_is_bounded_whatever_is_sent() -> None:
    tested = window(capacity=100)
    for number in range(20_000):
        count(tested, f"subject {number}", number / 100)
    assert tested.subjects <= 100 * STEPS


def test_a_clock_that_is_set_back() -> None:
    tested = window(requests=2, seconds=80)
    count(tested, "a", 1_000)
    assert spent(tested, "a", 995) == 1
    assert spent(tested, "a", 100) == 0
    count(tested, "a", 100)
    assert spent(tested, "a", 101) == 1


def test_a_long_name_is_kept_by_its_hash() -> None:
    tested = BudgetWindows()
    budget = Budget(name="b", over="address", requests=1, seconds=60)
    held = adopted(tested, budget)
    tested.count(held, called("x" * 10_000), 1.0)
    assert tested.find_exhausted(held, called("x" * 10_000), 1.0)
    assert not tested.find_exhausted(held, called("x" * 10_001), 1.0)
    assert all(len(spent.subject) <= 96 for spent in tested.heaviest()[name_of_window(budget)])


def name_of_window(budget: Budget) -> str:
    return f"{budget.name}:{budget.over}:{budget.requests}:{budget.seconds}"


def test_another_policy_keeps_what_the_same_budgets_counted() -> None:
    first = Budget(name="a", over="account", requests=2, seconds=60)
    second = Budget(name="b", over="account", requests=2, seconds=60)
    tested = BudgetWindows()
    before = adopted(tested, first, second)
    for _ in range(2):
        tested.count(before, called("x"), 1.0)
    smaller = Budget(name="b", over="account", requests=1, seconds=60)
    after = adopted(tested, smaller, first)
    assert [budget.name for budget, _ in tested.find_exhausted(after, called("x"), 1.0)] == ["a"]
    assert [budget.name for budget, _ in tested.find_exhausted(before, called("x"), 1.0)] == ["a"]


@pytest.mark.parametrize(("gateways", "left"), [(1, 10), (2, 5), (4, 2), (100, 1)])
def test_alone_a_gateway_keeps_to_its_share(gateways: int, left: int) -> None:
    budget = Budget(name="a", over="account", requests=10, seconds=60)
    tested = BudgetWindows()
    held = adopted(tested, budget)
    tested.alone, tested.gateways = True, gateways
    passed = 0
    while not tested.find_exhausted(held, called("x"), 1.0):
        tested.count(held, called("x"), 1.0)
        passed += 1
    assert passed == left


def test_the_heaviest_are_told() -> None:
    tested = window(requests=100)
    for subject, times in (("a", 3), ("b", 9), ("c", 9)):
        for _ in range(times):
            count(tested, subject, 1.0)
    assert [(spent.subject, spent.requests) for spent in tested.heaviest(2)] == [("b", 9), ("c", 9)]
