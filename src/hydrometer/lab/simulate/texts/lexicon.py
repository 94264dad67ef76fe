"""The lexicon, and the makers of numbers and names that no list could hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.lab.simulate.texts.phrase_grammar import read_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hydrometer.lab.simulate.texts.phrase_grammar import Dice

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


def _draw_number(dice: Dice) -> str:
    return str(2 + dice.below(97))


def _draw_large_number(dice: Dice) -> str:
    return str(int(100 * 10 ** (dice.roll() * 2.6)))


def _draw_year(dice: Dice) -> str:
    return str(1650 + dice.below(376))


def _coin_name(dice: Dice) -> str:
    syllables = (dice.pick(_ONSETS) + dice.pick(_NUCLEI) + dice.pick(_CODAS) for _ in range(2 + dice.below(2)))
    return "".join(syllables).capitalize()


def _draw_identifier(dice: Dice) -> str:
    words = [dice.pick(LEXICON["verb"]), dice.pick(LEXICON["thing"]).replace(" ", "_")]
    if dice.roll() < 0.4:
        words.append(dice.pick(LEXICON["adj"]))
    if dice.roll() < 0.6:
        return "_".join(words)
    return words[0] + "".join(word.title().replace("_", "") for word in words[1:])


SPECIAL: Mapping[str, Callable[[Dice], str]] = {
    "n": _draw_number,
    "big": _draw_large_number,
    "year": _draw_year,
    "coined": _coin_name,
    "ident": _draw_identifier,
}
"""A small number, one of three to five digits, a year, an invented proper name, and a name as programmers make them."""
