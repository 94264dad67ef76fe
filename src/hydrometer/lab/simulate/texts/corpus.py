"""The one text pool of a world: honest customers and operators draw their tasks from it alike."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from hydrometer.lab.simulate.texts.lexicon import LEXICON, SPECIAL
from hydrometer.lab.simulate.texts.phrase_grammar import Dice, PhraseGrammar, read_rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FILES = (
    "common",
    "maths",
    "code",
    "writing",
    "passages",
    "knowledge",
    "analysis",
    "languages",
    "solutions",
    "context",
)
GRAMMAR = PhraseGrammar(LEXICON, *(read_rules(__package__, name) for name in _FILES), special=SPECIAL)

TOPICS: Mapping[str, float] = {
    "maths": 0.14,
    "code": 0.21,
    "writing": 0.14,
    "passage": 0.12,
    "knowledge": 0.11,
    "chat": 0.08,
    "analysis": 0.08,
    "translation": 0.05,
    "check": 0.02,
}
"""Topic to its share among all tasks, on both sides of the law."""

_CONTEXT = 0.4
_MOTHER_TONGUE = 0.3
"""How often people write in a language other than English, if it is theirs."""
_NATIVE = 0.8
"""How often a task of a list in some language is in that language."""
_NAMES = tuple(TOPICS)
_BOUNDS = tuple(accumulate(TOPICS.values()))


class Corpus:
    """Draws tasks, answers and traces."""

    def __init__(self, dice: Dice, tongues: Sequence[tuple[str, float]] = (("en", 1.0),)) -> None:
        """`tongues` are the languages of the world's people with their shares."""
        self._dice = dice
        self._tongues = tuple(tongue for tongue, _ in tongues)
        self._tongue_bounds = tuple(accumulate(share for _, share in tongues))

    def tongue(self) -> str:
        """Return the language of somebody in the world."""
        index = bisect_right(self._tongue_bounds, self._dice.roll() * self._tongue_bounds[-1])
        return self._tongues[min(index, len(self._tongues) - 1)]

    def topic(self) -> str:
        """Return a topic, as common as it is in the whole world."""
        return _NAMES[min(bisect_right(_BOUNDS, self._dice.roll() * _BOUNDS[-1]), len(_NAMES) - 1)]

    def text(self, rule: str) -> str:
        """Return one text of a rule of the grammar, its first letter mostly large."""
        text = GRAMMAR.expand(rule, self._dice)
        return text[0].upper() + text[1:] if self._dice.roll() < 0.8 else text

    def task(self, topic: str = "", tongue: str = "") -> str:
        """Return a task of a topic, or of any, by somebody who speaks `tongue`, or by anybody.

        About two in five tasks come with some context before or after.
        """
        if not topic:
            speaks = tongue or self.tongue()
            if speaks != "en" and self._dice.roll() < _MOTHER_TONGUE:
                return self.text(f"tongue_{speaks}")
        text = self.text(topic or self.topic())
        roll = self._dice.roll()
        if roll < _CONTEXT:
            context = self.text("context")
            gap = "\n\n" if roll < _CONTEXT / 2 else "\n"
            return f"{context}{gap}{text}" if self._dice.roll() < 0.6 else f"{text}{gap}{context}"
        return text

    def native_task(self, language: str) -> str:
        """Return a task that is mostly in a language, where there are tasks in it."""
        written = GRAMMAR.has(f"tongue_{language}") and self._dice.roll() < _NATIVE
        return self.text(f"tongue_{language}") if written else self.task()

    def tasks(self, count: int) -> list[str]:
        """Return `count` tasks by anybody."""
        return [self.task() for _ in range(count)]


def make_popular_prompts(dice: Dice, count: int = 400) -> tuple[str, ...]:
    """Return the prompts that this world's people pass on to each other."""
    return tuple(GRAMMAR.expand(_NAMES[dice.below(len(_NAMES))], dice) for _ in range(count))
