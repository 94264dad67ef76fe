"""What organisations share: counted by organisation, weighed by how rare it is, and free of the order of accounts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fixtures.populations import NEW_YEAR, Draft, members, people, population, showing
from hydrometer.contract.entity_kinds import ENTITY_KINDS, EntityKind
from hydrometer.detection.population.account_group import AccountGroup
from hydrometer.detection.population.entity_steps import TRAFFIC_KINDS
from hydrometer.detection.population.org_panel import list_panel_accounts, select_one_per_org
from hydrometer.detection.signals.peer_comparison import compare_with_peers
from hydrometer.detection.signals.shared_values import (
    SharedValueScore,
    describe_shared_value,
    find_shared_values,
    find_strongest_value,
    measure_collisions,
    withhold_value,
)
from hydrometer.detection.signals.tail_probabilities import rank_test


def with_bins(*bins: str, org: str = "") -> list[Draft]:
    return [Draft(times=[NEW_YEAR], values={"bin": [name]}, org=org) for name in bins]


def test_a_value_is_counted_by_organisation() -> None:
    drafts = members(with_bins("x", "x", "x", org="one") + with_bins("x", "x", "y"))
    made, group = population(drafts + with_bins("x", *(f"other-{n}" for n in range(50))))
    (shared,) = find_shared_values(group, made.entities[EntityKind.BIN])
    assert (shared.name, shared.inside, shared.population) == ("x", 3, 4)


def test_too_few_organisations_share_nothing() -> None:
    drafts = members(with_bins("x", "x", "x", "x", org="one") + with_bins("x", "z"))
    made, group = population(drafts + with_bins(*(f"other-{n}" for n in range(50))))
    assert find_shared_values(group, made.entities[EntityKind.BIN]) == []
    assert find_strongest_value(group, [EntityKind.BIN]) is None


@pytest.mark.parametrize("elsewhere", [0, 1, 3, 6])
def test_a_value_weighs_the_less_the_more_others_show_it(elsewhere: int) -> None:
    def weight(others: int) -> float:
        crowd = with_bins(*("x" if at < others else f"other-{at}" for at in range(100)))
        made, group = population(members(with_bins("x", "x", "x", "x", "y", "z")) + crowd)
        return find_shared_values(group, made.entities[EntityKind.BIN])[0].log10_p

    assert weight(elsewhere) < weight(elsewhere + 3)


def test_the_more_share_it_the_more_it_weighs() -> None:
    def weight(sharing: int) -> float:
        mine = with_bins(*("x" if at < sharing else f"own-{at}" for at in range(12)))
        made, group = population(members(mine) + with_bins(*(f"other-{n}" for n in range(100))))
        return find_shared_values(group, made.entities[EntityKind.BIN])[0].log10_p

    weights = [weight(sharing) for sharing in range(3, 13)]
    assert weights == sorted(weights, reverse=True)


def test_cover_asks_for_a_share_of_the_group() -> None:
    mine = with_bins("x", "x", "x", "x", *(f"own-{n}" for n in range(6)))
    _, group = population(members(mine) + with_bins(*(f"other-{n}" for n in range(100))))
    assert find_strongest_value(group, [EntityKind.BIN], cover=0.4) is not None
    assert find_strongest_value(group, [EntityKind.BIN], cover=0.5) is None


def test_purity_is_the_share_of_those_who_show_the_value_that_are_members() -> None:
    drafts = members(with_bins("x", "x", "x")) + with_bins("x", *(f"other-{n}" for n in range(50)))
    _, group = population(drafts)
    finding = find_strongest_value(group, [EntityKind.BIN])
    assert finding is not None
    assert finding.purity == pytest.approx(3 / 4)
    assert "3 of 3 organisations" in finding.statement
    assert "1 elsewhere" in finding.statement


def test_levels_of_one_comparison_cost_a_try_each() -> None:
    drafts = members(with_bins("x", "x", "x", "x")) + with_bins(*(f"other-{n}" for n in range(50)))
    _, group = population(drafts)
    alone, beside = (
        find_strongest_value(group, [EntityKind.BIN]),
        find_strongest_value(group, [EntityKind.BIN, EntityKind.PHONE]),
    )
    assert alone is not None
    assert beside is not None
    assert beside.log10_p == pytest.approx(alone.log10_p + np.log10(2))


def test_a_group_without_the_kind_shares_nothing() -> None:
    made, group = population(members([Draft(times=[NEW_YEAR])] * 4) + with_bins("x", "x", "x"))
    assert find_shared_values(group, made.entities[EntityKind.BIN]) == []
    assert measure_collisions(group, made.entities[EntityKind.BIN]) is None
    assert find_strongest_value(group, [EntityKind.DOMAIN]) is None


def test_meetings_are_pairs_of_organisations() -> None:
    mine = with_bins("x", "x", "x", "y", "y", "z") + with_bins("z", "z", "z", org="one")
    drafts = members(mine) + with_bins(*(f"other-{n}" for n in range(60)))
    made, group = population([showing(draft, "device", *draft.values["bin"]) for draft in drafts])
    finding = measure_collisions(group, made.entities[EntityKind.DEVICE])
    assert finding is not None
    # x: three pairs, y: one, z: one more with the organisation that shows it three times.
    assert "meet at 3 devices (5 meetings" in finding.statement
    assert finding.purity == pytest.approx(1.0)


def test_meetings_at_a_hub_are_expected() -> None:
    rng = np.random.default_rng(1)
    crowd = [showing(d, "address", "hub") for d in people(rng, 200)]
    made, group = population(members(crowd[:20]) + crowd[20:])
    finding = measure_collisions(group, made.entities[EntityKind.ADDRESS])
    assert finding is not None
    assert finding.log10_p > -1


def test_the_order_of_the_accounts_changes_no_sharing() -> None:
    rng = np.random.default_rng(4)
    drafts = people(rng, 120)
    drafts = members(drafts[:20], lambda at, d: showing(d, "bin", f"x{at % 3}")) + drafts[20:]
    made, group = population(drafts)
    order = rng.permutation(len(drafts))
    other, again = population([drafts[at] for at in order])
    assert find_shared_values(group, made.entities[EntityKind.BIN]) == find_shared_values(
        again, other.entities[EntityKind.BIN]
    )
    first, second = (
        measure_collisions(group, made.entities[EntityKind.ADDRESS]),
        measure_collisions(again, other.entities[EntityKind.ADDRESS]),
    )
    assert first is not None
    assert second is not None
    assert first.statement == second.statement
    assert first.log10_p == pytest.approx(second.log10_p)


def test_every_kind_of_entity_has_a_label() -> None:
    assert all(ENTITY_KINDS[kind].label and ENTITY_KINDS[kind].plural for kind in TRAFFIC_KINDS)
    made, group = population(members(with_bins("x", "x", "x")) + with_bins("y"))
    assert describe_shared_value(find_shared_values(group, made.entities[EntityKind.BIN])[0], 3).endswith(
        "0 elsewhere do."
    )


def test_one_account_speaks_for_an_organisation() -> None:
    drafts = [Draft(times=[NEW_YEAR], org=org) for org in ("a", "b", "a", "c", "b", "a")]
    made, _ = population(drafts)
    group = AccountGroup(made, np.array([False, False, True, False, False, True]))
    for known, mine, others in ((range(6), [2], [1, 3]), (range(3, 6), [5], [4, 3]), (range(2), [], [1])):
        value = np.full(6, np.nan)
        value[list(known)] = 1.0
        assert [accounts.tolist() for accounts in select_one_per_org(group, value)] == [mine, others]


def test_many_organisations_are_compared_with_a_panel_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrometer.detection.population.org_panel.PANEL", 20)
    drafts = [Draft(times=[NEW_YEAR], org=f"org {at % 50:02d}") for at in range(120)]
    made, _ = population(drafts)
    chosen = np.zeros(120, dtype=np.bool_)
    chosen[:9] = True
    group = AccountGroup(made, chosen)
    drawn = list_panel_accounts(made)
    assert np.unique(made.org[drawn]).size == 20
    # Whole organisations, each with all its accounts.
    assert set(drawn.tolist()) == set(np.nonzero(np.isin(made.org, made.org[drawn]))[0].tolist())
    mine, others = select_one_per_org(group, np.ones(120))
    assert made.org[mine].tolist() == list(range(9))
    assert set(made.org[others].tolist()) == set(made.org[drawn].tolist()) - set(range(9))


def test_members_meet_peers_of_their_own_volume_only() -> None:
    """The value is little but the volume itself: the busiest stand out among all, and do not among their like."""
    rng = np.random.default_rng(3)
    drafts = sorted(people(rng, 300), key=lambda draft: len(draft.times))
    made, group = population(drafts[:180] + members(drafts[180:240:2]) + drafts[181:240:2] + drafts[240:])
    value = made.facts["exchanges"] + rng.normal(0, 4, made.size)
    among_all, _ = rank_test(value[group.members], value[group.peers])
    assert among_all < -2
    log10_p, above = compare_with_peers(group, value)
    assert log10_p > -1
    assert above == pytest.approx(0.5, abs=0.15)


def test_members_that_differ_from_peers_of_their_volume_stand_out() -> None:
    rng = np.random.default_rng(3)
    drafts = people(rng, 300)
    made, group = population(members(drafts[:20]) + drafts[20:])
    value = rng.normal(0, 1, made.size) + 2.0 * group.members
    log10_p, above = compare_with_peers(group, value)
    assert log10_p < -5
    assert above > 0.8
    lone = AccountGroup(replace(made, org=np.where(group.members, 0, made.org)), group.members)
    assert compare_with_peers(lone, value) == (0.0, 0.5)


def test_every_kind_of_value_can_be_withheld() -> None:
    for kind, spec in ENTITY_KINDS.items():
        for value in ("192.0.2.7", "a value; with a stop", "the the show"):
            whole = describe_shared_value(SharedValueScore(kind, 0, value, 5, 8, -9.0), 6)
            assert value in whole
            assert withhold_value(whole) == f"5 of 6 organisations show one {spec.label}; 3 elsewhere do."
    meeting = "The members meet at 3 addresses (5 meetings; 0.1 by chance)."
    assert withhold_value(meeting) == meeting


def test_cover_counts_the_members_that_show_any_telling_value() -> None:
    """Several batches of cards: six show the strongest, eleven of twelve show one of the two."""
    mine = with_bins(*("x" if at < 6 else "y" if at < 11 else "own" for at in range(12)))
    _, group = population(members(mine) + with_bins(*(f"other-{n}" for n in range(200))))
    finding = find_strongest_value(group, [EntityKind.BIN])
    assert finding is not None
    assert "6 of 12 organisations" in finding.statement
    assert finding.cover == pytest.approx(11 / 12)
