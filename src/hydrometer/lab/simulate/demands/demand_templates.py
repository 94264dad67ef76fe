"""From a kind of harvest to the templates of one tool: fixed ones, composed ones, and ones written afresh."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from hydrometer.lab.simulate.texts.lexicon import LEXICON, SPECIAL
from hydrometer.lab.simulate.texts.phrase_grammar import Dice, PhraseGrammar, read_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.lab.simulate.scenario import Frame, Phrasebook
    from hydrometer.lab.simulate.texts.corpus import Corpus
    from hydrometer.lab.simulate.texts.phrase_grammar import Rules

_BLANKS = ("task", "answer", "answer_b", "trace", "dialogue", "observation")
_BLANK = re.compile(r"\{(" + "|".join(_BLANKS) + r")\}")
_COMMON = read_rules("hydrometer.lab.simulate.texts", "common")
_COMMON_CLAUSES = 4
"""Alternatives that a tool keeps of each clause, from which its composed templates are made."""

_REMARK_LAST = 0.6
"""Share of the demands worded afresh whose remark comes after them; that of the others comes before."""


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """One demand: what it puts into the system prompt (or nothing) and around the task."""

    system: str | None
    prompt: str

    @property
    def blanks(self) -> tuple[str, ...]:
        """The rules of what the prompt has room for besides the task, in their order."""
        names = (name for name in _BLANK.findall(self.prompt) if name != "task")
        return tuple("answer" if name == "answer_b" else name for name in names)

    def fill(self, task: str, corpus: Corpus) -> str:
        """Return the prompt with the task, and with answers and traces where the demand has room for them."""

        def content(blank: re.Match[str]) -> str:
            name = blank.group(1)
            return task if name == "task" else corpus.text("answer" if name == "answer_b" else name)

        return _BLANK.sub(content, self.prompt)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandStyle:
    """How the templates of a demand are written."""

    reworded: float = 0.3
    """Share that is written afresh (no common clause); the rest is composed from the tool's clauses."""
    system: bool = False
    """Whether each has a system prompt of its family."""
    book: Phrasebook = "first"
    frame: Frame = ""
    """What each hides in; the second book only."""
    language: str = ""
    """The language of the demands, one that the book is written in; English where it is empty."""


USUAL_STYLE = DemandStyle()


@dataclass(frozen=True, slots=True)
class _PhrasebookRules:
    """The rules of a phrasebook."""

    phrases: Rules
    """Synonyms; a tool keeps one of each."""
    clauses: tuple[Rules, ...]
    """Whole demands and their clauses; a tool keeps `_COMMON_CLAUSES` of each, and all fixed demands."""
    names: Rules
    """Names of elements, drawn once for a whole template; a tool keeps one of each."""
    unnarrowed: Rules
    """Rules from elsewhere, which no tool narrows."""

    def build_grammar(self) -> PhraseGrammar:
        """Return the grammar of all rules; blanks and names stay as they are."""
        kept = (*_BLANKS, "demand", *self.names)
        special = {**SPECIAL, **{blank: _keep_blank(blank) for blank in kept}}
        return PhraseGrammar(LEXICON, _COMMON, self.unnarrowed, self.phrases, *self.clauses, special=special)

    def narrow(self, dice: Dice, tool: Dice) -> _PhrasebookRules:
        """Return the book of one tool, whose templates share whole sentences; `tool` draws what all its kinds share."""
        return _PhrasebookRules(
            phrases=_narrow_rules(self.phrases, 1, dice),
            clauses=tuple(_narrow_rules(rules, _COMMON_CLAUSES, dice) for rules in self.clauses),
            names=_narrow_rules(self.names, 1, tool),
            unnarrowed=self.unnarrowed,
        )


def _keep_blank(blank: str) -> Callable[[Dice], str]:
    return lambda _: f"{{{blank}}}"


def _narrow_rules(rules: Rules, most: int, dice: Dice) -> Rules:
    narrowed: Rules = {}
    for name, options in rules.items():
        order = sorted(range(len(options)), key=lambda _: dice.roll())[:most]
        narrowed[name] = options if name.endswith("_fixed") else tuple(options[i] for i in sorted(order))
    return narrowed


@cache
def _read_phrasebook(name: Phrasebook, language: str) -> _PhrasebookRules:
    if language:
        return _PhrasebookRules(
            phrases={}, clauses=(read_rules(__package__, f"{name}_{language}"),), names={}, unnarrowed={}
        )
    kinds: tuple[str, ...] = ("reasoning", "judging", "acting", "probing")
    if name == "first":
        clauses = tuple(read_rules(__package__, kind) for kind in kinds)
        remarks = read_rules(__package__, "paraphrase")
        return _PhrasebookRules(read_rules(__package__, "phrases"), clauses, names={}, unnarrowed=remarks)
    if name == "third":
        kinds = ("reasoning", "judging", "acting")
    remarks = {} if name == "second" else read_rules(__package__, "third_paraphrase")
    return _PhrasebookRules(
        phrases=read_rules(__package__, f"{name}_phrases"),
        clauses=tuple(read_rules(__package__, f"{name}_{kind}") for kind in kinds),
        names=read_rules(__package__, f"{name}_names"),
        unnarrowed={"harness": read_rules("hydrometer.lab.simulate.texts", "templates")["harness"], **remarks},
    )


@cache
def _build_whole_grammar(name: Phrasebook, language: str) -> PhraseGrammar:
    return _read_phrasebook(name, language).build_grammar()


class _DemandWriter:
    """A writer of the texts of a book."""

    def __init__(self, grammar: PhraseGrammar, names: Rules, dice: Dice) -> None:
        self._grammar, self._names, self._dice = grammar, names, dice
        self._name = re.compile(r"\{(" + "|".join(self._names) + r")\}") if self._names else None

    def text(self, rule: str) -> str:
        """Return one text of a rule, with large letters where a sentence begins and each name drawn once."""
        text = self._grammar.expand(rule, self._dice)
        text = re.sub(r"(^|[.!?\n] )([a-z])", lambda m: m.group(1) + m.group(2).upper(), text)
        if self._name is None:
            return text
        drawn = {name: self._dice.pick(options) for name, options in self._names.items()}
        return self._name.sub(lambda m: drawn[m.group(1)], text)

    def prompt(self, rule: str, frame: Frame) -> str:
        """Return one demand of a rule, inside the frame if there is one."""
        demand = self.text(rule)
        return self.text(f"{frame}_frame").replace("{demand}", demand) if frame else demand

    def system(self, kind: str, frame: Frame) -> str:
        """Return a system prompt: an override pretends to another vendor's product, all else is the kind's persona."""
        return self.text("override_persona" if frame == "override" else f"{kind}_persona")


def compose_demand(kind: str, style: DemandStyle, dice: Dice) -> str:
    """Return the prompt of one demand composed of all clauses of a book, of which there are millions.

    The first and the third book have remarks for such demands, which come before or after.
    """
    book_rules = _read_phrasebook(style.book, style.language)
    writer = _DemandWriter(_build_whole_grammar(style.book, style.language), book_rules.names, dice)
    prompt = writer.prompt(kind, style.frame)
    if "afterword" not in book_rules.unnarrowed:
        return prompt
    remark = writer.text("afterword")
    return f"{prompt}\n\n{remark}" if dice.roll() < _REMARK_LAST else f"{remark}\n\n{prompt}"


def make_demand_templates(kind: str, count: int, tool: str, style: DemandStyle = USUAL_STYLE) -> list[PromptTemplate]:
    """Return `count` different templates of a kind of demand; the same tool and style give the same ones.

    A single one is a fixed one.
    """
    frame = style.frame
    dice = Dice(np.random.default_rng([crc32(tool.encode()), crc32(kind.encode()), count]))
    book_rules = _read_phrasebook(style.book, style.language)
    tool_rules = book_rules.narrow(dice, Dice(np.random.default_rng(crc32(tool.encode()))))
    whole, narrow = (
        _DemandWriter(_build_whole_grammar(style.book, style.language), book_rules.names, dice),
        _DemandWriter(tool_rules.build_grammar(), tool_rules.names, dice),
    )
    fixed = f"{kind}_fixed"
    persona = narrow.system(kind, frame)
    prompts: dict[str, None] = {}
    attempts = 0
    while len(prompts) < count:
        attempts += 1
        if count == 1:
            prompt = whole.prompt(fixed, frame)
        elif len(prompts) < round(count * style.reworded) or attempts > 40 * count:
            prompt = whole.prompt(fixed if dice.roll() < 0.3 else kind, frame)
        else:
            prompt = narrow.prompt(kind, frame)
        prompts[prompt] = None
    # A product keeps its name however often it is described anew: an override is composed from the tool's clauses.
    other = narrow if frame == "override" else whole
    return [
        PromptTemplate(
            (other.system(kind, frame) if dice.roll() < style.reworded else persona) if style.system else None, prompt
        )
        for prompt in prompts
    ]
