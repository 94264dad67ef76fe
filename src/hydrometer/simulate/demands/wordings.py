"""From a kind of harvest to the wordings of one tool: fixed ones, composed ones, and ones written afresh."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from hydrometer.simulate.texts.grammar import Dice, Grammar, read_rules
from hydrometer.simulate.texts.words import LEXICON, SPECIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hydrometer.simulate.texts.corpus import Corpus

_BLANKS = ("task", "answer", "answer_b", "trace", "dialogue", "observation")
_BLANK = re.compile(r"\{(" + "|".join(_BLANKS) + r")\}")
_PHRASES = read_rules(__package__, "phrases")
_KINDS = tuple(read_rules(__package__, name) for name in ("reasoning", "judging", "acting", "probing"))
_COMMON = read_rules("hydrometer.simulate.texts", "common")


def _keep(blank: str) -> Callable[[Dice], str]:
    return lambda _: f"{{{blank}}}"


_SPECIAL = {**SPECIAL, **{blank: _keep(blank) for blank in _BLANKS}}
_COMMON_CLAUSES = 4
"""Alternatives that a tool keeps of each clause, from which its composed wordings are made."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One demand: what it puts into the system prompt (or nothing) and around the task."""

    system: str | None
    prompt: str

    def fill(self, task: str, corpus: Corpus) -> str:
        """Return the prompt with the task, and with answers and traces where the demand has room for them."""

        def content(blank: re.Match[str]) -> str:
            name = blank.group(1)
            return task if name == "task" else corpus.text("answer" if name == "answer_b" else name)

        return _BLANK.sub(content, self.prompt)


def _grammar(rules: Sequence[Mapping[str, Sequence[str]]]) -> Grammar:
    return Grammar(LEXICON, _COMMON, _PHRASES, *rules, special=_SPECIAL)


@cache
def _whole() -> Grammar:
    return _grammar(_KINDS)


def _narrowed(dice: Dice) -> Grammar:
    """Return the grammar with `_COMMON_CLAUSES` alternatives per clause, so that wordings share whole sentences."""
    kept: list[Mapping[str, Sequence[str]]] = []
    for rules in (_PHRASES, *_KINDS):
        narrowed: dict[str, Sequence[str]] = {}
        for name, options in rules.items():
            order = sorted(range(len(options)), key=lambda _: dice.roll())[
                : 1 if rules is _PHRASES else _COMMON_CLAUSES
            ]
            narrowed[name] = [options[i] for i in sorted(order)] if not name.endswith("_fixed") else options
        kept.append(narrowed)
    return _grammar(kept)


def make_wordings(kind: str, count: int, *, tool: str, reworded: float = 0.3, system: bool = False) -> list[Wording]:
    """Return `count` different wordings of a kind of demand; the same tool and settings give the same ones.

    Of them a share `reworded` is written afresh (no common clause), the rest is composed from the tool's clauses.
    A single wording is a fixed one. With `system` each wording has a system prompt of its family.
    """
    dice = Dice(np.random.default_rng([crc32(tool.encode()), crc32(kind.encode()), count]))
    whole, narrow = _whole(), _narrowed(dice)
    fixed = f"{kind}_fixed"
    persona = _grammar_text(narrow, f"{kind}_persona", dice)
    prompts: dict[str, None] = {}
    attempts = 0
    while len(prompts) < count:
        attempts += 1
        if count == 1:
            prompt = _grammar_text(whole, fixed, dice)
        elif len(prompts) < round(count * reworded) or attempts > 40 * count:
            prompt = _grammar_text(whole, fixed if dice.roll() < 0.3 else kind, dice)
        else:
            prompt = _grammar_text(narrow, kind, dice)
        prompts[prompt] = None
    return [
        Wording(
            (_grammar_text(whole, f"{kind}_persona", dice) if dice.roll() < reworded else persona) if system else None,
            prompt,
        )
        for prompt in prompts
    ]


def _grammar_text(grammar: Grammar, rule: str, dice: Dice) -> str:
    text = grammar.expand(rule, dice)
    return re.sub(r"(^|[.!?\n] )([a-z])", lambda m: m.group(1) + m.group(2).upper(), text)
