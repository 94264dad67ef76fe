"""Each member's own facts: exact values and counts, the strongest first, and none by chance or from one customer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fixtures.crowds import group, operator, strangers
from fixtures.crowds import population as crowd
from fixtures.populations import DAY, HOUR, NEW_YEAR, Draft, population
from hydrometer.detection.campaigns.member_facts import MOST_FACTS, MOST_OF_FAMILY, list_member_facts

if TYPE_CHECKING:
    from hydrometer.detection.population.population import Population


def others(count: int) -> list[Draft]:
    """Honest accounts that share nothing, in sittings, each on days of its own."""
    return [
        Draft(
            times=[NEW_YEAR + (1 + number % 20) * DAY + number * HOUR // 7 + at * 60_000_000 for at in range(20)],
            values={"bin": [f"bank {number}"], "asn": [f"{number}"], "address": [f"192.0.2.{number}"]},
            facts={"single_turn": 1.0},
        )
        for number in range(count)
    ]


def members(count: int) -> list[Draft]:
    """Accounts that pay by one batch, use each other's addresses, begin within the hour and never sit down to work."""
    return [
        Draft(
            times=[NEW_YEAR + 9 * DAY + 3 * HOUR + number * 60_000_000 + at * 9 * HOUR for at in range(20)],
            member=True,
            demand=True,
            wordings=("the demand",),
            values={
                "bin": ["431234" if number else "999999"],
                "asn": [f"AS{(number + at) % count}" for at in range(5)],
                "address": [f"203.0.113.{(number + at) % count}" for at in range(5)],
            },
            facts={"single_turn": 1.0, "created": float(NEW_YEAR - 3 * DAY)},
        )
        for number in range(count)
    ]


def test_every_fact_tells_its_value_its_counts_and_since_when() -> None:
    made, chosen = population([*members(10), *others(300)])
    facts = list_member_facts(chosen)
    assert list(facts) == list(range(10))
    assert set(facts[1]) == {
        (
            "pays with a card of the batch (BIN) 431234, as 8 of the 9 other members do and none of 300 other organisations; "
            "account made 29 December 2025"
        ),
        (
            "5 of its 20 exchanges came from 5 addresses which 8 of the 9 other members use too, such as 203.0.113.1 "
            "(4 of them, and none of 300 other organisations); 5 addresses in 5 autonomous systems (ASNs) in all; "
            "first exchange 10 January 2026"
        ),
        (
            "20 of its 20 exchanges ask for training material: 90% or more, as of all 9 other members and of none of 300 other "
            "accounts; account made 29 December 2025"
        ),
        (
            "20 of its 20 exchanges carry templates of the campaign, which all 9 other members use; none of 300 other "
            "organisations uses them; account made 29 December 2025"
        ),
        (
            "began 10 January 2026 03:01 UTC, within 3 hours of the first exchanges of all 9 other members and of "
            f"{count_near(made, 'first_seen')}"
        ),
        (
            "was last seen 17 January 2026 06:01 UTC, within 3 hours of the last exchanges of all 9 other members and of "
            f"{count_near(made, 'last_seen')}"
        ),
        (
            "of its 20 exchanges none follows its last within ten minutes: none, as of all 9 other members and of none of 300 "
            "other accounts of like use; account made 29 December 2025"
        ),
        (
            "came from 5 autonomous systems (ASNs): 4 or more, as did all 9 other members and none of 300 other accounts of like "
            "use; account made 29 December 2025"
        ),
    }


def count_near(made: Population, fact: str) -> str:
    """Who of accounts 10 … was there within three hours of account 1, of those that are not at the edge of the traffic."""
    moments = made.facts[fact]
    known = [m for m in moments[10:] if made.start + 12 * HOUR < m < made.end - 12 * HOUR]
    return f"{sum(abs(m - moments[1]) <= 3 * HOUR for m in known)} of {len(known)} other accounts"


def test_a_member_is_told_of_its_own_facts_only() -> None:
    """Member 0 pays with another card: the others' batch is no fact of its."""
    facts = list_member_facts(population([*members(10), *others(300)])[1])
    assert not any("BIN" in fact for fact in facts[0])
    assert all(any("431234" in fact for fact in facts[number]) for number in range(1, 10))


def test_what_the_others_show_as_often_is_no_fact() -> None:
    shared = [replace(draft, values={**draft.values, "bin": ["431234"]}) for draft in others(300)]
    facts = list_member_facts(population([*members(10), *shared])[1])
    assert not any("BIN" in fact for several in facts.values() for fact in several)


def test_strangers_who_are_called_a_group_share_nothing() -> None:
    rng = np.random.default_rng(1)
    facts = list_member_facts(group(crowd(strangers(rng, 300)), range(40, 70)))
    assert list(facts) == list(range(40, 70))
    assert sum(map(len, facts.values())) <= 1


def test_what_one_customer_shares_with_itself_is_no_fact() -> None:
    """The batch is that of accounts 1 … 9, which are one organisation."""
    one = [replace(draft, org="firm" if number else "") for number, draft in enumerate(members(10))]
    facts = list_member_facts(population([*one, *members(4), *others(300)])[1])
    assert any("BIN" in fact for fact in facts[1])
    apart = [replace(draft, values={**draft.values, "bin": [f"own {n}"]}) for n, draft in enumerate(members(4))]
    facts = list_member_facts(population([*one, *apart, *others(300)])[1])
    assert not any("BIN" in fact for several in facts.values() for fact in several)


def test_no_family_crowds_out_the_others_and_the_list_is_short() -> None:
    rng = np.random.default_rng(2)
    drafts = operator(rng, 20, name="hydra")
    cards = {"payment": "one card", "device": "one device", "phone": "one phone", "email_domain": "one.example"}
    drafts = [replace(draft, values={**draft.values, **cards}) for draft in drafts]
    facts = list_member_facts(group(crowd([*drafts, *strangers(rng, 300)]), range(20)))
    for several in facts.values():
        identity = [fact for fact in several if " have and " in fact or " do and " in fact or " were and " in fact]
        assert len(identity) == MOST_OF_FAMILY
        assert MOST_OF_FAMILY < len(several) <= MOST_FACTS
        assert sum("e-mail name" in fact for fact in several) <= 1


def test_a_group_of_two_customers_has_no_facts() -> None:
    facts = list_member_facts(population([*members(2), *others(300)])[1])
    assert facts == {0: [], 1: []}
