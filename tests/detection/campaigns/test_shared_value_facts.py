"""Values that members share with other members: of one value an account, and of several."""

from __future__ import annotations

import numpy as np

from fixtures.populations import NEW_YEAR, Draft, population
from hydrometer.contract.entity_kinds import ENTITY_KINDS
from hydrometer.detection.campaigns.shared_value_facts import (
    MOST_COMPANIONS,
    SEVERAL_PHRASES,
    SINGLE_PHRASES,
    build_value_columns,
)


def account(member: bool = False, org: str = "", **values: str | list[str]) -> Draft:
    shown = {kind: [value] if isinstance(value, str) else value for kind, value in values.items()}
    return Draft(times=[NEW_YEAR], member=member, org=org, values=shown)


def sentences(drafts: list[Draft], comparison: str) -> list[str]:
    """What is told of each member by the columns of one comparison; empty where nothing is."""
    _, group = population(drafts)
    columns = [column for column in build_value_columns(group) if column.comparison == comparison]
    return [
        " | ".join(column.write(member) for column in columns if np.isfinite(column.bits[member]))
        for member in range(group.accounts.size)
    ]


def test_every_kind_that_may_convict_has_its_words() -> None:
    convicting = {kind for kind, spec in ENTITY_KINDS.items() if spec.convicts and spec.table}
    assert convicting == SINGLE_PHRASES.keys() | SEVERAL_PHRASES.keys()
    assert all(ENTITY_KINDS[kind].single for kind in SINGLE_PHRASES)


def test_values_that_are_not_known_are_not_counted() -> None:
    members = [account(True, device="box") for _ in range(6)] + [account(True)]
    others = [account(device=f"own {n}") for n in range(300)] + [account() for _ in range(100)]
    told = sentences([*members, *others], "device")
    assert told[0].startswith(
        "was signed up on the device box, as 5 of the 5 other members of whom it is known were and none of 300 other "
        "organisations of which it is known; "
    )
    assert told[6] == ""


def test_a_sign_up_day_is_told_as_a_day() -> None:
    members = [account(True, signup_day="2026-04-12") for _ in range(6)]
    told = sentences([*members, *(account(signup_day=f"2025-01-{n % 28 + 1:02d}") for n in range(300))], "signup_day")
    assert told[0] == "was made on 12 April 2026, as all 5 other members were and none of 300 other organisations"


def test_others_are_counted_by_organisation_and_neighbours_of_members_are_none() -> None:
    """The device is that of 6 members, of 4 accounts of one firm, and of an account beside the first member."""
    members = [account(True, device="box", org="first" if n == 0 else "") for n in range(6)]
    beside = [account(device="box", org="first"), *(account(device="box", org="firm") for _ in range(4))]
    told = sentences([*members, *beside, *(account(device=f"own {n}") for n in range(300))], "device")
    assert "as all 5 other members were and 1 of 301 other organisations; " in told[0]


def test_what_only_one_other_organisation_shows_is_between_the_two() -> None:
    members = [account(True, device=f"box {n // 2}") for n in range(8)]
    assert sentences([*members, *(account(device=f"own {n}") for n in range(3_000))], "device") == [""] * 8


def test_addresses_that_are_each_shared_with_one_other_add_up() -> None:
    """Eight members meet in pairs, each pair at an address of its own."""
    addresses: list[list[str]] = [[] for _ in range(8)]
    for one in range(8):
        for other in range(one):
            addresses[one].append(f"203.0.113.{one * 8 + other}")
            addresses[other].append(f"203.0.113.{one * 8 + other}")
    members = [account(True, address=[*several, f"198.51.100.{n}"]) for n, several in enumerate(addresses)]
    told = sentences([*members, *(account(address=f"192.0.2.{n}") for n in range(250))], "address")
    assert told[0].startswith(
        "7 of its 1 exchanges came from 7 addresses which all 7 other members use too, such as 203.0.113."
    )
    assert "(1 of them, and none of 250 other organisations); 8 addresses in all; first exchange" in told[0]


def test_an_address_of_a_carrier_is_no_fact() -> None:
    members = [account(True, address=["203.0.113.1", f"198.51.100.{n}"]) for n in range(8)]
    others = [account(address="203.0.113.1" if n % 3 else f"192.0.2.{n}") for n in range(240)]
    assert sentences([*members, *others], "address") == [""] * 8


def test_end_users_are_counted_and_not_named() -> None:
    members = [account(True, end_user=["a-customer-of-a-customer", f"own-customer-{n}"]) for n in range(8)]
    told = sentences([*members, *(account(end_user=f"someone-else-{n}") for n in range(300))], "end_user")
    assert told[0].startswith(
        "1 of its 1 exchanges were for 1 end user whom all 7 other members serve too; 2 end users in all; "
    )


def test_of_a_crowd_of_companions_only_that_they_are_many_is_told() -> None:
    members = [account(True, address="203.0.113.1") for _ in range(MOST_COMPANIONS + 20)]
    told = sentences([*members, *(account(address=f"192.0.2.{n}") for n in range(2_000))], "address")
    assert (
        "which 500 or more other members use too, such as 203.0.113.1 (519 of them, and none of 2,000 other" in told[0]
    )


def test_addresses_and_their_networks_are_one_comparison() -> None:
    members = [account(True, address=f"203.0.113.{n}", network="203.0.113.0/24") for n in range(8)]
    others = [account(address=f"192.0.2.{n}", network=f"10.0.{n}.0/24") for n in range(250)]
    told = sentences([*members, *others], "address")
    assert told[0].startswith(
        "1 of its 1 exchanges came from 1 network which all 7 other members use too, such as 203.0.113.0/24 "
    )
