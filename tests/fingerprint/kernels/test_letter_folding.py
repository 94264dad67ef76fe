"""The kernels of the fold, by themselves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from hydrometer.fingerprint.kernels.letter_folding import (
    MOST_MARKS,
    drop_invisible,
    find_rows_to_fold,
    map_look_alikes,
    needs_folding,
)
from hydrometer.fingerprint.look_alikes import build_fold_tables

TABLES = build_fold_tables()


def points(text: str) -> npt.NDArray[np.uint32]:
    return np.array([ord(sign) for sign in text], np.uint32)


def text(signs: npt.NDArray[np.uint32], count: int) -> str:
    return "".join(map(chr, signs[:count].tolist()))


@pytest.mark.parametrize("padding", [0, 1, 63, 64, 200])
@pytest.mark.parametrize(
    ("part", "needed"),
    [
        ("", False),
        ("plain ASCII", False),
        ("café, naïve — “quoted” … 😀🇩🇪", False),
        ("только русский текст", False),
        ("русский and English", True),
        ("只有汉字，没有别的。", False),
        ("한국어 문장", False),
        ("soft\u00adhyphen zero\u200bwidth", False),
        ("ﬁne", True),
        ("cafe\u0301", True),
        ("ＷＩＤＥ", True),
        ("𝐛old", True),
    ],
)
def test_only_texts_that_change_are_folded(part: str, needed: bool, padding: int) -> None:
    data = np.frombuffer((part + " " * padding + part).encode(), np.uint8)
    assert needs_folding(data, 0, data.size, TABLES.classes) == needed


def test_rows_are_told_by_their_bounds() -> None:
    rows = ["plain", "ﬁne", "ﬁne", "plain"]
    data = np.frombuffer("".join(rows).encode(), np.uint8)
    ends = np.cumsum([0, *(len(row.encode()) for row in rows)])
    valid = np.array([True, True, False, True])
    assert find_rows_to_fold(data, ends, valid, 0, 4, TABLES.classes).tolist() == [1]


def test_invisible_signs_go_and_marks_are_few() -> None:
    signs = points("a\u200bb\U000e0041c\ufe0f" + "x" + "\u0301" * 100)
    kept = drop_invisible(signs, TABLES.classes, TABLES.plain)
    assert text(signs, kept) == "abcx" + "\u0301" * MOST_MARKS


def test_a_sentence_without_letters_that_tell_goes_with_the_one_before() -> None:
    signs = points("Plain Latin words. со. Обычные русские слова. со.")
    assert text(signs, map_look_alikes(signs, TABLES.arrays)) == "Plain Latin words. co. Обычные русские слова. со."
