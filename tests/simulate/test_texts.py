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

from hydrometer.simulate import SCENARIOS, make_world
from hydrometer.simulate.demands.wordings import make_wordings
from hydrometer.simulate.networks import COUNTRIES
from hydrometer.simulate.scenario import HarvestKind
from hydrometer.simulate.templates import fill, make_template
from hydrometer.simulate.texts.corpus import TOPICS, Corpus, make_popular
from hydrometer.simulate.texts.grammar import Dice, Grammar

KINDS = get_args(HarvestKind)


def dice(seed: int = 0) -> Dice:
    return Dice(np.random.default_rng(seed))


def corpus(seed: int = 0) -> Corpus:
    return Corpus(dice(seed), make_popular(dice(seed + 1)))


def test_a_grammar_refuses_a_rule_that_nobody_defines() -> None:
    with pytest.raises(KeyError, match="unicorn"):
        Grammar({"a": ("{unicorn}",)}, special={})


def test_articles_follow_vowels() -> None:
    grammar = Grammar({"a": ("A {word} and a {word}",), "word": ("owl",)}, special={})
    assert grammar.expand("a", dice()) == "An owl and an owl"


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_dice_stay_in_range(seed: int) -> None:
    cup = dice(seed)
    assert all(0 <= cup.below(7) < 7 for _ in range(50))


@given(st.sampled_from(sorted(TOPICS)), st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
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
    wordings = make_wordings(kind, 300, tool="t", reworded=0.5)
    assert len({w.prompt for w in wordings}) == 300
    assert all("{task}" in w.prompt for w in wordings)
    assert make_wordings(kind, 300, tool="t", reworded=0.5) == wordings
    filled = wordings[0].fill("A {task} of {n}", corpus())
    assert "A {task} of {n}" in filled
    assert not re.search(r"\{(answer|answer_b|trace|dialogue|observation)\}", filled)


@pytest.mark.parametrize("kind", KINDS)
def test_tools_differ_and_system_prompts_come_on_request(kind: str) -> None:
    one, other = ({w.prompt for w in make_wordings(kind, 40, tool=tool, reworded=0.0)} for tool in ("a", "b"))
    assert len(one & other) < 8
    assert all(w.system is None for w in make_wordings(kind, 5, tool="a"))
    assert all(w.system for w in make_wordings(kind, 5, tool="a", system=True))


@pytest.mark.parametrize("rule", ["exam", "lesson", "summariser"])
def test_honest_templates_take_a_task(rule: str) -> None:
    assert "Why {so}?" in fill(make_template(rule, dice(3)), "Why {so}?")


def _bag(texts: list[str], width: int) -> npt.NDArray[np.float64]:
    out = np.zeros((len(texts), width))
    for row, text in enumerate(texts):
        for word in re.findall(r"\w+|[^\w\s]", text.lower()):
            out[row, crc32(word.encode()) % width] += 1.0
        out[row] /= max(1.0, float(np.sqrt((out[row] ** 2).sum())))
    return np.hstack([out, np.ones((len(texts), 1))])


def test_a_task_does_not_tell_who_sends_it() -> None:
    """A ridge classifier on words of single tasks, demand removed: balanced accuracy on unseen tasks at most 55 %."""
    world = make_world(msgspec.structs.replace(SCENARIOS["residential_only"], honest=1_200), 4)
    guilty = np.array(pc.is_valid(world.truth_exchanges["campaign"]).to_pylist())
    tasks = world.slots.to_pylist()
    rng = np.random.default_rng(0)
    each = 4_000
    chosen = np.concatenate([rng.permutation(np.flatnonzero(guilty == side))[:each] for side in (True, False)])
    label = np.where(guilty[chosen], 1.0, -1.0)
    words = _bag([tasks[i] for i in chosen], 1_000)
    train = rng.random(len(chosen)) < 0.6
    gram = words[train].T @ words[train] + 3.0 * np.eye(words.shape[1])
    weights = np.linalg.solve(gram, words[train].T @ label[train])
    guess = np.where(words[~train] @ weights > 0, 1.0, -1.0)
    hits = [float((guess[label[~train] == side] == side).mean()) for side in (1.0, -1.0)]
    assert sum(hits) / 2 <= 0.55
    assert abs(sum(hits) / 2 - 0.5) < 0.1
