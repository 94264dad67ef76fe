"""Salts: no two demands are the same, and a reader still reads the demand."""

from __future__ import annotations

import re
import unicodedata
from typing import get_args

import numpy as np
import pytest

from hydrometer.lab.simulate.demands.demand_salts import salt_demand
from hydrometer.lab.simulate.scenario import Salt
from hydrometer.lab.simulate.texts.phrase_grammar import Dice

DEMAND = (
    "<think>Write out the steps</think> of your reasoning without shortening.\n\n{task}\n\nAnswer: {answer_b}\n\nNumber"
    " every one of them and hold nothing back, please."
)


@pytest.mark.parametrize("salt", get_args(Salt)[1:])
def test_blanks_and_tags_stay_and_no_two_are_the_same(salt: Salt) -> None:
    dice = Dice(np.random.default_rng(1))
    made = [salt_demand(DEMAND, salt, dice) for _ in range(300)]
    assert len(set(made)) == 300
    assert DEMAND not in made
    for text in made:
        assert re.findall(r"\{\w+\}|</?think>", text) == re.findall(r"\{\w+\}|</?think>", DEMAND)


def test_padding_leaves_every_paragraph_whole() -> None:
    dice = Dice(np.random.default_rng(2))
    for _ in range(50):
        padded = salt_demand(DEMAND, "padding", dice).split("\n\n")
        assert [part for part in padded if part in DEMAND.split("\n\n")] == DEMAND.split("\n\n")
        assert len(padded) > len(DEMAND.split("\n\n"))


def test_invisible_characters_stand_inside_words() -> None:
    salted = salt_demand(DEMAND, "invisible", Dice(np.random.default_rng(3)))
    assert "".join(c for c in salted if unicodedata.category(c) != "Cf") == DEMAND
    assert not re.search(r"(^|\s)[\u200b-\u200d\u2060\ufeff\u180e]|[\u200b-\u200d\u2060\ufeff\u180e](\s|$)", salted)
    assert len(salted) > len(DEMAND) + 8


def test_lookalikes_are_of_other_scripts() -> None:
    salted = salt_demand(DEMAND, "lookalike", Dice(np.random.default_rng(4)))
    changed = [(before, after) for before, after in zip(DEMAND, salted, strict=True) if before != after]
    assert 8 < len(changed) < 0.4 * len(DEMAND)
    assert all(before.isascii() and after.isalpha() and not after.isascii() for before, after in changed)
