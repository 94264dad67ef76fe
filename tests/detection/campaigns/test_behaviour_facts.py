"""What members do as other members do and others do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fixtures.populations import DAY, HOUR, MINUTE, NEW_YEAR, Draft, population
from hydrometer.detection.campaigns.behaviour_facts import FEWEST, build_behaviour_columns


def sentences(drafts: list[Draft], comparison: str) -> list[str]:
    """What is told of each member by a column; empty where nothing is."""
    _, group = population(drafts)
    (column,) = [column for column in build_behaviour_columns(group) if column.comparison == comparison]
    return [column.write(member) if np.isfinite(bits) else "" for member, bits in enumerate(column.bits)]


def others(count: int) -> list[Draft]:
    """Accounts that begin every few hours over 20 days, in sittings of ten."""
    return [
        Draft(
            times=[NEW_YEAR + n * 20 * DAY // count + at // 10 * 3 * DAY + at * MINUTE for at in range(20)],
            demand=[at == 0 and n % 10 == 0 for at in range(20)],
            facts={"single_turn": 1.0},
        )
        for n in range(count)
    ]


def members(count: int, **changes: object) -> list[Draft]:
    """Accounts that begin together on the ninth day and send one exchange every eight hours."""
    draft = Draft(times=[], member=True, demand=True, facts={"single_turn": 1.0})
    return [
        replace(draft, times=[NEW_YEAR + 9 * DAY + n * MINUTE + at * 8 * HOUR for at in range(20)], **changes)  # type: ignore[arg-type]  # of a Draft
        for n in range(count)
    ]


def test_a_beginning_is_told_with_those_who_began_then() -> None:
    told = sentences([*members(10), *others(400)], "first_seen")
    assert told[9].startswith(
        "began 10 January 2026 00:09 UTC, within 3 hours of the first exchanges of all 9 other members and of "
    )


def test_who_is_there_when_the_traffic_begins_began_at_no_known_time() -> None:
    early = [replace(d, times=[at - 9 * DAY for at in d.times]) for d in members(10)]
    assert sentences([*early, *others(400)], "first_seen") == [""] * 10


def test_a_day_on_which_everybody_begins_ties_nobody() -> None:
    crowd = [
        replace(d, times=[NEW_YEAR + 9 * DAY + n * MINUTE // 4 + at * HOUR for at in range(20)])
        for n, d in enumerate(others(400))
    ]
    early = Draft(times=[NEW_YEAR])
    assert sentences([*members(10), *crowd, early], "first_seen") == [""] * 10


def test_members_of_one_customer_begin_together_as_customers_do() -> None:
    assert sentences([*members(10, org="firm"), *others(400)], "first_seen") == [""] * 10


def test_demands_are_told_at_the_highest_share_that_is_reached() -> None:
    half = members(5, demand=[at % 2 == 0 for at in range(20)])
    told = sentences([*members(5), *half, *others(400)], "demand")
    assert told[0].startswith(
        "20 of its 20 exchanges ask for training material: 90% or more, as of 4 of the 9 other members and of none of 400 "
        "other accounts; first exchange 10 January 2026"
    )
    assert told[5].startswith(
        "10 of its 20 exchanges ask for training material: 50% or more, as of all 9 other members"
    )


def test_exchanges_that_come_one_by_one_are_told_against_accounts_of_like_use() -> None:
    told = sentences([*members(10), *others(400)], "sittings")
    assert told[0].startswith(
        "of its 20 exchanges none follows its last within ten minutes: none, as of all 9 other members and of none of 400 "
        "other accounts of like use; "
    )


def test_of_few_exchanges_no_habit_is_told() -> None:
    few = [replace(d, times=d.times[: FEWEST - 1]) for d in members(10)]
    assert sentences([*few, *others(400)], "sittings") == [""] * 10


def test_people_with_sittings_are_told_nothing_of_them() -> None:
    people = [replace(d, member=True) for d in others(10)]
    assert sentences([*people, *others(400)], "sittings") == [""] * 10


def test_many_systems_are_told_and_one_is_not() -> None:
    rotating = [replace(d, values={"asn": [f"AS{n}{at}" for at in range(9)]}) for n, d in enumerate(members(10))]
    rotating[0] = replace(rotating[0], values={"asn": ["AS1"]})
    people = [replace(d, values={"asn": ["AS1", f"AS{n}"]}) for n, d in enumerate(others(400))]
    told = sentences([*rotating, *people], "systems")
    assert told[0] == ""
    assert told[1].startswith(
        "came from 9 autonomous systems (ASNs): 8 or more, as did 8 of the 9 other members and none of 400 other accounts of "
        "like use; "
    )


def test_templates_are_those_whose_users_are_members() -> None:
    demanding = members(10, wordings=("the demand", "a greeting"))
    demanding[0] = replace(demanding[0], wordings=("a greeting",))
    people = [
        replace(d, wordings=("a greeting",) if n > 1 else ("the demand", "a greeting"))
        for n, d in enumerate(others(400))
    ]
    told = sentences([*demanding, *people], "templates")
    assert told[0] == ""
    assert told[1].startswith(
        "20 of its 20 exchanges carry templates of the campaign, which 8 of the 9 other members use; none of them is in more "
        "than 2 of 400 other organisations; "
    )
