"""Which exchanges were taken: the campaign's demands and wordings, not its innocent customers' exchanges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fixtures.crowds import Person, Sent, at_random, group, operator, population, strangers
from hydrometer.detection.campaigns.campaign_harvest import LEAST_COVER, CampaignHarvest, collect_harvest

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup

POOL = 20
OWN, TOOL, FRAMEWORK = "the pool's own wording", "a published tool's wording", "a framework's default"


def relay(rng: np.random.Generator, *, unseen: float = 0.0) -> list[Person]:
    """Accounts whose exchanges are a third harvest, two thirds customers'; of the demands some go unrecognised."""
    people = []
    for person in operator(rng, POOL, name="pool"):
        sent = [Sent(at=at, demand=bool(rng.random() >= unseen), wording=(OWN,)) for at in at_random(rng, 20)]
        sent += [Sent(at=at, wording=(FRAMEWORK,)) for at in at_random(rng, 20)]
        sent += [Sent(at=at) for at in at_random(rng, 20)]
        people.append(replace(person, sent=sent))
    return people


def others(rng: np.random.Generator) -> list[Person]:
    """Strangers, some with the framework, some with the tool."""
    people = strangers(rng, 120)
    framework = [replace(p, sent=[replace(s, wording=(FRAMEWORK,)) for s in p.sent]) for p in people[:60]]
    tool = [replace(p, sent=[replace(s, demand=True, wording=(TOOL,)) for s in p.sent]) for p in people[60:80]]
    return [*framework, *tool, *people[80:]]


def taken(people: list[Person], rng: np.random.Generator) -> tuple[AccountGroup, CampaignHarvest]:
    pool = group(population([*people, *others(rng)]), range(POOL))
    return pool, collect_harvest(pool)


def carrying(pool: AccountGroup, wording: str) -> set[int]:
    """Exchanges of the members with a wording."""
    fragments = pool.population.fragments
    code = sorted({OWN, TOOL, FRAMEWORK}).index(wording)
    exchange, fragment = fragments.list_exchange_pairs(pool.population.events, pool.accounts)
    return set(exchange[fragment == code].tolist())


def test_of_a_relay_the_demands_are_taken_and_the_customers_exchanges_are_not() -> None:
    rng = np.random.default_rng(1)
    pool, harvest = taken(relay(rng), rng)
    assert set(harvest.exchanges.tolist()) == set(pool.elicitation_events.tolist()) == carrying(pool, OWN)
    assert harvest.exchanges.size == 20 * POOL


def test_a_demand_that_was_not_recognised_is_taken_by_its_wording() -> None:
    rng = np.random.default_rng(2)
    pool, harvest = taken(relay(rng, unseen=0.3), rng)
    assert 0.6 < pool.elicitation_events.size / (20 * POOL) < 0.8
    assert set(harvest.exchanges.tolist()) == carrying(pool, OWN)
    recognised = pool.population.events.demand[harvest.exchanges]
    assert harvest.probability[recognised].min() > harvest.probability[~recognised].max()
    assert harvest.probability.max() < 1


def with_the_tool(rng: np.random.Generator, *, vague: float, users: int) -> list[Person]:
    """A pool in which some use a published tool's wording, whose exchanges are taken for demands at times."""
    return [
        replace(
            p,
            sent=[
                replace(s, wording=(TOOL,) if number < users else (), demand=number < users and n % 4 == 0, vague=vague)
                for n, s in enumerate(p.sent[:8])
            ],
        )
        for number, p in enumerate(relay(rng))
    ]


def test_a_published_tools_wording_counts_among_members_who_all_use_it() -> None:
    rng = np.random.default_rng(3)
    pool, harvest = taken(with_the_tool(rng, vague=0.2, users=POOL), rng)
    assert set(harvest.exchanges.tolist()) == carrying(pool, TOOL)


def test_a_published_wording_that_few_members_use_counts_where_it_asks_plainly_only() -> None:
    rng = np.random.default_rng(3)
    pool, harvest = taken(with_the_tool(rng, vague=0.2, users=POOL // 4), rng)
    assert set(harvest.exchanges.tolist()) == set(pool.elicitation_events.tolist()) < carrying(pool, TOOL)


def test_a_resellers_own_instructions_around_its_customers_prompts_are_no_demand() -> None:
    rng = np.random.default_rng(8)
    people = [
        replace(
            p, sent=[s if s.demand else replace(s, wording=(FRAMEWORK, "the reseller's instructions")) for s in p.sent]
        )
        for p in relay(rng)
    ]
    pool, harvest = taken(people, rng)
    assert set(harvest.exchanges.tolist()) == set(pool.elicitation_events.tolist())


def test_nobody_elses_exchange_is_taken() -> None:
    rng = np.random.default_rng(4)
    pool, harvest = taken(relay(rng), rng)
    assert np.isin(harvest.exchanges, pool.events).all()
    assert np.all(np.diff(harvest.exchanges) > 0)


def test_templates_name_what_they_cover() -> None:
    rng = np.random.default_rng(5)
    pool, harvest = taken(relay(rng), rng)
    (wording,) = harvest.templates
    assert set(wording.exchanges.tolist()) == carrying(pool, OWN)
    assert wording.elicitation == "reasoning_trace"
    assert set(harvest.template.tolist()) == {1}
    assert len(harvest.template) == harvest.exchanges.size
    assert wording.exchanges.size >= LEAST_COVER * harvest.exchanges.size


def test_no_exchange_counts_for_two_templates() -> None:
    rng = np.random.default_rng(6)
    people = [
        replace(
            p,
            sent=[replace(s, wording=(OWN, f"{OWN} {rng.integers(3)}")) if s.demand else s for s in p.sent],
        )
        for p in relay(rng)
    ]
    _, harvest = taken(people, rng)
    covered = [exchange for wording in harvest.templates for exchange in wording.exchanges.tolist()]
    assert len(covered) == len(set(covered))
    told = {
        exchange: harvest.templates[number - 1].id
        for exchange, number in zip(harvest.exchanges.tolist(), harvest.template.tolist(), strict=True)
        if number
    }
    assert told == {exchange: wording.id for wording in harvest.templates for exchange in wording.exchanges.tolist()}


def test_what_was_refused_in_a_search_is_taken_and_a_stray_refusal_is_not() -> None:
    rng = np.random.default_rng(7)

    def refused(every: int) -> list[Person]:
        return [
            replace(p, sent=[Sent(at=at, refused=n % every == 0) for n, at in enumerate(at_random(rng, 20))])
            for p in operator(rng, POOL, name="pool")
        ]

    assert taken(refused(2), rng)[1].exchanges.size == 10 * POOL
    assert taken(refused(10), rng)[1].exchanges.size == 0
