"""Honest templates that look like demands: framework defaults, products, examiners, teachers, auditors, crowds."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hydrometer.lab.simulate.texts.lexicon import LEXICON, SPECIAL
from hydrometer.lab.simulate.texts.phrase_grammar import PhraseGrammar, read_rules

if TYPE_CHECKING:
    from hydrometer.lab.simulate.scenario import CrowdPhrasebook
    from hydrometer.lab.simulate.texts.phrase_grammar import Dice

_TEXTS = "hydrometer.lab.simulate.texts"
_RULES = read_rules(_TEXTS, "templates")
HARNESS, OLD_HARNESS, STARTER, AUDIT = (_RULES[name][0] for name in ("harness", "old_harness", "starter", "audit"))
"""A coding agent's instructions, a dying provider's, a hackathon's starter kit, and a demand for the grounds of a
decision."""
HARNESS_TOOLS = ("read_file", "write_file", "run_command", "search", "list_folder", "apply_patch")
_COMMON = {**read_rules(_TEXTS, "common"), "why": ("",)}
_SPECIAL = {**SPECIAL, "task": lambda _: "{task}"}
_CROWD_SPECIAL = {**_SPECIAL, "answer": lambda _: "{answer}", "answer_b": lambda _: "{answer_b}"}
_GRAMMAR = PhraseGrammar(
    LEXICON, _COMMON, read_rules("hydrometer.lab.simulate.demands", "phrases"), _RULES, special=_SPECIAL
)
_CROWD_FILES = {"first": "crowd_templates", "second": "second_crowd_templates"}


def make_honest_template(rule: str, dice: Dice) -> str:
    """Return one template of a rule; `{task}` in it stands for the task."""
    return _GRAMMAR.expand(rule, dice)


def make_crowd_template(rule: str, book: CrowdPhrasebook, dice: Dice) -> str:
    """Return one template of a rule of a phrasebook of crowds; `{task}` stands for the task, `{answer}` for an answer."""
    return _build_crowd_grammar(book).expand(rule, dice)


def find_public_harness(book: CrowdPhrasebook) -> str:
    """Return the instructions of the public coding agent that crowds of a phrasebook use."""
    return HARNESS if book == "first" else read_rules(_TEXTS, _CROWD_FILES[book])["harness"][0]


@cache
def _build_crowd_grammar(book: CrowdPhrasebook) -> PhraseGrammar:
    return PhraseGrammar(LEXICON, _COMMON, read_rules(_TEXTS, _CROWD_FILES[book]), special=_CROWD_SPECIAL)
