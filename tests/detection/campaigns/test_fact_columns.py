"""What ties an account to others is common among members, rare elsewhere, no coincidence and no one customer's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from fixtures.populations import DAY, HOUR, NEW_YEAR, Draft, population
from hydrometer.detection.campaigns.fact_columns import (
    FactCounts,
    bound_surprise,
    format_day,
    format_moment,
    phrase_beginning,
    phrase_members,
    phrase_others,
)


def shared(inside: int, members: int, outside: int, others: int, orgs: int = 9) -> bool:
    counts = FactCounts(np.array([inside]), np.int64(members), np.array([outside]), np.int64(others))
    return bool(np.isfinite(counts.select_shared(np.array([orgs])))[0])


def test_a_fact_must_be_common_among_members_and_rare_elsewhere() -> None:
    assert shared(7, 9, 3, 5_120)
    assert not shared(7, 9, 4_000, 5_120)
    assert not shared(7, 9, 3, 5_120, orgs=1)
    # Twice as common in 29 is what chance does.
    assert not shared(6, 29, 28, 282)
    assert not shared(0, 0, 0, 0)


def test_bits_say_how_much_commoner_a_fact_is() -> None:
    counts = FactCounts(np.array([9, 9]), np.int64(9), np.array([3, 30]), np.int64(5_119))
    assert counts.bits[0] == pytest.approx(np.log2(9.5 / 10 / (3.5 / 5_120)))
    assert counts.bits[0] > counts.bits[1]


def test_the_bound_on_chance_is_no_less_than_chance() -> None:
    for expected in (0.01, 0.5, 3.0):
        number = np.arange(1, 20)
        tail = stats.poisson.sf(number - 1, expected)
        assert (2.0 ** -bound_surprise(number, np.full(19, expected)) >= tail * 0.999).all()
    assert bound_surprise(np.array([0, 2]), np.array([1.0, 5.0])).tolist() == [0.0, 0.0]


def test_counts_are_told_as_people_tell_them() -> None:
    _, group = population([Draft(times=[NEW_YEAR], member=True) for _ in range(1_201)])
    assert phrase_members(group, 7, 1_200) == "7 of the 1,200 other members"
    assert phrase_members(group, 1_200, 1_200) == "all 1,200 other members"
    assert phrase_members(group, 7, 9) == "7 of the 9 other members of whom it is known"
    assert phrase_others(0, 5_120, "other accounts") == "none of 5,120 other accounts"
    assert phrase_others(1_003, 5_120, "other accounts") == "1,003 of 5,120 other accounts"


def test_times_are_told_in_utc() -> None:
    moment = NEW_YEAR + 101 * DAY + 3 * HOUR + 600_000_000
    assert format_day(moment) == "12 April 2026"
    assert format_moment(moment) == "12 April 2026 03:10 UTC"


def test_since_when_is_the_sign_up_or_else_the_first_exchange() -> None:
    made = Draft(times=[NEW_YEAR + DAY], member=True, facts={"created": float(NEW_YEAR)})
    _, group = population([made, Draft(times=[NEW_YEAR + DAY], member=True)])
    assert phrase_beginning(group, 0) == "account made 1 January 2026"
    assert phrase_beginning(group, 1) == "first exchange 2 January 2026"
