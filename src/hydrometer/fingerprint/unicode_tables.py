"""What each code point is to the tokeniser: tables, made once from a pinned Unicode database so that sketches stay
equal over Python versions."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from unicodedata import ucd_3_2_0

import numpy as np
import numpy.typing as npt

APART, WORD, DROPPED, ALONE = 0, 1, 2, 3
"""Kinds: ends a word; part of a word; ignored; a word by itself (scripts written without spaces)."""

SCRIPT_NAMES = (
    "latin", "han", "kana", "hangul", "cyrillic", "ukrainian", "greek", "arabic", "hebrew", "devanagari", "thai",
    "other",
)  # fmt: skip
"""Counters of kernels.text.tokenise. `ukrainian` counts the Cyrillic letters that Russian lacks."""

_SCRIPT_RANGES = (
    (0x00C0, 0x024F, "latin"), (0x1E00, 0x1EFF, "latin"), (0x0370, 0x03FF, "greek"), (0x1F00, 0x1FFF, "greek"),
    (0x0400, 0x052F, "cyrillic"), (0x0590, 0x05FF, "hebrew"), (0x0600, 0x06FF, "arabic"), (0x0750, 0x077F, "arabic"),
    (0x0900, 0x097F, "devanagari"), (0x0E00, 0x0E7F, "thai"), (0x1100, 0x11FF, "hangul"), (0xAC00, 0xD7AF, "hangul"),
    (0x3040, 0x30FF, "kana"), (0xFF66, 0xFF9F, "kana"), (0x3400, 0x4DBF, "han"), (0x4E00, 0x9FFF, "han"),
    (0xF900, 0xFAFF, "han"),
)  # fmt: skip
_ALONE_RANGES = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3041, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF), (0xFF66, 0xFF9F),
)  # fmt: skip
_APOSTROPHES = (0x27, 0x2019, 0x2BC)
INVISIBLE_RANGES = (
    # Unicode's default-ignorable code points: soft hyphen, zero widths, controls of direction, variation selectors, tags.
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
    # Controls that are neither white space nor separators.
    (0x00, 0x08), (0x0E, 0x1B), (0x7F, 0x84), (0x86, 0x9F),
    # Marks that strike through, underline or adorn letters, and make no other letter of them.
    (0x305, 0x305), (0x332, 0x338), (0x33F, 0x33F), (0x346, 0x34E), (0x350, 0x357), (0x359, 0x36F), (0x488, 0x489),
    (0x1AB0, 0x1AFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F),
)  # fmt: skip
"""What nobody sees or reads: dropped, so that the words around it join."""
_DIGIT = ord("0")


@dataclass(frozen=True, slots=True)
class UnicodeTables:
    """Tables by byte (`ascii_fold`) and by code point of the basic plane (`fold`, `kind`, `script`).

    `ascii_fold` holds 0 for white space, 1 for a sign, 2 for a dropped sign or control, else the folded letter; every
    digit folds to `0`.
    """

    ascii_fold: npt.NDArray[np.uint8]
    fold: npt.NDArray[np.uint16]
    kind: npt.NDArray[np.uint8]
    script: npt.NDArray[np.uint8]

    @property
    def arrays(
        self,
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint16], npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        return self.ascii_fold, self.fold, self.kind, self.script


@functools.cache
def build_unicode_tables() -> UnicodeTables:
    """Return the tables; the same in every process."""
    fold = np.arange(65536, dtype=np.uint16)
    kind = np.full(65536, WORD, np.uint8)
    for point in range(65536):
        sign = chr(point)
        category = ucd_3_2_0.category(sign)
        if category[0] in "ZPS" or category in ("Cc", "Cs", "Co"):
            kind[point] = APART
        elif category == "Cf":
            kind[point] = DROPPED
        elif category == "Nd":
            fold[point] = _DIGIT
        elif category[0] == "L":
            folded = sign.casefold()
            fold[point] = ord(folded) if len(folded) == 1 and ucd_3_2_0.category(folded) != "Cn" else point
    for first, last in _ALONE_RANGES:
        inside = kind[first : last + 1]
        inside[(inside == WORD) & (fold[first : last + 1] != _DIGIT)] = ALONE
    kind[list(_APOSTROPHES)] = DROPPED
    for first, last in INVISIBLE_RANGES:
        kind[first : last + 1] = DROPPED
    wide = np.arange(0xFF01, 0xFF5F)  # full-width forms of ASCII
    kind[wide], fold[wide] = kind[wide - 0xFEE0], fold[wide - 0xFEE0]

    script = np.full(65536, SCRIPT_NAMES.index("other"), np.uint8)
    for first, last, name in _SCRIPT_RANGES:
        script[first : last + 1] = SCRIPT_NAMES.index(name)
    script[[ord(letter) for letter in "іїєґІЇЄҐ"]] = SCRIPT_NAMES.index("ukrainian")

    ascii_fold = np.zeros(256, np.uint8)
    for point in (*range(9), *range(14, 28), *range(33, 128)):
        ascii_fold[point] = {WORD: int(fold[point]), DROPPED: 2}.get(int(kind[point]), 1)
    return UnicodeTables(ascii_fold, fold, kind, script)
