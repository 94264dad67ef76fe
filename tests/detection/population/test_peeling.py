"""Everybody without some accounts: counted as if they had never been, and still there to be read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.crowds import Person, mask, operator, population, strangers
from hydrometer.detection.population.account_group import AccountGroup
from hydrometer.detection.population.org_panel import (
    count_all_orgs,
    list_counted_accounts,
    list_other_accounts,
    list_panel_accounts,
)
from hydrometer.detection.population.peeling import peel_accounts
from hydrometer.detection.signals.content.elicitation import mask_eliciting_orgs
from hydrometer.detection.signals.content.leaning import PART, mask_leaning_orgs

if TYPE_CHECKING:
    from hydrometer.detection.population.population import Population

HYDRA, OTHERS = 12, 60


def crowd(*, tool: str = "") -> list[Person]:
    """An operator's accounts, then strangers of whom some use the same tool, and three in one organisation."""
    rng = np.random.default_rng(1)
    honest = strangers(rng, OTHERS, demand=0.05)
    honest = [
        replace(p, sent=[replace(s, wording=("the tool", f"own {n % 7}")) for s in p.sent] if n < 20 else p.sent)
        for n, p in enumerate(honest)
    ]
    honest[-3:] = [replace(p, org="one") for p in honest[-3:]]
    return [*operator(rng, HYDRA, name="hydra", wording=tool or "the tool"), *honest]


PEOPLE = crowd()
WHOLE = population(PEOPLE)


def counts_by_name(people: Population) -> dict[tuple[str, str], int]:
    """Organisations that show each value that anybody shows."""
    return {
        (kind, str(pairs.names[value])): int(orgs)
        for kind, pairs in people.entities.items()
        for value, orgs in enumerate(pairs.orgs)
        if orgs
    }


def fragment_counts(people: Population) -> list[tuple[int, int]]:
    """Organisations and exchanges of each fragment that anybody sends, sorted: fragments have no names here."""
    rows = zip(people.fragments.orgs.tolist(), people.fragments.exchanges.tolist(), strict=True)
    return sorted(row for row in rows if any(row))


@given(st.sets(st.integers(0, HYDRA + OTHERS - 4), min_size=1, max_size=60))
@settings(max_examples=30)
def test_counts_are_those_of_a_population_without_them(excluded: set[int]) -> None:
    peeled = peel_accounts(WHOLE, mask(WHOLE.size, sorted(excluded)))
    built = population([person for number, person in enumerate(PEOPLE) if number not in excluded])
    assert counts_by_name(peeled) == counts_by_name(built)
    assert fragment_counts(peeled) == fragment_counts(built)
    assert count_all_orgs(peeled) == count_all_orgs(built)
    assert list_counted_accounts(peeled).size == built.size
    # Of the panel, of those who ask and of those who lean, nobody who is gone.
    names = [WHOLE.accounts[n] for n in range(WHOLE.size) if n not in excluded]
    assert sorted(peeled.accounts[a] for a in list_panel_accounts(peeled)) == names
    assert mask_eliciting_orgs(peeled).sum() == mask_eliciting_orgs(built).sum()
    leaning = {WHOLE.orgs[org] for org in np.nonzero(mask_leaning_orgs(peeled))[0].tolist()}
    kept = [n for n in range(WHOLE.size) if n not in excluded and WHOLE.facts["leaning"][n] >= PART]
    assert leaning == {WHOLE.orgs[WHOLE.org[n]] for n in kept}


def test_accounts_keep_their_numbers_their_facts_and_their_exchanges() -> None:
    gone = mask(WHOLE.size, range(HYDRA))
    peeled = peel_accounts(WHOLE, gone)
    assert peeled.accounts == WHOLE.accounts
    assert peeled.events is WHOLE.events
    assert peeled.facts is WHOLE.facts
    assert peeled.excluded is not None
    assert peeled.excluded.tolist() == gone.tolist()
    assert AccountGroup(peeled, gone).events.tolist() == AccountGroup(WHOLE, gone).events.tolist()
    # What was there is as it was.
    assert WHOLE.excluded is None
    assert counts_by_name(WHOLE) == counts_by_name(population(PEOPLE))
    assert fragment_counts(WHOLE) == fragment_counts(population(PEOPLE))


def test_nobody_taken_out_is_the_population() -> None:
    assert peel_accounts(WHOLE, np.zeros(WHOLE.size, dtype=np.bool_)) is WHOLE


def test_of_an_organisation_that_has_other_accounts_nobody_is_taken_out() -> None:
    some = mask(WHOLE.size, [WHOLE.size - 1, WHOLE.size - 2])
    assert peel_accounts(WHOLE, some) is WHOLE
    together = mask(WHOLE.size, [0, WHOLE.size - 1])
    peeled = peel_accounts(WHOLE, together)
    assert peeled.excluded is not None
    assert np.nonzero(peeled.excluded)[0].tolist() == [0]
    all_three = peel_accounts(WHOLE, mask(WHOLE.size, range(WHOLE.size - 3, WHOLE.size)))
    assert all_three.excluded is not None
    assert np.nonzero(all_three.excluded)[0].tolist() == list(range(WHOLE.size - 3, WHOLE.size))


def test_nobody_taken_out_is_another_groups_null() -> None:
    peeled = peel_accounts(WHOLE, mask(WHOLE.size, range(HYDRA)))
    members = mask(WHOLE.size, range(HYDRA, HYDRA + 10))
    before, after = AccountGroup(WHOLE, members), AccountGroup(peeled, members)
    assert np.nonzero(before.others & ~after.others)[0].tolist() == list(range(HYDRA))
    assert not after.peers[:HYDRA].any()
    assert not set(list_other_accounts(after).tolist()) & set(range(HYDRA))


def test_one_operators_mark_no_longer_hides_the_next_ones() -> None:
    """Two operators of one batch of cards: beside the first, the second's card is in many hands."""
    rng = np.random.default_rng(2)
    first, second = operator(rng, 30, name="first"), operator(rng, 10, name="second")
    batch = [replace(p, values={**p.values, "bin": "the batch"}) for p in [*first, *second]]
    people = population([*batch, *strangers(rng, 100)])
    peeled = peel_accounts(people, mask(people.size, range(30)))
    assert counts_by_name(people)["bin", "the batch"] == 40
    assert counts_by_name(peeled)["bin", "the batch"] == 10


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_was_worked_out_before_is_not_kept(order: tuple[int, int]) -> None:
    """Panels and counts are remembered by population: another view has its own."""
    views = [WHOLE, peel_accounts(WHOLE, mask(WHOLE.size, range(HYDRA)))]
    counts = {at: count_all_orgs(views[at]) for at in order}
    assert counts[0] - counts[1] == HYDRA
