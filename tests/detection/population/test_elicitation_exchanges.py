"""Demands: a wording is judged on all of its exchanges, and an account by the wrong flags of ordinary ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.populations import NEW_YEAR, SECOND, Draft, population
from hydrometer.detection.population.elicitation_exchanges import (
    LEAN_LEVELS,
    compute_account_shares,
    mask_leaning_exchanges,
    measure_lean,
    score_elicitation_rate,
    spread_over_fragments,
)

if TYPE_CHECKING:
    from hydrometer.detection.population.population import ExchangeArrays

TEN = [NEW_YEAR + at * SECOND for at in range(10)]


def drafts(flagged: int, *, accounts: int = 6, wordings: tuple[str, ...] = ("template",)) -> list[Draft]:
    """Accounts that send one wording ten times each, of which `flagged` are taken for demands."""
    flags = [at < flagged for at in range(10)]
    return [Draft(times=TEN, demand=flags, wordings=wordings) for _ in range(accounts)]


def spread(made: list[Draft]) -> ExchangeArrays:
    """The exchanges after the wordings have been judged."""
    world, _ = population(made)
    return spread_over_fragments(world.events, world.fragments)


@pytest.mark.parametrize(("flagged", "all_of_them"), [(0, False), (1, False), (2, False), (4, True), (10, True)])
def test_a_wording_asks_when_many_of_its_uses_are_taken_for_demands(flagged: int, all_of_them: bool) -> None:
    events = spread(drafts(flagged))
    assert int(events.demand.sum()) == (60 if all_of_them else 6 * flagged)


def test_a_wording_of_two_organisations_asks_for_nothing_by_itself() -> None:
    assert int(spread(drafts(5, accounts=2)).demand.sum()) == 10
    assert int(spread(drafts(5, accounts=3)).demand.sum()) == 30


def test_a_wording_around_one_content_is_judged_by_its_own_flags() -> None:
    same = [replace(draft, prompt=[7] * 10) for draft in drafts(5)]
    assert int(spread(same).demand.sum()) == 30


def test_exchanges_without_the_wording_stay_as_they_are() -> None:
    others = [Draft(times=TEN, demand=[at == 0 for at in range(10)]) for _ in range(4)]
    events = spread(drafts(6) + others)
    share = compute_account_shares(events, events.demand)
    assert share[:6].tolist() == [1.0] * 6
    assert share[6:].tolist() == [0.1] * 4


def test_marked_exchanges_take_the_commonest_class_of_the_wording() -> None:
    world, _ = population(drafts(6))
    kind = np.where(world.events.demand, 3, 0).astype(np.int8)
    kind[np.nonzero(world.events.demand)[0][:5]] = 2
    events = spread_over_fragments(replace(world.events, kind=kind), world.fragments)
    unmarked = ~world.events.demand
    assert set(events.kind[unmarked].tolist()) == {3}
    assert events.kind[world.events.demand].tolist() == kind[world.events.demand].tolist()


def test_a_turn_of_phrase_beside_the_wording_asks_for_nothing_elsewhere() -> None:
    """A phrase that stands in half of the demands, and in as many ordinary exchanges, does not make these demands."""
    demanding = drafts(8) + drafts(8, wordings=("template", "phrase"))
    ordinary = [Draft(times=TEN, wordings=("phrase",)) for _ in range(20)]
    events = spread(demanding + ordinary)
    share = compute_account_shares(events, events.demand)
    assert share[:12].tolist() == [1.0] * 12
    assert share[12:].tolist() == [0.0] * 20


def test_a_wording_leans_by_its_mean_over_many_contents() -> None:
    world, _ = population(
        [Draft(times=TEN, wordings=("vague",), vague=0.12)] * 4
        + [Draft(times=TEN, wordings=("plain",), vague=0.02)] * 4
    )
    assert np.round(world.fragments.lean, 3).tolist() == [0.0, 0.12]
    assert world.events.leans.tolist() == [True] * 40 + [False] * 40


def test_what_goes_along_with_a_demand_does_not_lean_for_it() -> None:
    """A persona before demands and before ordinary exchanges: without the demands nothing is left of its leaning."""
    world, _ = population(
        [Draft(times=TEN, wordings=("demand", "persona"), vague=0.5)] * 4
        + [Draft(times=TEN, wordings=("persona",), vague=0.01)] * 4
    )
    assert world.fragments.lean.tolist() == [0.5, 0.0]
    assert int(world.events.leans.sum()) == 40


def test_few_contents_say_nothing_of_a_wording() -> None:
    world, _ = population([Draft(times=TEN[:3], wordings=("vague",), vague=0.3)] * 3)
    assert world.fragments.lean.tolist() == [0.0]
    assert not mask_leaning_exchanges(world.events, world.fragments).any()


def test_a_sheet_of_questions_asked_again_and_again_does_not_lean() -> None:
    sheet = [
        Draft(times=TEN, wordings=("lesson",), vague=0.2, prompt=[(n + at) % 12 for at in range(10)]) for n in range(24)
    ]
    world, _ = population(sheet)
    assert world.fragments.prompts.tolist() == [12]
    assert world.fragments.lean.tolist() == [0.0]


@given(st.lists(st.floats(0, 1, width=32), min_size=40, max_size=40))
def test_leaning_is_a_mean_above_the_least_level(confidence: list[float]) -> None:
    world, _ = population([Draft(times=TEN, wordings=("wording",))] * 4)
    events = replace(world.events, confidence=np.array(confidence, dtype=np.float32))
    mean = float(np.mean(events.confidence.astype(np.float64)))
    assert measure_lean(events, world.fragments).tolist() == pytest.approx([mean if mean >= LEAN_LEVELS[-1] else 0.0])


def test_without_wordings_nothing_is_spread() -> None:
    world, _ = population([Draft(times=TEN, demand=True)] * 3)
    assert spread_over_fragments(world.events, world.fragments) is world.events


def test_no_exchanges_have_no_share() -> None:
    empty = np.zeros(0, dtype=np.int64)
    world, _ = population([Draft(times=TEN)])
    events = replace(world.events, starts=empty, counts=empty, demand=empty.astype(np.bool_))
    assert compute_account_shares(events, events.demand).size == 0
    assert score_elicitation_rate(np.zeros(0), np.zeros(0)).size == 0


def test_asking_grows_with_demands_and_stays_finite() -> None:
    count = np.array([50.0] * 100 + [5.0, 50.0, 500.0, 5e6])
    share = np.array([0.01] * 100 + [0.8, 0.8, 0.8, 0.8])
    found = score_elicitation_rate(count, share)
    assert np.all(found[:100] == 0)
    assert np.all(np.diff(found[100:]) >= 0)
    assert 3 < found[100] < found[101]
    assert found[-1] == 300


def test_where_wrong_flags_are_frequent_asking_is_less_of_a_surprise() -> None:
    count = np.full(101, 50.0)
    clean, noisy = np.zeros(101), np.full(101, 0.04)
    clean[-1] = noisy[-1] = 0.3
    assert score_elicitation_rate(count, clean)[-1] > score_elicitation_rate(count, noisy)[-1] > 0


def test_few_demands_are_below_notice() -> None:
    count, share = np.array([10_000.0, 1e6]), np.array([0.0, 0.02])
    assert score_elicitation_rate(count, share)[1] == 0
