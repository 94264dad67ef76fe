"""Honest templates that look like demands: framework defaults, products, examiners, teachers, auditors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.lab.simulate.texts.lexicon import LEXICON, SPECIAL
from hydrometer.lab.simulate.texts.phrase_grammar import PhraseGrammar, read_rules

if TYPE_CHECKING:
    from hydrometer.lab.simulate.texts.phrase_grammar import Dice

_RULES = read_rules("hydrometer.lab.simulate.texts", "templates")
HARNESS, OLD_HARNESS, STARTER, AUDIT = (_RULES[name][0] for name in ("harness", "old_harness", "starter", "audit"))
"""A coding agent's instructions, a dying provider's, a hackathon's starter kit, and a demand for the grounds of a
decision."""
HARNESS_TOOLS = ("read_file", "write_file", "run_command", "search", "list_folder", "apply_patch")
_GRAMMAR = PhraseGrammar(
    LEXICON,
    {**read_rules("hydrometer.lab.simulate.texts", "common"), "why": ("",)},
    read_rules("hydrometer.lab.simulate.demands", "phrases"),
    _RULES,
    special={**SPECIAL, "task": lambda _: "{task}"},
)


def make_honest_template(rule: str, dice: Dice) -> str:
    """Return one template of a rule; `{task}` in it stands for the task."""
    return _GRAMMAR.expand(rule, dice)
