"""Scales of confidence and how they become one another, as STIX 2.1 has them (appendix A).

MISP's taxonomies give other numbers to the same words; from there words are taken and never numbers.
"""

from __future__ import annotations

from typing import Literal

Scale = Literal["stix", "words", "admiralty", "wep", "icd203"]
UNSAID = 50
"""Confidence of what states none."""

SCALES: dict[str, dict[str, int]] = {
    "words": {"none": 0, "low": 15, "medium": 50, "high": 85},
    "admiralty": {"1": 90, "2": 70, "3": 50, "4": 30, "5": 10},
    "wep": {
        "impossible": 0,
        "highly unlikely": 10,
        "unlikely": 30,
        "even chance": 50,
        "likely": 70,
        "highly likely": 90,
        "certain": 100,
    },
    "icd203": {
        "almost no chance": 5,
        "very unlikely": 15,
        "unlikely": 30,
        "roughly even": 50,
        "likely": 70,
        "very likely": 85,
        "almost certain": 95,
    },
}
"""By scale, its words and what each is in STIX's 0 to 100."""


def convert_to_stix(word: str, scale: Scale) -> int:
    """Return STIX's confidence for a word or a number of a scale.

    Raises:
        ValueError: the scale has no such word.
    """
    text = word.strip().lower()
    if scale == "stix":
        if not (text.isascii() and text.isdigit()) or int(text) > 100:
            raise ValueError("STIX's confidence is 0 to 100")
        return int(text)
    try:
        return SCALES[scale][text]
    except KeyError:
        raise ValueError(f"{word!r} is no word of the scale {scale}") from None


def convert_to_word(confidence: int, scale: Scale) -> str:
    """Return the word of a scale that is nearest to a STIX confidence, the lower of two that are as near."""
    if scale == "stix":
        return str(confidence)
    words = SCALES[scale]
    return min(words, key=lambda word: (abs(words[word] - confidence), words[word]))
