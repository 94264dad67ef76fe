"""Which groups are brought up, and from whom: all of them, whatever their number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fixtures.crowds import Person, Sent, at_random, mask, operator, population, strangers, views_of
from hydrometer.contract.settings import CampaignSettings
from hydrometer.detection.campaigns.candidate_generation import (
    ProposedGroup,
    find_harvesters,
    find_leaning_accounts,
    propose_groups,
)
from hydrometer.detection.campaigns.comparison_features import build_comparison_features
from hydrometer.detection.campaigns.operator_separation import assign_to_nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.detection.population.population import Bools, Population

SETTINGS = CampaignSettings()
NORTH, SOUTH = range(25), range(25, 45)


def crowd() -> Population:
    """Two operators with one tool, twenty who use it alone, and strangers."""
    rng = np.random.default_rng(1)
    tool = "the tool's wording"
    north = operator(rng, 25, name="north", begin=1, end=12, wording=tool)
    south = operator(rng, 20, name="south", begin=4, end=13, exchanges=70, wording=tool)
    hobby = [
        replace(person, sent=[replace(sent, demand=True, wording=(tool,)) for sent in person.sent])
        for person in strangers(rng, 20)
    ]
    return population([*north, *south, *hobby, *strangers(rng, 250)])


PEOPLE = crowd()


def asked(score: Callable[[Bools], float], people: Population = PEOPLE) -> list[ProposedGroup]:
    return propose_groups(views_of(people), SETTINGS, score)


def mostly(members: Bools) -> float:
    """Whether a group is nearly all one operator's."""
    size = max(1, int(members.sum()))
    return 0.99 if max(members[NORTH].sum(), members[SOUTH].sum()) / size > 0.9 else 0.0


def test_each_operator_is_a_proposal_of_its_own() -> None:
    proposals = asked(mostly)
    groups = [np.nonzero(proposal.members)[0].tolist() for proposal in proposals[:2]]
    assert sorted(groups) == [list(NORTH), list(SOUTH)]
    assert all(proposal.seed for proposal in proposals)


def test_an_operator_whose_demand_is_known_only_vaguely_is_proposed_too() -> None:
    """Nobody asks plainly; the wording that one operator's accounts share leans to demands."""
    rng = np.random.default_rng(3)
    own = "a wording of its own"
    hydra = [
        replace(person, sent=[replace(sent, demand=False, vague=0.12, wording=(own,)) for sent in person.sent])
        for person in operator(rng, 25, name="hydra")
    ]
    people = population([*hydra, *strangers(rng, 250)])
    assert not find_harvesters(people, SETTINGS)[:25].any()
    assert np.nonzero(find_leaning_accounts(people))[0].tolist() == list(range(25))
    proposals = asked(mostly, people=people)
    assert np.nonzero(proposals[0].members)[0].tolist() == list(range(25))


@pytest.mark.parametrize("probability", [0.0, 0.99])
def test_no_account_is_in_two_proposals(probability: float) -> None:
    proposals = asked(lambda _: probability)
    assert proposals
    assert np.sum([proposal.members for proposal in proposals], axis=0).max() == 1


def test_the_same_crowd_gives_the_same_proposals() -> None:
    first, second = asked(mostly), asked(mostly)
    assert [(p.seed, p.members.tolist()) for p in first] == [(p.seed, p.members.tolist()) for p in second]


def test_too_few_organisations_are_no_proposal() -> None:
    rng = np.random.default_rng(2)
    few = population([*operator(rng, SETTINGS.least_orgs - 1, name="hydra"), *strangers(rng, 100)])
    assert asked(lambda _: 0.99, people=few) == []
    one = population([replace(p, org="one") for p in operator(rng, 20, name="hydra")] + strangers(rng, 100))
    assert asked(lambda _: 0.99, people=one) == []


def chosen(*people: Person) -> list[bool]:
    found: list[bool] = find_harvesters(population(people), SETTINGS).tolist()
    return found


def sending(count: int, *, demands: int = 0, refused: int = 0) -> list[Sent]:
    return [Sent(at=10**9 * n, demand=n < demands, refused=n < refused) for n in range(count)]


def test_who_asks_or_is_refused_again_and_again_may_harvest() -> None:
    assert chosen(
        Person(sent=sending(10, demands=8), facts={"asking": 9.0}),
        Person(sent=sending(10, demands=8), facts={"asking": SETTINGS.least_asking - 0.1}),
        Person(sent=sending(1, demands=1), facts={"asking": 9.0}),
        Person(sent=sending(10, refused=5), facts={"asking": 0.0}),
        Person(sent=sending(2, refused=1), facts={"asking": 0.0}),
        Person(sent=sending(100, refused=5), facts={"asking": 0.0}),
        Person(sent=sending(10, demands=8), facts={"asking": 9.0}, authorised=True),
    ) == [True, False, False, True, False, False, False]


def test_who_may_train_on_outputs_is_never_proposed() -> None:
    rng = np.random.default_rng(3)
    made = operator(rng, 25, name="hydra")
    people = population([replace(p, authorised=n < 12) for n, p in enumerate(made)] + strangers(rng, 150))
    proposals = asked(lambda _: 0.99, people=people)
    assert proposals
    assert not any((proposal.members & mask(people.size, range(12))).any() for proposal in proposals)


RINGS, RING = 62, 8


@pytest.fixture(scope="module")
def many_rings() -> Population:
    """Sixty-two rings of eight accounts, each with a batch of cards and a block of addresses of its own, among many."""
    rng = np.random.default_rng(4)
    rings = [
        Person(
            sent=[Sent(at=at, demand=True) for at in at_random(rng, 6)],
            values={"bin": f"bank of ring {number // RING}", "network": [f"block of ring {number // RING}"]},
        )
        for number in range(RINGS * RING)
    ]
    crowd = [
        Person(
            sent=[Sent(at=at) for at in at_random(rng, 6)],
            values={"bin": f"bank {rng.integers(60)}", "network": [f"block {rng.integers(900)}"]},
        )
        for _ in range(2_600)
    ]
    return population([*rings, *crowd])


def test_however_many_groups_there_are_each_is_found(many_rings: Population) -> None:
    """All who ask are rejected as one group; it hides none of the rings that it is made of."""

    def one_ring(members: Bools) -> float:
        shares = np.bincount(np.nonzero(members)[0] // RING, minlength=RINGS)
        return 0.99 if shares.max(initial=0) > 0.9 * members.sum() > 0 else 0.0

    proposals = asked(one_ring, people=many_rings)
    groups = {tuple(np.nonzero(proposal.members)[0].tolist()) for proposal in proposals}
    rings = {tuple(range(at * RING, (at + 1) * RING)) for at in range(RINGS)}
    assert len(rings - groups) == 0


def test_what_is_convicted_no_longer_hides_the_next() -> None:
    """One operator is scored as a campaign at first; from then on its accounts are in nobody's null, and noted as convicted."""
    views = views_of(PEOPLE)
    seen: list[int] = []

    def score(members: Bools) -> float:
        seen.append(int(views.convicted.sum()))
        return mostly(members)

    proposals = propose_groups(views, SETTINGS, score)
    assert seen[0] == 0
    assert max(seen) == len(NORTH) + len(SOUTH)
    convicted = proposals[0].members | proposals[1].members
    assert views.convicted.tolist() == convicted.tolist()


def test_every_account_goes_to_the_campaign_that_it_resembles_most() -> None:
    """Whoever is found first took some of the other's accounts; in the end they are where they belong."""
    wrong = mask(PEOPLE.size, [*range(25), 25, 26]), mask(PEOPLE.size, range(27, 45))
    first, second = assign_to_nearest(build_comparison_features(PEOPLE), list(wrong))
    assert np.nonzero(first)[0].tolist() == list(NORTH)
    assert np.nonzero(second)[0].tolist() == list(SOUTH)
