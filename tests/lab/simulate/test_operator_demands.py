"""Wordings of operators: other languages, afresh for each exchange, salted, public ones, and through the public harness."""

from __future__ import annotations

import re
from collections import Counter

import msgspec
import numpy as np
import pyarrow.compute as pc
import pytest

from hydrometer.contract.errors import InputError
from hydrometer.lab.simulate import LabelledWorld, OperatorSpec, Scenario, make_world
from hydrometer.lab.simulate.clients import USER_AGENTS
from hydrometer.lab.simulate.demands.demand_templates import DemandStyle, compose_demand, make_demand_templates
from hydrometer.lab.simulate.honest_templates import HARNESS, HARNESS_TOOLS
from hydrometer.lab.simulate.scenario import Phrasebook, check_scenario
from hydrometer.lab.simulate.texts.phrase_grammar import Dice

BASE = OperatorSpec(name="hydra", accounts=30, rate=5, start_day=2, stop_day=9, unequal=0.0, wordings=6)
SCRIPTS = {
    "ru": "[\u0430-\u044f]{4}",
    "zh": "[\u4e00-\u9fff]{3}",
    "ar": "[\u0621-\u064a]{4}",
    "pt": r"\b(?:[Uu]ma?|por|cada|com|[Ss]em|todo)\b",
}
TONGUES: list[tuple[Phrasebook, str]] = [
    ("first", "ar"),
    ("first", "pt"),
    ("first", "ru"),
    ("first", "zh"),
    ("third", "es"),
    ("third", "ja"),
    ("third", "tr"),
]


def world_of(**knobs: object) -> LabelledWorld:
    spec = msgspec.structs.replace(BASE, **knobs)
    return make_world(Scenario(honest=60, operators=(spec,), shares={"licensed": 0.1}, outage_day=None), 3)


def demands_of(world: LabelledWorld) -> list[str]:
    """What stands around the task in each harvested exchange."""
    rows = world.exchanges.append_column("slot", world.tasks).filter(pc.is_valid(world.truth_exchanges["campaign"]))
    pairs = zip(rows["prompt"].to_pylist(), rows["slot"].to_pylist(), strict=True)
    return [prompt.replace(slot, "<>", 1) for prompt, slot in pairs]


@pytest.mark.parametrize(("book", "language"), TONGUES)
@pytest.mark.parametrize("kind", ["reasoning", "grading", "synthesis"])
def test_a_language_has_scores_of_wordings(book: Phrasebook, language: str, kind: str) -> None:
    style = DemandStyle(reworded=0.5, system=True, book=book, language=language)
    made = make_demand_templates(kind, 60, "t", style)
    assert len({template.prompt for template in made}) == 60
    assert all(template.prompt.count("{task}") == 1 and template.system for template in made)
    whole = " ".join(template.prompt for template in made)
    assert not re.search(r"\b[Aa]n ", whole)
    dice = Dice(np.random.default_rng(1))
    assert len({compose_demand(kind, style, dice) for _ in range(500)}) > 150


def test_a_polyglot_asks_in_its_languages() -> None:
    world = world_of(languages=("ru", "zh", "ar", "pt"), kinds=("reasoning", "synthesis"), wordings=24)
    demands = demands_of(world)
    spoken = Counter(next((name for name, mark in SCRIPTS.items() if re.search(mark, d)), "") for d in demands)
    assert all(0.15 < spoken[language] / len(demands) < 0.35 for language in SCRIPTS)
    assert 20 <= len(set(demands)) <= 24
    tasks = world.tasks.filter(pc.is_valid(world.truth_exchanges["campaign"]).combine_chunks()).to_pylist()
    own = [
        bool(re.search(SCRIPTS["ru"], t)) for t, d in zip(tasks, demands, strict=True) if re.search(SCRIPTS["ru"], d)
    ]
    assert np.mean(own) > 0.6
    assert len(set(tasks)) == len(tasks)


def test_paraphrased_wordings_never_come_again() -> None:
    demands = demands_of(world_of(paraphrase=1.0, kinds=("reasoning", "grading"), rate=12.0))
    assert len(set(demands)) == len(demands) > 2_000
    part = Counter(demands_of(world_of(paraphrase=0.5, rate=12.0)))
    assert 0.4 < sum(count == 1 for count in part.values()) / part.total() < 0.6


@pytest.mark.parametrize("kind", ["reasoning", "finished_answer", "grading", "agentic", "synthesis"])
@pytest.mark.parametrize("book", ["first", "third"])
def test_there_are_a_million_wordings_and_more(book: Phrasebook, kind: str) -> None:
    """Of 2,000 draws out of a million two are the same about twice."""
    dice = Dice(np.random.default_rng(5))
    assert len({compose_demand(kind, DemandStyle(book=book), dice) for _ in range(2_000)}) >= 1_996


@pytest.mark.parametrize("salt", ["padding", "invisible", "lookalike"])
def test_a_salted_demand_never_comes_again(salt: str) -> None:
    demands = demands_of(world_of(salt=salt))
    assert len(set(demands)) > 0.99 * len(demands)
    assert len(set(demands_of(world_of()))) == 6


def test_agents_look_like_users_of_the_public_harness() -> None:
    world = world_of(harness=True, kinds=("agentic", "reasoning"), client="common")
    rows = world.exchanges.filter(pc.is_valid(world.truth_exchanges["campaign"])).to_pylist()
    assert {row["system_prompt"] for row in rows} == {HARNESS}
    assert all(tuple(row["tool_names"]) == HARNESS_TOOLS and row["session_id"] for row in rows)
    assert {row["user_agent"] for row in rows} == {USER_AGENTS[5]}
    assert min(row["turns"] for row in rows) >= 3
    bare = [demand == "<>" for demand in demands_of(world)]
    assert 0.6 < np.mean(bare) < 0.73


@pytest.mark.parametrize(
    ("knobs", "column"),
    [
        ({"languages": ("ru",), "kinds": ("relay",)}, "kinds"),
        ({"languages": ("tr",)}, "languages"),
        ({"languages": ("ru",), "phrasebook": "second"}, "languages"),
        ({"kinds": ("relay",), "phrasebook": "third"}, "kinds"),
        ({"search_days": 1.0, "phrasebook": "third"}, "kinds"),
        ({"paraphrase": 1.5}, "paraphrase"),
        ({"public_templates": True, "tool": "x"}, "public_templates"),
    ],
)
def test_what_no_book_has_is_refused(knobs: dict[str, object], column: str) -> None:
    with pytest.raises(InputError, match="impossible") as caught:
        check_scenario(Scenario(operators=(msgspec.structs.replace(BASE, **knobs),)))
    assert caught.value.column == f"hydra.{column}"
