"""Tables of the quality benchmark on communities, several operators and harvests, from records made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.small_worlds import Claimed, Sent, write_result, write_world
from hydrometer.lab.evaluation import score
from hydrometer.lab.simulate.named_scenarios import ALL, HELD_OUT, SCENARIOS
from quality import plan, tables
from quality.crowds import communities, crowd_standing, several
from quality.harvests import exchanges, pick_pools
from quality.trial import HYDROMETER, Record
from quality.varied import varied

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.contract import WorldScore

COURSE = "c0 c1 c2 c3 c4 c5 c6 c7 c8 c9"
PERSONS = "p0 p1 p2 p3 p4 p5 p6 p7 p8 p9"


def scored(
    place: Path, operators: dict[str, str], campaigns: dict[str, str], watches: dict[str, float] | None = None
) -> WorldScore:
    """Score a world of a course, an office and single persons."""
    honest = {"course": COURSE, "person": PERSONS}
    community = {"course-1": COURSE, "office-1": "p0 p1 p2 p3"}
    world = write_world(place / "world", operators, honest, communities=community)
    listed = dict.fromkeys(campaigns, 0.9)
    return score(write_result(place / "result", campaigns, listed, watches=watches), world)


def recorded(scenario: str, seed: int, detector: str, counts: WorldScore) -> Record:
    return Record(scenario=scenario, seed=seed, detector=detector, seconds=1.0, score=counts)


def find_row(table: str, *first: str) -> list[str]:
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines()]
    return next(row for row in rows if row[: len(first)] == list(first))


@pytest.fixture
def records(tmp_path: Path) -> list[Record]:
    """Two crowds, of which the baseline saw one; Hydrometer convicts a course there, and watches it in the other."""
    convicting = scored(tmp_path / "a", {}, {"X": "c0 c1 c2 c3"})
    watching = scored(tmp_path / "b", {}, {}, {"W": 0.4})
    careless = scored(tmp_path / "c", {}, {"X": "c0 c1"})
    return [
        recorded("communities", 101, HYDROMETER, convicting),
        recorded("communities", 101, "union", careless),
        recorded("communities", 102, HYDROMETER, watching),
    ]


def test_communities_are_counted_by_crowd_and_detector(records: list[Record]) -> None:
    table = communities(records)
    head = find_row(table, "worlds")
    ours = dict(zip(head, find_row(table, "`communities`", HYDROMETER), strict=True))
    assert (ours["number"], ours["honest communities"], ours["false campaigns"], ours["watches"]) == (
        "2",
        "4",
        "1",
        "1",
    )
    assert ours["false campaigns per 100 communities"].startswith("25.0 (0.0 to ")
    assert ours["communities convicted"] == "1 of 4"
    assert ours["honest accounts flagged per 100,000"].startswith("10,000.0")
    beside = dict(zip(head, find_row(table, "`communities`", f"{HYDROMETER}, the same worlds"), strict=True))
    assert (beside["number"], beside["communities convicted"]) == ("1", "1 of 2")
    theirs = dict(zip(head, find_row(table, "`communities`", "union"), strict=True))
    assert theirs["honest accounts flagged per 100,000"] == "10,000.0"
    assert find_row(table, "all worlds", HYDROMETER)[3] == "4"


def test_a_baseline_that_accuses_fewer_is_named_with_the_figure(records: list[Record]) -> None:
    text = crowd_standing(records)
    assert text.startswith(
        "A baseline flags fewer honest accounts on\n\n- `communities`: union flags 10,000.0 of 100,000"
    )
    assert "(2), Hydrometer 20,000.0 (4)" in text
    level = [records[0], recorded("communities", 101, "union", records[0].score)]
    assert crowd_standing(level) == "On no crowd does a baseline flag fewer honest accounts than Hydrometer.\n"
    assert crowd_standing(records[2:]) == ""


def test_a_baseline_that_accuses_nobody_is_told_with_what_it_finds(records: list[Record], tmp_path: Path) -> None:
    missed: dict[str, str] = {}
    found = {"X": "a1 a2"}
    rung = [
        recorded("ladder1", 101, name, scored(tmp_path / name, {"A": "a1 a2"}, campaigns))
        for name, campaigns in (("union", missed), (HYDROMETER, found))
    ]
    text = crowd_standing([*records, *rung])
    assert "; on the ladder it finds 0 of 1 operators, Hydrometer 1 of 1." in text


def test_worlds_of_several_operators_are_whole_or_not(tmp_path: Path) -> None:
    two = {"A": "a1 a2 a3", "B": "b1 b2 b3"}
    both = scored(tmp_path / "a", two, {"X": "a1 a2 a3", "Y": "b1 b2 b3"})
    lumped = scored(tmp_path / "b", two, {"X": "a1 a2 a3 b1 b2 b3"})
    half = scored(tmp_path / "c", two, {"X": "a1 a2 a3"})
    one = scored(tmp_path / "d", {"A": "a1 a2 a3"}, {"X": "a1 a2 a3"})
    records = [recorded("rings", seed, HYDROMETER, counts) for seed, counts in enumerate((both, lumped, half))]
    table = several([*records, recorded("ladder1", 101, HYDROMETER, one)])
    assert find_row(table, "`rings`")[:3] == ["`rings`", "3", "1"]
    assert find_row(table, "`rings`")[3].startswith("33% (")
    assert find_row(table, "all of them")[4:] == ["3 of 6", "2", "1"]
    assert "ladder1" not in table


def test_unmixed_pools_are_pooled_apart(tmp_path: Path) -> None:
    def harvested(place: str, scenario: str, seed: int, claimed: list[Claimed]) -> Record:
        name = ALL[scenario].operators[0].name
        sent: list[Sent] = [(f"e{n}", name, "lab") for n in range(4)]
        world = write_world(tmp_path / place / "world", {name: "a1 a2"}, {"person": PERSONS}, sent)
        return recorded(
            scenario,
            seed,
            HYDROMETER,
            score(write_result(tmp_path / place / "r", {"X": "a1 a2"}, claimed=claimed), world),
        )

    rows: list[Claimed] = [(f"e{n}", "X", None, 0.9) for n in range(4)]
    unmixed = [harvested("a", "ladder1", 101, rows[:3]), harvested("b", "ladder1", 102, rows)]
    mixed = harvested("c", "ladder6", 101, rows[:1])
    assert pick_pools(mixed, mixed=False) == []
    table = exchanges([*unmixed, mixed])
    assert find_row(table, "**unmixed pools**")[1:3] == ["1.000", "0.875 (0.750 to 1.000)"]
    assert find_row(table, "mixed pools")[1:3] == ["1.000", "0.250"]


def test_pools_of_random_operators_are_known_by_their_seed() -> None:
    specs = [spec for seed in range(101, 113) for spec in varied(seed, 1).operators]
    assert {spec.innocent > 0 for spec in specs} == {False, True}


def test_accounts_flagged_in_a_world_without_operators_are_told(records: list[Record]) -> None:
    assert find_row(tables.by_scenario(records, ("communities",)), "`communities`") == [
        "`communities`",
        "4 flagged",
        "2 flagged",
        "1",
    ]


def test_the_plan_covers_what_it_names() -> None:
    full = plan.FULL
    assert set(full.scenarios) == set(plan.EVERY)
    assert set(full.baselines) | set(full.bare) <= set(full.scenarios)
    assert all(full.baselines[name] <= full.seeds[name] for name in full.baselines)
    assert set(plan.CROWDS) <= set(full.baselines)
    assert not set(plan.HELD_OUT) & set(SCENARIOS)
    assert not set(plan.TUNED) & set(HELD_OUT)
    assert {name for names in tables.GROUPS.values() for name in names} == set(plan.EVERY)
    order = [trial.work for trial in plan.trials(full)]
    assert order == sorted(order, reverse=True)
