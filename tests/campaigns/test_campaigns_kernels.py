"""The kernel against a plain reading of what it promises."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.campaigns.kernels import strongest_links

LINK = st.tuples(st.integers(0, 5), st.floats(0, 30), st.sampled_from([0.0, 1.0, 3.0]))


def plainly(accounts: int, links: list[tuple[int, float, float]]) -> list[float]:
    """The best over one, two or three shared values of their bits less log2 of the ways to choose them."""
    best = [0.0] * accounts
    for account in range(accounts):
        mine = [(bits, shared) for owner, bits, shared in links if owner == account]
        worth = [bits for bits, shared in mine if shared > 0 and bits > 0]
        for number in (1, 2, 3):
            ways = math.comb(len(mine), number)
            for chosen in combinations(worth, number):
                best[account] = max(best[account], sum(chosen) - math.log2(ways))
    return best


@given(st.lists(LINK, max_size=40))
@settings(max_examples=80, deadline=None)
def test_strongest_links_are_the_best_choice_of_up_to_three(links: list[tuple[int, float, float]]) -> None:
    links = sorted(links, key=lambda link: link[0])
    account = np.array([link[0] for link in links], dtype=np.int64)
    bits = np.array([link[1] for link in links], dtype=np.float64)
    shared = np.array([link[2] for link in links], dtype=np.float64)
    assert strongest_links(7, account, bits, shared).tolist() == pytest.approx(plainly(7, links), abs=1e-9)


@pytest.mark.parametrize(("others", "left"), [(0, 8.0), (1, 7.0), (7, 5.0), (1_000, 0.0)])
def test_a_match_is_worth_less_to_an_account_that_shows_many_values(others: int, left: float) -> None:
    account = np.zeros(others + 1, dtype=np.int64)
    bits = np.array([8.0] + [0.0] * others)
    assert strongest_links(1, account, bits, (bits > 0).astype(np.float64)).tolist() == pytest.approx([left])
