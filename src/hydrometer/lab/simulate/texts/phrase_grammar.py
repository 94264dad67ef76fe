"""A phrase grammar: rules name alternatives, `{rule}` inside an alternative is replaced by one of that rule's.

Rules live in `.grammar` files: `= name` begins a rule, every line after it is one alternative, `#` begins a comment.
Escapes: `\\n` new line, `\\t` tab, `\\s` space (at an end of the line), `\\e` nothing, `\\\\` backslash.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

T = TypeVar("T")
Rules = dict[str, tuple[str, ...]]

_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou])")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "s": " ", "e": "", "\\": "\\"}
_BUFFER = 1 << 16


class Dice:
    """Draws from a NumPy generator, buffered so that single draws stay cheap."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._draws: list[float] = []
        self._next = 0

    def roll(self) -> float:
        """Return a number in [0, 1)."""
        if self._next == len(self._draws):
            self._draws = self._rng.random(_BUFFER).tolist()
            self._next = 0
        draw = self._draws[self._next]
        self._next += 1
        return draw

    def below(self, count: int) -> int:
        """Return a whole number in [0, count)."""
        return int(self.roll() * count)

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options, all alike."""
        return options[int(self.roll() * len(options))]


class NumberedDice(Dice):
    """Draws that follow from a number alone, so that a text can be written whenever it is asked for."""

    def __init__(self) -> None:
        self._twister = Random(0)  # noqa: S311 (a world must come out the same again)
        self.roll = self._twister.random  # type: ignore[method-assign]

    def restart(self, number: int) -> None:
        """Begin the draws of a number, at least 0."""
        self._twister.seed(number)


@cache
def read_rules(package: str, name: str) -> Rules:
    """Return the rules of a `.grammar` file of a package.

    Raises:
        ValueError: an alternative stands before the first rule, an escape is unknown, or a rule comes twice or is
        empty.
    """
    rules: dict[str, list[str]] = {}
    rule = ""
    for number, line in enumerate(files(package).joinpath(f"{name}.grammar").read_text("utf-8").splitlines(), start=1):
        if not line or line.startswith("# "):
            continue
        if line.startswith("= "):
            rule = line[2:]
            if rule in rules:
                raise ValueError(f"{name}.grammar:{number}: rule {rule} comes twice")
            rules[rule] = []
        elif not rule:
            raise ValueError(f"{name}.grammar:{number}: an alternative before the first rule")
        else:
            unknown = [e for e in _ESCAPE.findall(line) if e not in _ESCAPED]
            if unknown:
                raise ValueError(f"{name}.grammar:{number}: unknown escape \\{unknown[0]}")
            rules[rule].append(_ESCAPE.sub(lambda m: _ESCAPED[m.group(1)], line))
    empty = [rule for rule, options in rules.items() if not options]
    if empty:
        raise ValueError(f"{name}.grammar: rule {empty[0]} has no alternative")
    return {rule: tuple(options) for rule, options in rules.items()}


class PhraseGrammar:
    """Rules that expand to texts. A rule that names an unknown rule is refused at once (KeyError)."""

    def __init__(self, *rules: Mapping[str, Sequence[str]], special: Mapping[str, Callable[[Dice], str]]) -> None:
        self._special = dict(special)
        self._rules: dict[str, list[tuple[str, ...]]] = {}
        for group in rules:
            for name, options in group.items():
                self._rules[name] = [tuple(_SLOT.split(option)) for option in options]
        for name, parsed in self._rules.items():
            for option in parsed:
                for slot in option[1::2]:
                    if slot not in self._rules and slot not in self._special:
                        raise KeyError(f"rule {name} uses {{{slot}}}, which no rule defines")

    def has(self, name: str) -> bool:
        """Say whether there is a rule of that name."""
        return name in self._rules

    def expand(self, name: str, dice: Dice) -> str:
        """Return one text of the rule, with `a` turned to `an` where a vowel follows."""
        segments: list[str] = []
        self._expand_into(name, dice, segments)
        return _ARTICLE.sub(r"\1n ", "".join(segments))

    def _expand_into(self, name: str, dice: Dice, segments: list[str]) -> None:
        options = self._rules.get(name)
        if options is None:
            segments.append(self._special[name](dice))
            return
        for position, segment in enumerate(options[int(dice.roll() * len(options))]):
            if position & 1:
                self._expand_into(segment, dice, segments)
            elif segment:
                segments.append(segment)
