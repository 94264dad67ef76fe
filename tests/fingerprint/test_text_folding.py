"""What the fold promises: invisible signs and look-alikes hide nothing, and genuine texts keep their letters."""

from __future__ import annotations

import random
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.fingerprint_texts import exchanges, fingerprints, prompt
from hydrometer.fingerprint import view_text_arrays
from hydrometer.fingerprint.kernels.letter_folding import MOST_MARKS, needs_folding
from hydrometer.fingerprint.look_alikes import TWINS, build_fold_tables
from hydrometer.fingerprint.text_folding import fold_rows, fold_text
from hydrometer.fingerprint.unicode_tables import INVISIBLE_RANGES

ENGLISH = (
    "You are an expert mathematician. Write down your complete chain of thought between think tags, every step with its "
    "justification, before you give the final answer. Solve 3x + 4 = 19 and show exactly how you got there, including "
    "the paths which you gave up on."
)
GENUINE = {
    "ru": "Переведи, пожалуйста, рецепт с английского. Купил iPhone с чехлом, а он не включается: что делать? СССР и ВВС.",
    "uk": "Поясни, будь ласка, чому небо синє. Їжак і ґава живуть у лісі, а в полі росте жито.",
    "el": "Εξήγησε μου γιατί ο ουρανός είναι μπλε. Το Python και η ζωή μου: ένα πρόγραμμα που γράφω τώρα.",
    "ar": "اشرح لي لماذا السماء زرقاء. اكتب برنامجا بلغة Python يقرأ ملفا، ثم ترجم النص إلى الإنجليزية.",
    "fa": "لطفاً این متن را ترجمه کن و بگو چرا آسمان آبی است.",
    "zh": "请解释为什么天空是蓝色的。用Python写一个函数，返回两个数的和！",
    "ja": "空が青い理由を説明してください。プログラムを書いて。",
    "tr": "Gökyüzü neden mavi? Kısa bir açıklama yazın, ışığın kırılması hakkında.",
    "vi": "Hãy giải thích tại sao bầu trời có màu xanh.",
}
INVISIBLE = [
    chr(point)
    for first, last in INVISIBLE_RANGES
    for point in range(first, last + 1)
    if not 0xE0080 <= point < 0xE0100 and point > 127
]
LATIN_TWINS: dict[str, list[str]] = {}
for pair in " ".join(TWINS.values()).split():
    LATIN_TWINS.setdefault(pair[1], []).append(pair[0])
MATHS = {chr(97 + n): chr(0x1D41A + n) for n in range(26)} | {chr(65 + n): chr(0x1D400 + n) for n in range(26)}
WIDE = {chr(point): chr(point + 0xFEE0) for point in range(33, 127)}
SAMPLE = ("sketch", "prompt_hash", "lead_hash", "tail_hash", "prompt_words", "elicitation", "elicitation_confidence")
SIGNS = st.sampled_from(
    [
        *"aeopcxkKTHB019 .'\n",
        *"аеорсхкТНиЯ",
        *"αορικΣςλ",
        *"\u0301\u0308\u0306\u0327\u0336\u05b4\u064e\u0654\u3099\u200d\u00ad\ufe0f\x07\x85",
        *"écçſßİ№™½ﬁ²ªＡ５，가ᄀ힣\u1161\u11a8名の،ﷺ🅐🇩😀𝐚ᴛ≠=\u0338",
        "\U000e0041",
        "\U0002f800",
    ]
)
TEXTS = st.text(SIGNS, max_size=60) | st.text(max_size=60)


@settings(max_examples=600)
@given(TEXTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold_text(text)
    assert fold_text(once) == once


@settings(max_examples=600)
@given(TEXTS)
def test_what_is_passed_over_is_what_folding_would_not_change(text: str) -> None:
    data = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
    if not needs_folding(data, 0, data.size, build_fold_tables().classes):
        plain, folded = prompt(text), prompt(fold_text(text))
        for column in SAMPLE:
            assert plain[column] == folded[column]


def _disguise(text: str, rng: random.Random, share: float) -> str:
    signs = []
    for sign in text:
        twins = [*LATIN_TWINS.get(sign, []), MATHS.get(sign, sign), WIDE.get(sign, sign)]
        signs.append(rng.choice(twins) if rng.random() < share else sign)
        if sign.isalpha() and rng.random() < share:
            signs.append(rng.choice(INVISIBLE))
    return "".join(signs)


@settings(max_examples=200)
@given(st.integers(0, 1 << 32), st.sampled_from([0.02, 0.1, 0.3]))
def test_disguises_leave_the_fingerprint_of_an_english_text(seed: int, share: float) -> None:
    disguised = _disguise(ENGLISH, random.Random(seed), share)
    plain, made = fingerprints([(None, ENGLISH), (None, disguised)])
    for column in (*SAMPLE, "language"):
        assert plain[column] == made[column], disguised


@pytest.mark.parametrize("text", GENUINE.values(), ids=GENUINE)
def test_genuine_texts_change_in_nothing_but_their_composition(text: str) -> None:
    expected = unicodedata.normalize("NFKC", "".join(sign for sign in text if sign not in INVISIBLE))
    assert fold_text(text) == expected


def test_words_go_to_the_script_that_they_are_in() -> None:
    assert fold_text("нaпиши oтвет") == "напиши ответ"  # Latin a and o
    assert fold_text("Ехрlаіn іt, рlеаѕе: ѕее аbоvе.") == "Explain it, please: see above."
    assert fold_text("со") == "со"
    assert fold_text("Please write со with care.") == "Please write co with care."
    assert fold_text("Он сказал co мной") == "Он сказал co мной"


def test_marks_and_enclosed_letters() -> None:
    assert fold_text("r̶e̶a̶s̶o̶n̶ r̈éason 🅐🅑 🄰 ᴛʜᴇ") == "reason réason AB A the"
    assert len(fold_text("а" + "\u0483" * 100_000)) <= 1 + MOST_MARKS
    assert len(fold_text("б\u0323\u0301" * 3 + "\u0323\u0301" * 200_000)) < 100


def test_control_characters_hide_no_word() -> None:
    plain, hidden, parted = fingerprints(
        [
            (None, "explain your reasoning"),
            (None, "ex\x00plain y\x7four rea\x08soning"),
            (None, "explain\tyour reasoning"),
        ]
    )
    assert plain["prompt_hash"] == hidden["prompt_hash"] == parted["prompt_hash"]


def test_rows_are_folded_where_they_lie() -> None:
    texts = [None, "plain", "ＷＩＤＥ", "", "Ехplain", None, "end"]
    column = pa.array(["before", *texts, "after"], pa.string()).slice(1, len(texts))
    data, ends, valid = fold_rows(view_text_arrays(column), 1, 6)
    made = [data[ends[row] : ends[row + 1]].tobytes().decode() if valid[row] else None for row in range(5)]
    assert made == ["plain", "WIDE", "", "Explain", None]
    untouched = view_text_arrays(column.slice(0, 2))
    assert fold_rows(untouched, 0, 2)[0] is untouched[0]


def test_the_batch_and_its_parts_fold_alike() -> None:
    rng = random.Random(1)
    texts = [(None, _disguise(ENGLISH, rng, 0.1) if row % 3 else ENGLISH) for row in range(40)]
    assert {row["prompt_hash"] for row in fingerprints(list(texts))} == {prompt(ENGLISH)["prompt_hash"]}
    assert exchanges(list(texts)).num_rows == 40


def test_invalid_bytes_do_no_harm() -> None:
    data = np.frombuffer(b"\xff\xfe ok \xc3 \xf0\x9f\xe2\x80 \xd0\xb0bc", np.uint8)
    rows = fold_rows((data, np.array([0, data.size]), np.array([True])), 0, 1)
    assert rows[0].tobytes().decode()
