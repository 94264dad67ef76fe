"""The kernels against plain readings of what they promise."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fixtures.crowds import coded, linked, mask, traits
from hydrometer.detection.campaigns.kernels.harvest_kernels import log_hypergeometric_tail
from hydrometer.detection.campaigns.kernels.value_kernels import choose_best_bits
from hydrometer.detection.campaigns.multi_valued_features import limit_value_count
from hydrometer.detection.campaigns.seed_expansion import (
    BACKGROUND,
    ENRICHED,
    FACET_BOUND,
    PRIOR_WEIGHT,
    measure_likeness,
)


@st.composite
def _crowd(draw: st.DrawFn) -> tuple[list[int], list[int], list[tuple[int, int]], list[int]]:
    """Organisations, a code and (account, value) pairs of some accounts, and members."""
    size = draw(st.integers(3, 14))
    org = draw(st.lists(st.integers(0, 7), min_size=size, max_size=size))
    code = [0, *draw(st.lists(st.integers(-1, 4), min_size=size - 1, max_size=size - 1))]
    pairs = draw(st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, 5)), min_size=1, max_size=40))
    members = draw(st.sets(st.integers(0, size - 1), min_size=1))
    return org, code, sorted(pairs), sorted(members)


def worth(org: list[int], shows: list[set[int]], members: list[int], account: int, value: int, others: int) -> float:
    """Bits of one value that an account shares with others of the group, 0 where nobody else shows it."""
    group = {org[m] for m in members}
    inside = {org[m] for m in members if value in shows[m]}
    shared = len(inside - {org[account]} if org[account] in inside else inside)
    if not shared:
        return 0.0
    everywhere = {org[a] for a in range(len(org)) if value in shows[a]}
    elsewhere = len(everywhere) - len(inside) - (account not in members)
    chance = (max(0, elsewhere) + 0.5) / (max(1, others) + 0.5)
    seen = len(group - {org[account]})
    return min(max(0.0, math.log2((shared + PRIOR_WEIGHT * chance) / (seen + PRIOR_WEIGHT) / chance)), FACET_BOUND)


@given(_crowd())
@settings(max_examples=120)
def test_links_are_worth_the_best_choice_of_up_to_three(
    case: tuple[list[int], list[int], list[tuple[int, int]], list[int]],
) -> None:
    org, _, pairs, members = case
    shows = [{value for account, value in pairs if account == a} for a in range(len(org))]
    found = measure_likeness(traits(org, [], [linked("address", pairs, org)]), mask(len(org), members)).facets[
        "address"
    ]
    others = max(org) + 1 - len({org[m] for m in members})
    for account, mine in enumerate(shows):
        best = 0.0
        bits = [worth(org, shows, members, account, value, others) for value in mine]
        for number in (1, 2, 3):
            for chosen in combinations([b for b in bits if b > 0], number):
                best = max(best, sum(chosen) - math.log2(math.comb(len(mine), number)))
        if best > 0:
            assert found[account] == pytest.approx(min(best, FACET_BOUND), abs=1e-9)
        else:
            assert found[account] <= 0


@given(_crowd())
@settings(max_examples=120)
def test_a_code_is_worth_its_likelihood_ratio(
    case: tuple[list[int], list[int], list[tuple[int, int]], list[int]],
) -> None:
    org, code, _, members = case
    found = measure_likeness(traits(org, [coded("bin", code, org)]), mask(len(org), members)).facets["bin"]
    shown = {(o, c) for o, c in zip(org, code, strict=True) if c >= 0}
    inside = {(org[m], code[m]) for m in members if code[m] >= 0}
    group = {org[m] for m in members}
    orgs = [sum(c == value for _, c in shown) for value in range(max(code) + 1)]
    count = [sum(c == value for _, c in inside) for value in range(max(code) + 1)]
    total = len(shown) - len(inside) + 0.5 * min(len(orgs), BACKGROUND) + 0.5
    chances = [(orgs[v] - count[v] + 0.5) / total for v in range(len(orgs))]
    largest = max(1, max(len(group) - (o in group) for o in org))
    common = [count[v] >= 2 and count[v] > ENRICHED * chances[v] * largest for v in range(len(orgs))]
    for account, value in enumerate(code):
        if value < 0:
            assert found[account] == 0
            continue
        own = (org[account], value) in inside
        seen = len(group) - (org[account] in group)
        chance = (max(0, orgs[value] - count[value] - (account not in members)) + 0.5) / total
        met = count[value] - own if count[value] - own >= 1 else 0
        met = met if met > ENRICHED * chance * max(1, seen) else 0
        sharing = sum(n for n, c in zip(count, common, strict=True) if c) - own * common[value]
        weight = seen + PRIOR_WEIGHT
        likely = met / weight + max(1 - sharing / weight, PRIOR_WEIGHT / weight) * chance
        bits = min(max(math.log2(likely / chance), -FACET_BOUND / 2), FACET_BOUND)
        assert found[account] == pytest.approx(bits, abs=1e-9)


@pytest.mark.parametrize(("others", "left"), [(0, 8.0), (1, 7.0), (7, 5.0), (1_000, 0.0)])
def test_a_match_is_worth_less_to_an_account_that_shows_many_values(others: int, left: float) -> None:
    assert choose_best_bits(8.0, 0.0, 0.0, others + 1) == pytest.approx(left)


@given(st.integers(1, 10))
def test_more_values_than_that_tell_nothing(bound: int) -> None:
    number = math.floor(limit_value_count(bound)) + 1
    assert choose_best_bits(bound, bound, bound, number) == 0.0
    assert choose_best_bits(bound, bound, bound, max(1, number // 2)) > 0.0


@given(st.integers(1, 60), st.data())
@settings(max_examples=100)
def test_the_tail_is_the_hypergeometric_tail(total: int, data: st.DataObject) -> None:
    marked, drawn = data.draw(st.integers(0, total)), data.draw(st.integers(0, total))
    least = data.draw(st.integers(0, min(marked, drawn)))
    expected = stats.hypergeom.sf(least - 1, total, marked, drawn)
    assert math.exp(log_hypergeometric_tail(least, total, marked, drawn)) == pytest.approx(
        expected, rel=1e-9, abs=1e-12
    )


def test_a_tail_of_many_terms_does_not_underflow() -> None:
    assert log_hypergeometric_tail(9_000, 60_000, 20_000, 9_000) == pytest.approx(
        math.lgamma(20_001) - math.lgamma(11_001) - math.lgamma(60_001) + math.lgamma(51_001), rel=1e-9
    )
