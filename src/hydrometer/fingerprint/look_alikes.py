"""Letters that are drawn like Latin ones: our own table of the commonest, and what a code point is to the fold."""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from typing import Any
from unicodedata import ucd_3_2_0

import numpy as np
import numpy.typing as npt

from hydrometer.fingerprint.kernels.letter_folding import (
    CYRILLIC,
    GREEK,
    INSIDE,
    INVISIBLE,
    LATIN,
    LIKENED,
    MARK,
    NONSTARTER,
    OTHER,
    POINTS,
    SINGLE,
    STIRS,
    STOP,
)
from hydrometer.fingerprint.unicode_tables import ALONE, APART, INVISIBLE_RANGES, build_unicode_tables

_LATIN_RANGES = (
    (0x41, 0x5A), (0x61, 0x7A), (0xAA, 0xAA), (0xBA, 0xBA), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x2AF), (0x1D00, 0x1D25),
    (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA722, 0xA787), (0xA78B, 0xA7FF), (0xAB30, 0xAB64),
)  # fmt: skip
_CYRILLIC_RANGES = ((0x400, 0x481), (0x48A, 0x52F), (0x1C80, 0x1C88), (0xA640, 0xA66D), (0xA680, 0xA69B))
_GREEK_RANGES = ((0x370, 0x3E1), (0x3F0, 0x3FF), (0x1F00, 0x1FFF))
_LIKENED_RANGES = (
    *_CYRILLIC_RANGES, *_GREEK_RANGES, (0x531, 0x587), (0x13A0, 0x13FD), (0xA4D0, 0xA4F7), (0x2C80, 0x2CE3),
)  # fmt: skip
_SENTENCE_ENDS = "\n.!?;。！？؟؛।"

_MARK_RANGES = ((0x300, 0x36F), (0x1DC0, 0x1DFF))

TWINS = {
    "cyrillic": "аa еe оo рp сc уy хx ѕs іi јj һh ԁd ԛq ԝw ӏl ѵv ԍg АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ЅS ІI ЈJ ԌG ԚQ ԜW ӀI ѴV",
    "greek": "αa οo νv ρp ιi υu γy ϳj χx ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX ͿJ",
    "armenian": "օo ոn սu հh ցg զq ՕO ՏS ԼL ՍU",
    "cherokee": (
        "ᎠD ᎡR ᎢT ᎥI ᎪA ᎫJ ᎬE ᎳW ᎷM ᎻH ᎹY ᏀG ᏃZ ᏙV ᏚS ᏞL ᏟC ᏢP ᏦK ᏴB"
    ),
    "lisu": "ꓐB ꓑP ꓓD ꓔT ꓖG ꓗK ꓙJ ꓚC ꓜZ ꓝF ꓟM ꓠN ꓡL ꓢS ꓣR ꓦV ꓧH ꓪW ꓫX ꓬY ꓮA ꓰE ꓲI ꓳO ꓴU",
    "coptic": "ⲟo ⲣp ⲥc ⲭx ⲒI ⲎH ⲔK ⲘM ⲚN ⲞO ⲢP ⲤC ⲦT ⲨY ⲬX ⲀA ⲂB ⲈE",
}  # fmt: skip
"""Letters that hardly differ from a Latin one, each before that one."""
NEAR = "кk мm тt нh вb гr пn ьb κk τt ηn εe σo ωw μu βb ςc"
"""Letters that differ from a Latin one when looked at, and are read as it beside others."""
_SMALL_CAPITALS = "ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ꞯq ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz ɑa ɡg"
"""Latin letters of other kinds that always stand for a plain one."""
ENCLOSED = ((0x1F150, 26, "A"), (0x1F170, 26, "A"), (0x1CCD6, 26, "A"), (0x1CCF0, 10, "0"))
"""First code points, numbers and first signs of letters and digits that not every Unicode database takes apart."""
_BACK_LETTERS = {
    CYRILLIC: "aа eе oо pр cс yу xх kк iі AА BВ EЕ KК MМ HН OО PР CС TТ YУ XХ IІ",
    GREEK: "oο aα vν pρ iι uυ kκ xχ AΑ BΒ EΕ ZΖ HΗ IΙ KΚ MΜ NΝ OΟ PΡ TΤ YΥ XΧ",
}
"""Letters that a Latin one may stand for in a word of their script, after that one."""


@dataclass(frozen=True, slots=True)
class FoldTables:
    """What the fold's kernels look up.

    classes: bits of each code point below POINTS; script: CYRILLIC, GREEK or 0. plain: what always stands for a code
    point, 0 for itself. twin, near: the Latin letter that a code point is like, 0 for none. back: the letter of a script
    that a Latin letter of ASCII may stand for, [scripts + 1, 128], 0 for none.
    """

    classes: npt.NDArray[np.uint16]
    script: npt.NDArray[np.uint8]
    plain: npt.NDArray[np.uint8]
    twin: npt.NDArray[np.uint8]
    near: npt.NDArray[np.uint8]
    back: npt.NDArray[np.uint32]

    @property
    def arrays(self) -> tuple[npt.NDArray[np.unsignedinteger[Any]], ...]:
        return self.classes, self.script, self.plain, self.twin, self.near, self.back


def _enter_pairs(table: npt.NDArray[np.uint8] | npt.NDArray[np.uint32], pairs: str) -> None:
    for pair in pairs.split():
        table[ord(pair[0])] = ord(pair[1])


def _mark_ranges(classes: npt.NDArray[np.uint16], ranges: tuple[tuple[int, int], ...], bit: int) -> None:
    for first, last in ranges:
        classes[first : last + 1] |= bit


@functools.cache
def build_fold_tables() -> FoldTables:
    """Return the tables; the same in every process."""
    plain, twin, near = (np.zeros(POINTS, np.uint8) for _ in range(3))
    _enter_pairs(plain, _SMALL_CAPITALS)
    for first, count, sign in ENCLOSED:
        plain[first : first + count] = ord(sign) + np.arange(count)
    for pairs in TWINS.values():
        _enter_pairs(twin, pairs)
    _enter_pairs(near, NEAR)
    back = np.zeros((3, 128), np.uint32)
    for name, pairs in _BACK_LETTERS.items():
        _enter_pairs(back[name], pairs)
    script = np.zeros(POINTS, np.uint8)
    for name, ranges in ((CYRILLIC, _CYRILLIC_RANGES), (GREEK, _GREEK_RANGES)):
        for first, last in ranges:
            script[first : last + 1] = name
    return FoldTables(_classify_points(plain), script, plain, twin, near, back)


def _classify_points(plain: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
    kind = build_unicode_tables().kind
    classes = np.zeros(POINTS, np.uint16)
    latin = np.zeros(POINTS, np.uint16)
    _mark_ranges(latin, _LATIN_RANGES, LATIN)
    for point in range(POINTS):
        category = ucd_3_2_0.category(chr(point))
        if latin[point]:
            classes[point] = LATIN
        elif category[0] == "L":
            classes[point] = OTHER | (SINGLE if point < len(kind) and kind[point] == ALONE else 0)
        elif category == "Nd":
            classes[point] = INSIDE
        if unicodedata.combining(chr(point)):
            classes[point] |= NONSTARTER
    _mark_ranges(classes, _LIKENED_RANGES, LIKENED)
    for first, last in _LIKENED_RANGES:  # some are younger than the pinned database
        unknown = classes[first : last + 1]
        unknown[unknown == LIKENED] |= OTHER
    classes[[ord(sign) for sign in "'’ʼ"]] = INSIDE
    classes[[ord(sign) for sign in _SENTENCE_ENDS]] |= STOP
    _mark_ranges(classes, INVISIBLE_RANGES, INVISIBLE)
    for first, last in _MARK_RANGES:
        inside = classes[first : last + 1]
        inside[inside & INVISIBLE == 0] |= MARK
    classes[_find_stirring(classes, plain)] |= STIRS
    return classes


def _find_stirring(classes: npt.NDArray[np.uint16], plain: npt.NDArray[np.uint8]) -> list[int]:
    """Return the code points with which a text is not what the tokeniser makes of it anyway."""
    kind = build_unicode_tables().kind
    apart = {chr(point) for point in np.flatnonzero(kind == APART).tolist()}
    stirring = {*np.flatnonzero((classes & MARK != 0) | (plain != 0)).tolist()}
    for point in range(128, POINTS):
        sign = chr(point)
        if classes[point] & INVISIBLE or 0xD800 <= point < 0xE000 or 0x1F1E6 <= point <= 0x1F1FF:
            continue
        composed = unicodedata.normalize("NFKC", sign)
        canonical = unicodedata.decomposition(sign)
        if canonical and canonical[0] != "<":
            stirring.update(int(part, 16) for part in canonical.split()[1:])  # the second may meet a first before it
        if composed != sign and not (sign in apart and apart.issuperset(composed.replace("\u0338", ""))):
            stirring.add(point)
    stirring.update((*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)))  # Hangul is composed by rule
    stirring.difference_update(range(0xFF01, 0xFF21), range(0xFF3B, 0xFF41), range(0xFF5B, 0xFF5F))
    return sorted(point for point in stirring if point < POINTS)
