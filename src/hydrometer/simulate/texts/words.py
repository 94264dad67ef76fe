"""The lexicon, and the makers of numbers and names that no list could hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.simulate.texts.grammar import read_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hydrometer.simulate.texts.grammar import Dice

LEXICON = read_rules(__package__, "lexicon")
GIVEN = LEXICON["given"]
SURNAMES = LEXICON["surname"]
_ONSETS = (
    "b",
    "br",
    "c",
    "ch",
    "d",
    "dr",
    "f",
    "g",
    "gl",
    "h",
    "j",
    "k",
    "kr",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "q",
    "r",
    "s",
    "st",
    "t",
    "th",
)
_NUCLEI = ("a", "e", "i", "o", "u", "ai", "ea", "ou", "io")
_CODAS = ("", "", "", "l", "n", "r", "s", "th", "m", "rd", "nt", "k")


def _number(dice: Dice) -> str:
    return str(2 + dice.below(97))


def _large(dice: Dice) -> str:
    return str(int(100 * 10 ** (dice.roll() * 2.6)))


def _year(dice: Dice) -> str:
    return str(1650 + dice.below(376))


def _coined(dice: Dice) -> str:
    syllables = (dice.pick(_ONSETS) + dice.pick(_NUCLEI) + dice.pick(_CODAS) for _ in range(2 + dice.below(2)))
    return "".join(syllables).capitalize()


def _identifier(dice: Dice) -> str:
    words = [dice.pick(LEXICON["verb"]), dice.pick(LEXICON["thing"]).replace(" ", "_")]
    if dice.roll() < 0.4:
        words.append(dice.pick(LEXICON["adj"]))
    if dice.roll() < 0.6:
        return "_".join(words)
    return words[0] + "".join(word.title().replace("_", "") for word in words[1:])


SPECIAL: Mapping[str, Callable[[Dice], str]] = {
    "n": _number,
    "big": _large,
    "year": _year,
    "coined": _coined,
    "ident": _identifier,
}
"""A small number, one of three to five digits, a year, an invented proper name, and a name as programmers make them."""
