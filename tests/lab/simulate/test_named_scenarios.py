"""The second and third phrasebooks, the scenarios that no tuning sees, and the proportions of the disclosures."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, get_args

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from hydrometer.contract.errors import InputError
from hydrometer.lab.simulate.archetype_plugins import find_default_shares
from hydrometer.lab.simulate.demands.demand_templates import DemandStyle, make_demand_templates
from hydrometer.lab.simulate.honest_templates import HARNESS
from hydrometer.lab.simulate.named_scenarios import ALL, HELD_OUT, SCENARIOS
from hydrometer.lab.simulate.scenario import Frame, HarvestKind, OperatorSpec, Scenario, check_scenario
from hydrometer.lab.simulate.texts.corpus import Corpus
from hydrometer.lab.simulate.texts.phrase_grammar import Dice, read_rules
from hydrometer.lab.simulate.world import make_world

if TYPE_CHECKING:
    from hydrometer.lab.simulate.scenario import Phrasebook
    from hydrometer.lab.simulate.world import LabelledWorld

KINDS = get_args(HarvestKind)
THIRD_KINDS = ("reasoning", "finished_answer", "grading", "agentic", "synthesis")
FRAMES = get_args(Frame)[1:]
BLANK = re.compile(r"\{(?:task|answer|answer_b|trace|dialogue|observation)\}")
FOREIGN = re.compile("[\u0400-\u04ff\u3040-\u30ff\u4e00-\u9fff]")


def corpus() -> Corpus:
    return Corpus(Dice(np.random.default_rng(0)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_book_has_hundreds_of_wordings_of_a_kind(kind: str) -> None:
    wordings = make_demand_templates(kind, 400, "t", DemandStyle(reworded=0.5, system=True, book="second"))
    assert len({w.prompt for w in wordings}) == 400
    assert all(w.prompt.count("{task}") == 1 for w in wordings)
    assert make_demand_templates(kind, 400, "t", DemandStyle(reworded=0.5, system=True, book="second")) == wordings
    assert not any(re.search(r"\{\w+\}", BLANK.sub("", w.prompt) + (w.system or "{none}")) for w in wordings)
    texts = corpus()
    assert all("A task!" in w.fill("A task!", texts) and not BLANK.search(w.fill("", texts)) for w in wordings[:40])


@pytest.mark.parametrize("kind", THIRD_KINDS)
def test_the_third_book_has_hundreds_of_wordings_of_its_kinds(kind: str) -> None:
    wordings = make_demand_templates(kind, 300, "t", DemandStyle(reworded=0.5, system=True, book="third"))
    assert len({w.prompt for w in wordings}) == 300
    assert all(w.prompt.count("{task}") == 1 for w in wordings)
    assert not any(re.search(r"\{\w+\}", BLANK.sub("", w.prompt) + (w.system or "{none}")) for w in wordings)
    for wording in wordings:
        opened = set(re.findall(r"<([\w-]+)[ >]", wording.prompt))
        assert set(re.findall(r"</([\w-]+)>", wording.prompt)) <= opened, wording.prompt


@pytest.mark.parametrize("kind", KINDS)
def test_tools_that_use_the_second_book_differ(kind: str) -> None:
    one, other = (
        {w.prompt for w in make_demand_templates(kind, 40, tool, DemandStyle(reworded=0.0, book="second"))}
        for tool in ("a", "b")
    )
    assert len(one & other) < 8
    assert all(w.system is None for w in make_demand_templates(kind, 5, "a", DemandStyle(book="second")))


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_wording_opens_it_closes(kind: str) -> None:
    for wording in make_demand_templates(kind, 200, "tags", DemandStyle(reworded=1.0, book="second")):
        opened = set(re.findall(r"<([\w-]+)[ >]", wording.prompt))
        assert set(re.findall(r"</([\w-]+)>", wording.prompt)) <= opened, wording.prompt


def phrases(book: Phrasebook, kind: str) -> set[tuple[str, ...]]:
    """The five-word sequences of many demands and system prompts, with the tasks and the harness left out."""
    found: set[tuple[str, ...]] = set()
    for wording in make_demand_templates(kind, 300, "n", DemandStyle(reworded=0.7, system=True, book=book)):
        for text in (wording.prompt, (wording.system or "").replace(HARNESS, "{task}")):
            for part in BLANK.split(text):
                words = re.findall(r"\w+", part.lower())
                found |= {tuple(words[i : i + 5]) for i in range(len(words) - 4)}
    return found


def test_the_books_do_not_quote_each_other() -> None:
    first = set[tuple[str, ...]]().union(*(phrases("first", kind) for kind in KINDS))
    second = set[tuple[str, ...]]().union(*(phrases("second", kind) for kind in KINDS))
    assert min(len(first), len(second)) > 5_000
    assert len(first & second) <= 0.001 * len(second)
    third = set[tuple[str, ...]]().union(*(phrases("third", kind) for kind in THIRD_KINDS))
    assert len(third) > 2_500
    assert len(third & (first | second)) <= 0.001 * len(third)


def test_some_demands_are_in_other_languages() -> None:
    prompts = [
        w.prompt
        for kind in KINDS
        for w in make_demand_templates(kind, 100, "l", DemandStyle(reworded=1.0, book="second"))
    ]
    assert 0.05 < sum(bool(FOREIGN.search(prompt)) for prompt in prompts) / len(prompts) < 0.4


LANGUAGE = "language|english|语言|语种|英文"


@pytest.mark.parametrize(
    ("frame", "mark"),
    [
        ("debugging", "debug|fault|bug|repro|regression|flag|layout|parser|sample|front end"),
        ("working_memory", "(?:working memory|hold in mind)"),
        ("same_language", LANGUAGE),
    ],
)
def test_a_frame_surrounds_every_demand(frame: Frame, mark: str) -> None:
    for kind in ("reasoning", "relay"):
        wordings = make_demand_templates(kind, 60, "f", DemandStyle(reworded=0.5, book="second", frame=frame))
        assert all(re.search(mark, w.prompt, re.IGNORECASE) for w in wordings)
        assert all(w.prompt.count("{task}") == 1 and "{demand}" not in w.prompt for w in wordings)


def test_an_override_names_one_product() -> None:
    brands = read_rules("hydrometer.lab.simulate.demands", "second_names")["brand"]
    for tool in ("f", "g", "h"):
        wordings = make_demand_templates(
            "agentic", 60, tool, DemandStyle(reworded=0.9, system=True, book="second", frame="override")
        )
        systems = {w.system or "" for w in wordings}
        assert len(systems) > 3
        named = [{brand for brand in brands if brand in system} for system in systems]
        assert all(names == named[0] for names in named)
        assert len(named[0]) == 1


def test_agents_hide_behind_the_harness_that_honest_people_use() -> None:
    systems = {
        w.system
        for w in make_demand_templates("agentic", 60, "h", DemandStyle(reworded=1.0, system=True, book="second"))
    }
    assert HARNESS in systems


@pytest.mark.parametrize("frame", FRAMES)
def test_only_the_second_book_has_frames(frame: Frame) -> None:
    check_scenario(Scenario(operators=(OperatorSpec(name="a", frame=frame, phrasebook="second"),)))
    with pytest.raises(InputError, match="impossible") as caught:
        check_scenario(Scenario(operators=(OperatorSpec(name="a", frame=frame),)))
    assert caught.value.column == "a.frame"


def test_what_is_tuned_on_holds_nothing_of_what_is_held_out() -> None:
    assert HELD_OUT.keys() >= {"night_market", "quiet_harbour", "winter_fair", "long_pier"}
    assert {name for name, scenario in HELD_OUT.items() if scenario.crowd_phrasebook == "second"} == {"old_town"}
    assert {scenario.crowd_phrasebook for scenario in SCENARIOS.values()} == {"first"}
    assert not SCENARIOS.keys() & HELD_OUT.keys()
    assert ALL.keys() == SCENARIOS.keys() | HELD_OUT.keys()
    assert all(scenario.name == name for name, scenario in ALL.items())
    seen, unseen = ([spec for s in part.values() for spec in s.operators] for part in (SCENARIOS, HELD_OUT))
    assert {spec.phrasebook for spec in seen} == {"first"}
    assert {spec.phrasebook for spec in unseen} == {"second", "third"}
    assert not {language for spec in seen for language in spec.languages} & {
        language for spec in unseen for language in spec.languages
    }
    assert not {spec.name for spec in seen} & {spec.name for spec in unseen}
    for name in ("tool", "supplier"):
        assert not {getattr(spec, name) for spec in seen} & {getattr(spec, name) for spec in unseen} - {""}


def small(name: str) -> LabelledWorld:
    scenario = HELD_OUT[name]
    operators = tuple(msgspec.structs.replace(spec, accounts=20) for spec in scenario.operators)
    return make_world(msgspec.structs.replace(scenario, honest=300, operators=operators), 1)


@pytest.mark.parametrize("name", sorted(HELD_OUT))
def test_held_out_scenarios_can_be_made_small(name: str) -> None:
    sent = Counter(small(name).truth_exchanges["campaign"].to_pylist())
    assert sent.keys() == {None} | {spec.name for spec in HELD_OUT[name].operators}
    assert min(sent.values()) > 200


def test_a_world_speaks_from_the_operators_book() -> None:
    world = small("quiet_harbour")
    rows = world.exchanges.select(["system_prompt", "prompt"]).append_column(
        "campaign", world.truth_exchanges["campaign"]
    )
    kelp = rows.filter(pc.field("campaign") == "kelp")["prompt"].to_pylist()
    assert all(re.search(LANGUAGE, prompt, re.IGNORECASE) for prompt in kelp)
    dredger = set(rows.filter(pc.field("campaign") == "dredger")["system_prompt"].to_pylist())
    brands = read_rules("hydrometer.lab.simulate.demands", "second_names")["brand"]
    assert len({brand for brand in brands for system in dredger if brand in system}) == 1


@pytest.mark.parametrize(
    ("name", "disclosed"),
    [
        ("february", {"abyss": 0.15, "crescent": 3.4, "minor": 13.0}),
        (
            "september",
            {"bazaar": 151 / 92, "abyss": 12.1 / 14, "crescent": 23 / 92, "sage": 3.4 / 17, "millet": 0.4 / 20},
        ),
    ],
)
def test_the_disclosed_proportions_hold(name: str, disclosed: dict[str, float]) -> None:
    """Exchanges of February in millions; of September in millions a day of each lab's own window."""
    world = make_world(msgspec.structs.replace(SCENARIOS[name], honest=80), 3)
    sent = Counter(world.truth_exchanges["campaign"].drop_null().to_pylist())
    assert sent.keys() == disclosed.keys()
    for operator, wanted in disclosed.items():
        share = wanted / sum(disclosed.values())
        assert sent[operator] / sent.total() == pytest.approx(share, rel=0.2)
    accounts = Counter(world.truth_accounts.filter(pc.field("kind") == "operator")["operator"].to_pylist())
    assert min(accounts.values()) >= 12
    assert 280 <= accounts.total() <= 320


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("innocent", "8eb08bd53a0d90c5"),
        ("ladder5", "9da8b4bd94d3a1fa"),
        ("two_tools", "d1943433984eb3f9"),
        ("night_market", "47f9b929729e6e63"),
    ],
)
def test_what_is_added_to_the_simulator_changes_no_world_of_before(name: str, digest: str) -> None:
    """Each archetype and operator draws from a generator of its own, and what has no share draws nothing."""
    scenario = ALL[name]
    operators = tuple(msgspec.structs.replace(spec, accounts=20) for spec in scenario.operators)
    world = make_world(msgspec.structs.replace(scenario, honest=500, operators=operators), 5)
    of_accounts = world.truth_accounts.select(["account_id", "operator", "kind"])
    content = sha256()
    for table in (world.exchanges, world.accounts, of_accounts, world.truth_exchanges):
        for column in table.columns:
            kind = pa.int64() if pa.types.is_timestamp(column.type) else column.type
            content.update(repr(column.cast(kind).to_pylist()).encode())
    assert content.hexdigest()[:16] == digest


def test_scenarios_with_crowds_hold_the_same_ones() -> None:
    assert SCENARIOS["communities"].shares == SCENARIOS["among_communities"].shares
    crowds = {kind for kind, share in find_default_shares().items() if not share}
    assert len(crowds) == 14
    assert crowds <= SCENARIOS["communities"].shares.keys() & HELD_OUT["old_town"].shares.keys()
    assert crowds & SCENARIOS["cohorts"].shares.keys() == {"course", "consultancy", "software_house", "bootcamp"}
