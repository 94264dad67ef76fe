"""Counting the wordings of some accounts, against plain readings."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.crowds import BEGIN, HOUR, Person, Sent, group, population
from hydrometer.detection.campaigns.campaign_harvest import collect_harvest
from hydrometer.detection.population.fragment_counts import (
    count_carrying_exchanges,
    count_elicitation_uses,
    count_fragments,
)

WORDINGS = ("one", "three", "two")
SENT = st.tuples(st.sets(st.sampled_from(WORDINGS)), st.booleans())
PEOPLE = st.lists(st.tuples(st.integers(0, 3), st.lists(SENT, min_size=1, max_size=5)), min_size=2, max_size=8)


def made(people: list[tuple[int, list[tuple[set[str], bool]]]]) -> list[Person]:
    """Accounts of a few organisations; the first sends every wording once, so that each has a number."""
    everything = Person(org="all", sent=[Sent(at=BEGIN, wording=WORDINGS)])
    return [everything] + [
        Person(
            org=f"org {org}",
            sent=[
                Sent(at=BEGIN + at * HOUR, demand=demand, wording=tuple(sorted(wording)))
                for at, (wording, demand) in enumerate(sent)
            ],
        )
        for org, sent in people
    ]


@given(PEOPLE, st.sets(st.integers(1, 8), min_size=1))
@settings(max_examples=60)
def test_fragments_are_counted_over_the_accounts_own_exchanges(
    people: list[tuple[int, list[tuple[set[str], bool]]]], chosen: set[int]
) -> None:
    accounts = sorted({1 + number % len(people) for number in chosen})
    crowd = population(made(people))
    uses: Counter[int] = Counter()
    demands: Counter[int] = Counter()
    orgs: dict[int, set[int]] = {}
    for account in accounts:
        org, sent = people[account - 1]
        for wording, demand in sent:
            for text in wording:
                fragment = WORDINGS.index(text)
                uses[fragment] += 1
                demands[fragment] += demand
                orgs.setdefault(fragment, set()).add(org)
    # Twice, because the second count must find nothing of the first.
    for numbers in (accounts, accounts[::-1]):
        found = count_fragments(crowd, np.array(numbers))
        assert found.fragment.tolist() == sorted(uses)
        assert found.uses.tolist() == [uses[f] for f in sorted(uses)]
        assert count_elicitation_uses(crowd, np.array(numbers))[found.fragment].tolist() == [
            demands[f] for f in sorted(uses)
        ]
        assert found.orgs.tolist() == [len(orgs[f]) for f in sorted(uses)]


@given(PEOPLE, st.sets(st.sampled_from(WORDINGS)))
@settings(max_examples=60)
def test_an_exchange_that_carries_several_chosen_fragments_counts_once(
    people: list[tuple[int, list[tuple[set[str], bool]]]], chosen: set[str]
) -> None:
    crowd = population(made(people))
    mask = np.array([text in chosen for text in WORDINGS])
    found = count_carrying_exchanges(crowd, np.arange(crowd.size), mask)
    assert found.tolist() == [
        int(bool(chosen)),
        *(sum(bool(wording & chosen) for wording, _ in sent) for _, sent in people),
    ]


def test_what_is_harvested_counts_the_accounts_of_each_wording() -> None:
    people = made([(0, [({"two"}, True)] * 5)] + [(org, [({"one"}, True)] * 6) for org in (1, 2, 3)])
    harvest = collect_harvest(group(population(people), [1, 2, 3, 4]))
    assert sorted((len(w.exchanges), w.accounts) for w in harvest.templates) == [(18, 3)]
    assert harvest.owners.tolist() == np.repeat([1, 2, 3, 4], [5, 6, 6, 6]).tolist()
