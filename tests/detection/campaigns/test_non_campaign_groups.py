"""Groups that are shown though they are no campaigns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from msgspec.structs import replace as but

from fixtures.crowds import operator, population, strangers
from hydrometer.contract.settings import CampaignSettings
from hydrometer.detection.campaigns.non_campaign_groups import (
    LEAST_SHARED,
    SINGLE_DEMANDS,
    find_authorised_accounts,
    find_coordinated_groups,
    find_single_customers,
)

SETTINGS = CampaignSettings()


def test_a_rare_value_that_some_share_brings_them_up_and_a_hub_does_not() -> None:
    rng = np.random.default_rng(1)
    made = strangers(rng, 400)
    carrier = [replace(p, values={**p.values, "address": ["carrier"]}) for p in made[:200]]
    office = [replace(p, values={**p.values, "address": ["office"]}) for p in made[200 : 200 + LEAST_SHARED + 1]]
    pair = [replace(p, values={**p.values, "address": ["home"]}) for p in made[300:302]]
    people = population([*carrier, *office, *pair, *made[302:]])
    found = {text: set(np.nonzero(mask)[0].tolist()) for text, mask in find_coordinated_groups(people, SETTINGS)}
    assert found[f"{LEAST_SHARED + 1} organisations share the address office"] == set(range(200, 201 + LEAST_SHARED))
    assert not [text for text in found if "carrier" in text or "home" in text]


def test_groups_that_overlap_are_shown_once_and_no_more_than_asked() -> None:
    rng = np.random.default_rng(2)
    apart = [replace(p, values={"address": p.values["address"]}) for p in strangers(rng, 700)]
    people = population([*operator(rng, 7, name="one"), *operator(rng, 6, name="two"), *apart])
    found = find_coordinated_groups(people, SETTINGS)
    assert [np.nonzero(mask)[0].tolist() for _, mask in found] == [list(range(7)), list(range(7, 13))]
    assert len(find_coordinated_groups(people, but(SETTINGS, shown_groups=1))) == 1


def test_who_harvests_by_agreement_is_shown() -> None:
    rng = np.random.default_rng(3)
    made = [replace(p, authorised=n < 4) for n, p in enumerate(operator(rng, 8, name="lab"))]
    people = population(made + strangers(rng, 50))
    mask = find_authorised_accounts(people, SETTINGS)
    assert mask is not None
    assert np.nonzero(mask)[0].tolist() == [0, 1, 2, 3]
    assert find_authorised_accounts(population(strangers(rng, 50)), SETTINGS) is None


def test_one_customer_that_harvests_much_is_shown() -> None:
    rng = np.random.default_rng(4)
    one = [replace(p, org="one") for p in operator(rng, 6, name="one")]
    few = [replace(p, org="few") for p in operator(rng, 1, name="few")]
    people = population([*one, *few, *strangers(rng, 50)])
    nobody = np.zeros(people.size, dtype=np.bool_)
    ((text, mask),) = find_single_customers(people, nobody, SETTINGS)
    assert np.nonzero(mask)[0].tolist() == list(range(6))
    demands = sum(len(person.sent) for person in one)
    assert demands >= SINGLE_DEMANDS > len(few[0].sent)
    assert text == f"{demands:,} demands of one customer"
    assert find_single_customers(people, mask, SETTINGS) == []
