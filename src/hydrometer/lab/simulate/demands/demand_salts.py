"""What an operator strews into its demands so that no two are the same: padding, invisible characters, lookalikes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hydrometer.lab.simulate.texts.lexicon import LEXICON, SPECIAL
from hydrometer.lab.simulate.texts.phrase_grammar import PhraseGrammar, read_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hydrometer.lab.simulate.scenario import Salt
    from hydrometer.lab.simulate.texts.phrase_grammar import Dice

_KEPT = re.compile(r"(\{\w+\}|</?[\w-]+(?: [^<>]*)?>)")
"""Blanks for tasks and answers, and tags: an operator reads replies by them, so it leaves them alone."""
_INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u180e")
_INVISIBLE_SHARE = 0.2
"""Share of the gaps inside words that get an invisible character."""
_LOOKALIKES: Mapping[str, str] = {
    **dict(zip("acdeghijlopqsvwxy", "асԁеɡһіјӏорԛѕνԝху", strict=True)),
    **dict(zip("ABCEHIKMNOPSTXYZ", "АВСЕНІΚМΝОРЅТХΥΖ", strict=True)),
}
"""Latin letters and the Cyrillic, Greek and other ones that look like them."""
_LOOKALIKE_SHARE = 0.25
"""Share of the letters that have a lookalike which are replaced by it."""
_BETWEEN = 0.35
"""Share of the gaps between paragraphs that are padded; the beginning or the end always is."""
_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"


def _draw_characters(dice: Dice) -> str:
    return "".join(dice.pick(_CHARACTERS) for _ in range(6 + dice.below(15)))


_FILLER = PhraseGrammar(
    LEXICON,
    read_rules("hydrometer.lab.simulate.texts", "common"),
    read_rules(__package__, "salts"),
    special={**SPECIAL, "characters": _draw_characters},
)


def salt_demand(text: str, salt: Salt, dice: Dice) -> str:
    """Return a demand with a salt strewn in; its blanks and tags stay as they are."""
    if salt == "padding":
        return _pad(text, dice)
    strew: Callable[[str, Dice], str] = {"invisible": _strew_invisible, "lookalike": _swap_lookalikes}[salt]
    parts = _KEPT.split(text)
    return "".join(part if number & 1 else strew(part, dice) for number, part in enumerate(parts))


def _pad(text: str, dice: Dice) -> str:
    """Return the text with filler before it, after it, or both, and between some of its paragraphs."""
    paragraphs = text.split("\n\n")
    out = [paragraphs[0]]
    for paragraph in paragraphs[1:]:
        if dice.roll() < _BETWEEN:
            out.append(_FILLER.expand("filler", dice))
        out.append(paragraph)
    where = dice.below(3)
    if where != 1:
        out.insert(0, _FILLER.expand("filler", dice))
    if where != 0:
        out.append(_FILLER.expand("filler", dice))
    return "\n\n".join(out)


def _strew_invisible(text: str, dice: Dice) -> str:
    """Return the text with invisible characters between some letters of its words."""
    out = []
    for character, following in zip(text, f"{text} "[1:], strict=True):
        out.append(character)
        if character.isalpha() and following.isalpha() and dice.roll() < _INVISIBLE_SHARE:
            out.append(dice.pick(_INVISIBLE))
    return "".join(out)


def _swap_lookalikes(text: str, dice: Dice) -> str:
    """Return the text with some Latin letters replaced by others that look like them."""
    return "".join(
        _LOOKALIKES[character] if character in _LOOKALIKES and dice.roll() < _LOOKALIKE_SHARE else character
        for character in text
    )
