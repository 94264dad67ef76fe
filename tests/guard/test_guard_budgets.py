"""Budgets: never a request too few, bounded memory, and how far a count may be off."""

from __future__ import annotations

import random
from collections import Counter, deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.contract.policy import Budget, Policy
from hydrometer.guard.budgets import STEPS, Budgets, Window


def window(requests: int = 10, seconds: int = 80, capacity: int = 1_000) -> Window:
    return Window(Budget(name="b", over="account", requests=requests, seconds=seconds), capacity)


@settings(max_examples=60, deadline=None)
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
        own, others = tested.used(subject, now)
        whole = sum(when > now - seconds and who == subject for when, who in sent)
        sure = sum(when > now - seconds * (STEPS - 1) / STEPS + 1e-6 and who == subject for when, who in sent)
        assert sure <= own <= whole
        assert others == 0
        tested.count(subject, now, 0)
        sent.append((now, subject))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 64), st.integers(100, 3_000))
def test_a_full_step_never_counts_too_much_and_says_how_much_too_little(seed: int, capacity: int, sent: int) -> None:
    rng = random.Random(seed)
    tested, true = window(capacity=capacity), Counter[str]()
    for _ in range(sent):
        subject = f"s{int(rng.paretovariate(0.7))}"
        tested.count(subject, 5.0, 0)
        true[subject] += 1
    for subject, count in true.items():
        counted = tested.used(subject, 5.0)[0]
        assert count - tested.lost <= counted <= count
    assert tested.lost <= 2 * sent / capacity
    assert tested.subjects <= capacity


def test_memory_is_bounded_whatever_is_sent() -> None:
    tested = window(capacity=100)
    for number in range(20_000):
        tested.count(f"subject {number}", number / 100, 0)
    assert tested.subjects <= 100 * STEPS


def test_a_clock_that_is_set_back() -> None:
    tested = window(requests=2, seconds=80)
    tested.count("a", 1_000, 0)
    assert tested.used("a", 995)[0] == 1
    assert tested.used("a", 100)[0] == 0
    tested.count("a", 100, 0)
    assert tested.used("a", 101)[0] == 1


def test_a_long_name_is_kept_by_its_hash() -> None:
    tested = Budgets()
    budget = Budget(name="b", over="address", requests=1, seconds=60)
    tested.adopt(Policy(version=1, budgets=[budget]))
    tested.count([(0, budget, "x" * 10_000)], 1.0)
    assert tested.over([(0, budget, "x" * 10_000)], 1.0)
    assert not tested.over([(0, budget, "x" * 10_001)], 1.0)
    assert all(len(spent.subject) <= 96 for spent in tested.heaviest()[name_of_window(budget)])


def name_of_window(budget: Budget) -> str:
    return f"{budget.name}:{budget.over}:{budget.requests}:{budget.seconds}"


def test_another_policy_keeps_what_the_same_budgets_counted() -> None:
    first = Budget(name="a", over="account", requests=2, seconds=60)
    second = Budget(name="b", over="account", requests=2, seconds=60)
    tested = Budgets()
    tested.adopt(Policy(version=1, budgets=[first, second]))
    for _ in range(2):
        tested.count([(0, first, "x"), (1, second, "x")], 1.0)
    smaller = Budget(name="b", over="account", requests=1, seconds=60)
    tested.adopt(Policy(version=1, budgets=[smaller, first]))
    assert [budget.name for budget, _ in tested.over([(0, smaller, "x"), (1, first, "x")], 1.0)] == ["a"]


@pytest.mark.parametrize(("gateways", "left"), [(1, 10), (2, 5), (4, 2), (100, 1)])
def test_alone_a_gateway_keeps_to_its_share(gateways: int, left: int) -> None:
    budget = Budget(name="a", over="account", requests=10, seconds=60)
    tested = Budgets()
    tested.adopt(Policy(version=1, budgets=[budget]))
    tested.alone, tested.gateways = True, gateways
    passed = 0
    while not tested.over([(0, budget, "x")], 1.0):
        tested.count([(0, budget, "x")], 1.0)
        passed += 1
    assert passed == left


def test_the_heaviest_are_told() -> None:
    tested = window(requests=100)
    for subject, count in (("a", 3), ("b", 9), ("c", 9)):
        for _ in range(count):
            tested.count(subject, 1.0, 0)
    assert [(spent.subject, spent.requests) for spent in tested.heaviest(2)] == [("b", 9), ("c", 9)]
