"""The fold: texts as they are read, so that invisible signs and look-alike letters hide nothing.

What the tokeniser does with each sign (case, digits, apostrophes, what nobody sees) it does anyway; this is what takes
more than one sign to see. Texts that need none of it are passed over by a look at their bytes.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hydrometer.fingerprint.kernels.letter_folding import drop_invisible, find_rows_to_fold, map_look_alikes
from hydrometer.fingerprint.look_alikes import build_fold_tables

if TYPE_CHECKING:
    from hydrometer.fingerprint.text_arrays import TextArrays

FOLD_VERSION = 1
"""Raised whenever a text without odd signs may be folded otherwise; 0 is what came before there was a fold.

Texts in ASCII alone, without control characters, are the same in all versions.
"""


def fold_text(text: str) -> str:
    """Return a text as it is sketched, but for what the tokeniser itself does (case, digits, apostrophes).

    In turn: what nobody sees goes; Unicode's compatible composition (NFKC); letters that look Latin become Latin in words
    that are Latin otherwise, and in Latin sentences; marks on Latin letters that compose with none of them go. Twice
    is as once.
    """
    if text.isascii():
        return text
    tables = build_fold_tables()
    points = _encode_points(text)
    composed = unicodedata.normalize(
        "NFKC", _decode_points(points, drop_invisible(points, tables.classes, tables.plain))
    )
    if composed.isascii():
        return composed
    points = _encode_points(composed)
    folded = _decode_points(points, map_look_alikes(points, tables.arrays))
    return unicodedata.normalize("NFKC", folded)


def fold_rows(texts: TextArrays, low: int, high: int) -> TextArrays:
    """Return rows low..high of a text column, folded; without a copy where nothing needs it."""
    data, ends, valid = texts
    rows = find_rows_to_fold(data, ends, valid, low, high, build_fold_tables().classes).tolist()
    if not rows:
        return data, ends[low : high + 1], valid[low:high]
    lengths = np.diff(ends[low : high + 1])
    parts: list[npt.NDArray[np.uint8]] = []
    before = ends[low]
    for row in rows:
        text = data[ends[row] : ends[row + 1]].tobytes().decode("utf-8", "replace")
        folded = np.frombuffer(fold_text(text).encode(), np.uint8)
        parts += [data[before : ends[row]], folded]
        lengths[row - low], before = folded.size, ends[row + 1]
    parts.append(data[before : ends[high]])
    folded_ends = np.zeros(high - low + 1, np.int64)
    np.cumsum(lengths, out=folded_ends[1:])
    return np.concatenate(parts), folded_ends, valid[low:high]


def _encode_points(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(bytearray(text.encode("utf-32-le", "replace")), np.uint32)


def _decode_points(points: npt.NDArray[np.uint32], count: int) -> str:
    return points[:count].tobytes().decode("utf-32-le")
