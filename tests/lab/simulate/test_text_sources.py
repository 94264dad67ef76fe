"""Texts: the grammar expands what it declares, demands differ, and tasks tell nothing of who sends them."""

from __future__ import annotations

import re
from collections import Counter
from typing import get_args
from zlib import crc32

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.lab.simulate import SCENARIOS, OperatorSpec, Scenario, make_world
from hydrometer.lab.simulate.demands.demand_templates import DemandStyle, PromptTemplate, make_demand_templates
from hydrometer.lab.simulate.honest_templates import make_honest_template
from hydrometer.lab.simulate.networks import COUNTRIES
from hydrometer.lab.simulate.scenario import HarvestKind
from hydrometer.lab.simulate.text_rendering import render_texts
from hydrometer.lab.simulate.text_sources import NONE, NUMBER_BITS, NUMBERS, TextCatalogue
from hydrometer.lab.simulate.texts.corpus import TOPICS, Corpus
from hydrometer.lab.simulate.texts.phrase_grammar import Dice, PhraseGrammar

KINDS = get_args(HarvestKind)


def dice(seed: int = 0) -> Dice:
    return Dice(np.random.default_rng(seed))


def corpus(seed: int = 0) -> Corpus:
    return Corpus(dice(seed))


def test_a_grammar_refuses_a_rule_that_nobody_defines() -> None:
    with pytest.raises(KeyError, match="unicorn"):
        PhraseGrammar({"a": ("{unicorn}",)}, special={})


def test_articles_follow_vowels() -> None:
    grammar = PhraseGrammar({"a": ("A {word} and a {word}",), "word": ("owl",)}, special={})
    assert grammar.expand("a", dice()) == "An owl and an owl"


@given(st.integers(0, 2**32))
@settings(max_examples=40)
def test_dice_stay_in_range(seed: int) -> None:
    cup = dice(seed)
    assert all(0 <= cup.below(7) < 7 for _ in range(50))


@given(st.sampled_from(sorted(TOPICS)), st.integers(0, 2**32))
@settings(max_examples=100)
def test_tasks_have_no_open_slots(topic: str, seed: int) -> None:
    text = corpus(seed % 1000).task(topic)
    assert text.strip()
    assert not re.search(r"\{[a-z]\w*\}", text.replace("{coined}", ""))


@pytest.mark.parametrize("tongue", sorted({tongue for _, _, tongue in COUNTRIES.values()}))
def test_people_write_in_their_own_language(tongue: str) -> None:
    speaker = corpus(1)
    texts = [speaker.task(tongue=tongue) for _ in range(300)]
    foreign = sum(bool(re.search(r"[\u0400-\u04ff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]", text)) for text in texts)
    if tongue in ("zh", "ja", "ko", "ru"):
        assert 0.2 < foreign / len(texts) < 0.4
    else:
        assert foreign == 0


def test_tasks_are_various() -> None:
    tasks = corpus().tasks(5_000)
    assert len(set(tasks)) > 0.9 * len(tasks)
    openings = Counter(" ".join(task.split()[:4]).lower() for task in tasks)
    assert max(openings.values()) < 0.02 * len(tasks)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_hundreds_of_wordings(kind: str) -> None:
    wordings = make_demand_templates(kind, 300, "t", DemandStyle(reworded=0.5))
    assert len({w.prompt for w in wordings}) == 300
    assert all("{task}" in w.prompt for w in wordings)
    assert make_demand_templates(kind, 300, "t", DemandStyle(reworded=0.5)) == wordings
    filled = wordings[0].fill("A {task} of {n}", corpus())
    assert "A {task} of {n}" in filled
    assert not re.search(r"\{(answer|answer_b|trace|dialogue|observation)\}", filled)


@pytest.mark.parametrize("kind", KINDS)
def test_tools_differ_and_system_prompts_come_on_request(kind: str) -> None:
    one, other = (
        {w.prompt for w in make_demand_templates(kind, 40, tool, DemandStyle(reworded=0.0))} for tool in ("a", "b")
    )
    assert len(one & other) < 8
    assert all(w.system is None for w in make_demand_templates(kind, 5, "a"))
    assert all(w.system for w in make_demand_templates(kind, 5, "a", DemandStyle(system=True)))


@pytest.mark.parametrize("rule", ["exam", "lesson", "summariser"])
def test_honest_templates_take_a_task(rule: str) -> None:
    assert "Why {so}?" in PromptTemplate(None, make_honest_template(rule, dice(3))).fill("Why {so}?", corpus())


def _bag(texts: list[str], width: int) -> npt.NDArray[np.float64]:
    out = np.zeros((len(texts), width))
    for row, text in enumerate(texts):
        for word in re.findall(r"\w+|[^\w\s]", text.lower()):
            out[row, crc32(word.encode()) % width] += 1.0
        out[row] /= max(1.0, float(np.sqrt((out[row] ** 2).sum())))
    return np.hstack([out, np.ones((len(texts), 1))])


def _accuracy(tasks: list[str], guilty: npt.NDArray[np.bool_]) -> float:
    """Balanced accuracy of a ridge classifier on words of single tasks, trained on some and asked about others.

    A task that comes more than once is taken once: what is sent again and again is told by its repeats, not its words.
    """
    distinct = {task: row for row, task in enumerate(tasks)}
    rows = np.array(sorted(distinct.values()))
    rng = np.random.default_rng(0)
    sides = [rng.permutation(rows[guilty[rows] == side]) for side in (True, False)]
    each = min(3_000, *map(len, sides))
    chosen = np.concatenate([side[:each] for side in sides])
    label = np.where(guilty[chosen], 1.0, -1.0)
    words = _bag([tasks[row] for row in chosen], 800)
    train = rng.random(len(chosen)) < 0.6
    gram = words[train].T @ words[train] + 3.0 * np.eye(words.shape[1])
    weights = np.linalg.solve(gram, words[train].T @ label[train])
    guess = np.where(words[~train] @ weights > 0, 1.0, -1.0)
    return float(np.mean([(guess[label[~train] == side] == side).mean() for side in (1.0, -1.0)]))


PROBED = {
    "residential": SCENARIOS["residential_only"].operators[0],
    "judging": OperatorSpec(name="judges", kinds=("grading", "trace_cleaning", "restricted_rewriting", "synthesis")),
    "acting": OperatorSpec(name="actors", kinds=("agentic", "tools", "relay"), system=True, innocent=0.3),
    "searching": OperatorSpec(
        name="seekers", kinds=("finished_answer", "replay", "reasoning"), search_days=3, start_day=5
    ),
    "unswept": OperatorSpec(name="repeaters", kinds=("reasoning",), sweep=False, phrasebook="second"),
}


@pytest.mark.parametrize("name", PROBED)
def test_a_task_does_not_tell_who_sends_it(name: str) -> None:
    """Of single tasks, the demand removed, a linear probe makes at most 55 % on tasks that it has not seen."""
    scenario = Scenario(honest=700, operators=(msgspec.structs.replace(PROBED[name], accounts=90, rate=7),))
    world = make_world(scenario, 4)
    guilty = np.array(pc.is_valid(world.truth_exchanges["campaign"]).to_pylist())
    assert abs(_accuracy(world.tasks.to_pylist(), guilty) - 0.5) <= 0.05


def test_the_probe_sees_what_there_is() -> None:
    """The same probe tells the prompts with the demand left in them: it is no blind judge."""
    world = make_world(Scenario(honest=400, operators=(OperatorSpec(name="hydra", accounts=60, rate=8),)), 4)
    guilty = np.array(pc.is_valid(world.truth_exchanges["campaign"]).to_pylist())
    assert _accuracy(world.exchanges["prompt"].to_pylist(), guilty) > 0.9


def test_a_reference_is_one_text_wherever_it_is_read() -> None:
    """Two processes number their supplies as they need them, and still read the same."""
    one, other = TextCatalogue(3), TextCatalogue(3)
    other.templates("persona")
    numbers = one.draw(one.tasks("de"), np.random.default_rng(0), 20) & (NUMBERS - 1)
    texts = [
        [books.text((books.tasks("de") << NUMBER_BITS) | number) for number in numbers.tolist()]
        for books in (one, other)
    ]
    assert texts[0] == texts[1]
    assert len(set(texts[0])) >= 18
    elsewhere = TextCatalogue(4)
    assert texts[0] != [elsewhere.text((elsewhere.tasks("de") << NUMBER_BITS) | n) for n in numbers.tolist()]


def test_a_swept_task_is_never_given_twice() -> None:
    books = TextCatalogue(1)
    references = books.draw(books.tasks(sweep="x"), np.random.default_rng(0), 6_000)
    none = np.full(len(references), NONE)
    assert pc.count_distinct(render_texts(books, none, none, references).task).as_py() == 6_000
    free = books.draw(books.tasks(), np.random.default_rng(0), 6_000)
    assert pc.count_distinct(render_texts(books, none, none, free).task).as_py() < 6_000
