"""Members that show something, against others of like volume that do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.populations import NEW_YEAR, Draft, members, people, population
from hydrometer.detection.population.account_group import AccountGroup
from hydrometer.detection.population.peeling import peel_accounts
from hydrometer.detection.signals.member_shares import FEWEST_MEMBERS, FEWEST_PEERS, compare_shares
from hydrometer.detection.signals.tail_probabilities import exchangeable_tail

SIZE, MINE = 160, 20


def crowd(*, org: str = "") -> AccountGroup:
    """Twenty members among others of one volume."""
    drafts = [Draft(times=[NEW_YEAR + at for at in range(10)], member=n < MINE) for n in range(SIZE)]
    return population([replace(draft, org=org) if draft.member else draft for draft in drafts])[1]


GROUP = crowd()
KNOWN = np.zeros(SIZE)


def showing(inside: int, outside: int) -> np.ndarray:
    shown = np.zeros(SIZE, dtype=np.bool_)
    shown[:inside] = shown[MINE : MINE + outside] = True
    return shown


@given(st.integers(0, MINE), st.integers(0, SIZE - MINE))
@settings(max_examples=60)
def test_shares_are_counted_and_tested_exactly(inside: int, outside: int) -> None:
    compared = compare_shares(GROUP, showing(inside, outside), KNOWN)
    assert compared is not None
    assert (compared.inside, compared.members) == (inside, MINE)
    assert (compared.outside, compared.peers) == (outside, SIZE - MINE)
    assert compared.share == inside / MINE
    assert 0 < compared.elsewhere < 1
    assert compared.log10_p == exchangeable_tail(inside, MINE, inside + outside, SIZE)


def test_what_members_show_as_often_as_others_is_no_evidence() -> None:
    compared = compare_shares(GROUP, showing(MINE, SIZE - MINE), KNOWN)
    assert compared is not None
    assert compared.log10_p == 0.0


def test_nobody_speaks_of_whom_nothing_is_known() -> None:
    measured = KNOWN.copy()
    measured[FEWEST_MEMBERS:MINE] = np.nan
    compared = compare_shares(GROUP, showing(MINE, 0), measured)
    assert compared is not None
    assert (compared.inside, compared.members) == (FEWEST_MEMBERS, FEWEST_MEMBERS)
    measured[FEWEST_MEMBERS - 1] = np.nan
    assert compare_shares(GROUP, showing(MINE, 0), measured) is None
    few_peers = KNOWN.copy()
    few_peers[MINE + FEWEST_PEERS - 1 :] = np.nan
    assert compare_shares(GROUP, showing(MINE, 0), few_peers) is None


def test_an_organisation_speaks_once() -> None:
    assert compare_shares(crowd(org="one"), showing(MINE, 0), KNOWN) is None


def test_only_others_of_like_volume_are_compared() -> None:
    rng = np.random.default_rng(1)
    drafts = sorted(people(rng, 300), key=lambda draft: len(draft.times))
    made, group = population(drafts[:200] + members(drafts[200:230]) + drafts[230:])
    busiest = made.facts["exchanges"] > float(np.median(made.facts["exchanges"][group.members]))
    compared = compare_shares(group, busiest, np.zeros(made.size))
    assert compared is not None
    assert compared.peers < 200
    assert compared.outside > 0


def test_who_was_convicted_of_something_else_is_nobodys_peer() -> None:
    shown = showing(MINE, 60)
    before = compare_shares(GROUP, shown, KNOWN)
    convicted = np.zeros(SIZE, dtype=np.bool_)
    convicted[MINE : MINE + 60] = True
    after = compare_shares(AccountGroup(peel_accounts(GROUP.population, convicted), GROUP.members), shown, KNOWN)
    assert before is not None
    assert after is not None
    assert (after.outside, after.peers) == (0, SIZE - MINE - 60)
    assert after.log10_p < before.log10_p - 3
    assert after.elsewhere == pytest.approx(0.5 / (SIZE - MINE - 60 + 1))
