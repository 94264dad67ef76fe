"""Each honest explanation is seen where it holds, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fixtures.crowds import (
    BEGIN,
    DAY,
    HOUR,
    Person,
    Sent,
    at_random,
    everything_against,
    group,
    mask,
    operator,
    population,
    strangers,
)
from hydrometer.detection.campaigns.counter_evidence import Objection, compute_clockwork_share
from hydrometer.detection.population.account_group import AccountGroup
from hydrometer.detection.population.peeling import peel_accounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.detection.population.population import Population

HYDRA = 20


def crowd(members: Sequence[Person], others: Sequence[Person] = (), **kept: dict[str, int]) -> Population:
    return population([*members, *others, *strangers(np.random.default_rng(2), 150)], **kept)


def raised(people: Population, members: int = HYDRA) -> dict[str, Objection]:
    found = everything_against(group(people, range(members)))
    assert all(objection.evidence.statement for objection in found)
    # An objection takes bits off an axis, or explains some evidence away altogether.
    assert all((objection.evidence.bits > 0) != bool(objection.explains) for objection in found)
    return {objection.evidence.signal: objection for objection in found}


def hydra() -> list[Person]:
    return operator(np.random.default_rng(1), HYDRA, name="hydra")


def test_nothing_speaks_against_an_operator() -> None:
    assert raised(crowd(hydra())) == {}


def test_a_few_who_harvest_in_a_crowd_that_does_not_are_a_community() -> None:
    rng = np.random.default_rng(3)
    idle = [
        replace(person, sent=[replace(sent, demand=False) for sent in person.sent])
        for person in operator(rng, 60, name="hydra")
    ]
    found = raised(crowd(hydra(), idle))
    assert set(found) == {"community"}
    assert found["community"].axis == "coordination"
    assert int(found["community"].evidence.statement.split()[0]) > HYDRA
    smaller = raised(crowd(hydra(), idle[:30]))
    assert smaller["community"].evidence.bits < found["community"].evidence.bits
    assert raised(crowd(hydra(), idle[:10])) == {}


def test_known_customers_speak_against() -> None:
    half = [replace(person, verified=number % 2 == 0) for number, person in enumerate(hydra())]
    every = [replace(person, verified=True) for person in hydra()]
    some, all_of = raised(crowd(half))["known_customers"], raised(crowd(every))["known_customers"]
    assert some.axis == "coordination"
    assert "50%" in some.evidence.statement
    assert all_of.evidence.bits == 2 * some.evidence.bits
    one = [replace(person, verified=number == 0) for number, person in enumerate(hydra())]
    assert raised(crowd(one)) == {}


def test_a_crowd_that_tries_a_new_model_speaks_against() -> None:
    rng = np.random.default_rng(4)
    fresh = [
        replace(person, sent=[Sent(at=at, demand=True, model="borealis") for at in at_random(rng, 30, begin=6, end=8)])
        for person in hydra()
    ]
    released = BEGIN + 6 * DAY
    found = raised(crowd(fresh, releases={"borealis": released}))
    assert "borealis" in found["release_crowd"].evidence.statement
    assert "release_crowd" not in raised(crowd(fresh))
    assert "release_crowd" not in raised(crowd(fresh, releases={"borealis": released - 6 * DAY}))
    assert "release_crowd" not in raised(crowd(hydra(), releases={"atlas": released}))


def lesson(exchanges: int, *, days: float = 2.0) -> list[Person]:
    """Everybody comes on the third day, and leaves some days later."""
    rng = np.random.default_rng(5)
    return [
        replace(person, sent=[Sent(at=at, demand=True) for at in at_random(rng, exchanges, begin=3, end=3 + days)])
        for person in hydra()
    ]


@pytest.mark.parametrize("exchanges", [6, 40])
def test_an_event_of_a_few_days_explains_that_nobody_sits_down_twice_and_that_loads_are_alike(exchanges: int) -> None:
    event = raised(crowd(lesson(exchanges)))["short_event"]
    assert event.axis == "operation"
    # A queue, and exits that accounts rotate over, are no part of a lesson.
    assert set(event.explains) == {"no_sittings", "quotas"}
    assert "short_event" not in raised(crowd(lesson(exchanges, days=5.0)))


def test_short_lives_say_nothing_in_a_short_window() -> None:
    people = population([*lesson(20), *[replace(p, sent=p.sent[:3]) for p in lesson(20)]])
    assert (people.end - people.start) / DAY < 7
    assert "short_event" not in raised(people)


def nightly(rng: np.random.Generator) -> list[Person]:
    """Each at an hour of its own, every night."""
    return [
        replace(
            person,
            sent=[
                Sent(at=BEGIN + day * DAY + number % 24 * HOUR + int(rng.integers(HOUR)), demand=True)
                for day in range(14)
                for _ in range(2)
            ],
        )
        for number, person in enumerate(hydra())
    ]


def test_accounts_that_are_each_their_own_clock_speak_against() -> None:
    rng = np.random.default_rng(6)
    people = crowd(nightly(rng))
    found = raised(people)
    assert found["own_rhythm"].axis == "operation"
    # Timetables keep nobody apart at the scale of seconds, and rotate nobody's exits.
    assert set(found["own_rhythm"].explains) == {"no_sittings", "quotas", "no_night", "plan_use"}
    assert found["own_rhythm"].evidence.statement.startswith("100%")
    assert compute_clockwork_share(AccountGroup(people, mask(people.size, range(HYDRA)))) == 1.0
    even = [
        replace(person, sent=[Sent(at=BEGIN + n * 5 * HOUR + number, demand=True) for n in range(60)])
        for number, person in enumerate(hydra())
    ]
    assert "own_rhythm" in raised(crowd(even))
    assert compute_clockwork_share(AccountGroup(crowd(hydra()), mask(170, range(HYDRA)))) == 0.0


def test_too_few_exchanges_are_no_clock() -> None:
    few = [replace(person, sent=person.sent[:3]) for person in nightly(np.random.default_rng(7))]
    assert "own_rhythm" not in raised(crowd(few))


def test_loads_as_unequal_as_honest_customers_speak_against() -> None:
    rng = np.random.default_rng(8)
    unequal = [
        replace(person, sent=[Sent(at=at, demand=True) for at in at_random(rng, 3 + number * number, begin=2, end=12)])
        for number, person in enumerate(hydra())
    ]
    found = raised(crowd(unequal))
    assert found["unequal_loads"].axis == "coordination"
    assert found["unequal_loads"].evidence.bits <= 6


def test_people_who_talk_speak_against_a_harvest() -> None:
    talking = [replace(person, facts={"single_turn": 0.1}) for person in hydra()]
    found = raised(crowd(talking))
    assert found["conversations"].axis == "harvest"
    unknown = [replace(person, facts={"single_turn": float("nan")}) for person in hydra()]
    assert "conversations" not in raised(crowd(unknown))


def test_a_demand_now_and_then_is_hardly_a_harvest() -> None:
    rng = np.random.default_rng(9)
    rarely = [
        replace(person, sent=[replace(sent, demand=bool(rng.random() < 0.04)) for sent in person.sent])
        for person in hydra()
    ]
    found = raised(crowd(rarely))
    assert found["few_demands"].axis == "harvest"
    assert "few_demands" not in raised(crowd(hydra()))


def test_who_was_convicted_is_nobodys_community() -> None:
    """The idle sixty are another campaign's pool: they are taken out of everybody, and speak for nobody."""
    rng = np.random.default_rng(3)
    idle = [
        replace(person, sent=[replace(sent, demand=False) for sent in person.sent])
        for person in operator(rng, 60, name="hydra")
    ]
    people = crowd(hydra(), idle)
    assert "community" in raised(people)
    assert "community" not in raised(peel_accounts(people, mask(people.size, range(HYDRA, HYDRA + 60))))


def test_where_nobodys_agreement_is_known_it_is_said_at_no_cost() -> None:
    people = crowd(hydra())
    unknown = replace(people, columns=people.columns - {"accounts.agreements"})
    (objection,) = everything_against(group(unknown, range(HYDRA)))
    assert (objection.evidence.signal, objection.evidence.bits, objection.explains) == ("unknown_agreements", 0.0, ())


def test_the_same_tasks_explain_that_members_work_alike_and_no_queue() -> None:
    """A course has thirty tasks, of which each pupil sends twenty; a list that is worked off is dealt out, each task once."""

    def having(tasks: Sequence[Sequence[int]]) -> list[Person]:
        return [
            replace(p, sent=[replace(s, prompt=t) for s, t in zip(p.sent, some, strict=False)])
            for p, some in zip(hydra(), tasks, strict=True)
        ]

    rng = np.random.default_rng(11)
    course = raised(crowd(having([rng.permutation(30)[:20].tolist() for _ in range(HYDRA)])))["same_tasks"]
    assert course.axis == "operation"
    assert set(course.explains) == {"no_sittings", "quotas", "single_purpose"}
    assert "same_tasks" not in raised(crowd(having([range(20 * at, 20 * at + 20) for at in range(HYDRA)])))
    # A list that two accounts in twenty happen to share a task of is dealt out all the same.
    assert "same_tasks" not in raised(crowd(having([range(18 * at, 18 * at + 20) for at in range(HYDRA)])))
