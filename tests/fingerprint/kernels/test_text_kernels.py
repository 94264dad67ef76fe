"""The kernels against plain Python: bits of bytes, words, shingles, run hashes, known words, sums of rows."""

from __future__ import annotations

import re
import string
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numba import njit
from scipy.special import logsumexp

from hydrometer.fingerprint.elicitation_model import _log_sum_exp
from hydrometer.fingerprint.kernels.keyed_hashing import PRIME, ROLL, hash_run, mix_bits, sample_shingles, siphash
from hydrometer.fingerprint.kernels.lookup import build_hash_table, build_sieve, find_slot, sift_words
from hydrometer.fingerprint.kernels.tokeniser import BLOCK_BYTES, SCRIPTS, make_token_scratch, tokenise
from hydrometer.fingerprint.kernels.vector_intrinsics import (
    BYTES,
    LANES,
    add_rows,
    count_set_bits,
    find_lowest_bit,
    load_eight_bytes,
    mask_bytes_between,
)
from hydrometer.fingerprint.kernels.word_hashing import RING, SEED, STEM
from hydrometer.fingerprint.unicode_tables import ALONE, DROPPED, WORD, build_unicode_tables

MASK = (1 << 64) - 1
KEY = (np.uint64(0x0706050403020100), np.uint64(0x0F0E0D0C0B0A0908))
SIGNS = st.sampled_from(
    [
        *string.ascii_letters,
        *"0123456789''  \n.,-?*|:/<`{[(\\",
        "é",
        "É",
        "’",
        "—",
        "Ж",
        "数",
        "の",
        "한",
        "٣",
        "Ａ",
        "😀",
        "𠀀",
    ]
)
Words = npt.NDArray[np.uint64]


def _between(data: npt.NDArray[np.uint8], at: int, low: int, high: int) -> int:
    return mask_bytes_between(data, at, low, high)  # type: ignore[no-any-return]


def _eight(data: npt.NDArray[np.uint8], at: int) -> int:
    return load_eight_bytes(data, at)  # type: ignore[no-any-return]


def _bits(mask: int) -> tuple[int, int]:
    return find_lowest_bit(mask), count_set_bits(mask)


def _summed(table: npt.NDArray[np.int8], places: Words, first: int, stop: int) -> npt.NDArray[np.int32]:
    sums = np.ones(2 * LANES, np.int32)
    add_rows(table, places, first, stop, sums, LANES)
    return sums


def _sketched(words: Words, count: int, size: int, least: int, low: int, high: int) -> npt.NDArray[np.int64]:
    out = np.zeros(count + 8, np.int64)
    have = sample_shingles(words, count, size, least, low, high, out, 0, np.zeros((2, count), np.uint64))
    return out[:have]


def _run(words: Words, first: int, stop: int, low: int, high: int) -> int:
    return hash_run(words, first, stop, low, high)  # type: ignore[no-any-return]


def _known(words: Words, keys: Words, sieve: Words) -> npt.NDArray[np.int64]:
    hits = np.zeros(words.size + 1, np.int64)
    held = sift_words(words, words.size, sieve, hits)
    found = np.full(words.size, -1)
    for hit in range(held):
        place = find_slot(words[hits[hit]], keys)
        if keys[place] == words[hits[hit]]:
            found[hits[hit]] = np.int64(place)
    return found


compiled: Any = njit
between = compiled(_between)
eight = compiled(_eight)
bits = compiled(_bits)
summed = compiled(_summed)
sketched = compiled(_sketched)
run = compiled(_run)
known = compiled(_known)


def plain_hash(letters: list[int]) -> int:
    value = int(SEED)
    for letter in letters:
        value = ((value ^ letter) * int(PRIME)) & MASK
    return int(mix_bits(np.uint64(value)))


def plain_words(text: str) -> list[tuple[int, int]]:
    """The hash of each word and of its stem, sign by sign by the tables of the alphabet."""
    tables, made, letters = build_unicode_tables(), [], list[int]()

    def close() -> None:
        if letters:
            made.append((plain_hash(letters), plain_hash(letters[:STEM])))
            letters.clear()

    for point in map(ord, text):
        if point > 0xFFFF:
            close()
            if point >= 0x20000:
                made.append((plain_hash([point]),) * 2)
        elif tables.kind[point] == WORD:
            letter = int(tables.fold[point])
            if letter != ord("0") or letters[-1:] != [letter]:
                letters.append(letter)
        elif tables.kind[point] != DROPPED:
            close()
            if tables.kind[point] == ALONE:
                made.append((plain_hash([int(tables.fold[point])]),) * 2)
    close()
    return made


def read(text: str, limit: int, before: bytes = b"", after: bytes = b"") -> tuple[Words, Words, int, int]:
    data = np.frombuffer(before + text.encode() + after, np.uint8)
    words, stems = np.zeros(limit + RING, np.uint64), np.zeros(limit + RING, np.uint64)
    seen, stop = np.zeros(SCRIPTS, np.int32), data.size - len(after)
    count, shape = tokenise(
        data, len(before), stop, build_unicode_tables().arrays, limit, words, stems, seen, make_token_scratch()
    )
    return words, stems, int(count), int(shape)


@settings(max_examples=50)
@given(st.binary(min_size=BYTES + 9, max_size=BYTES + 9), st.integers(0, 9), st.integers(0, 255), st.integers(0, 255))
def test_bytes_are_found_as_bits(data: bytes, at: int, one: int, other: int) -> None:
    low, high = sorted((one, other))
    array = np.frombuffer(data, np.uint8)
    want = sum(1 << place for place in range(BYTES) if low <= data[at + place] <= high)
    assert between(array, at, low, high) == want
    assert eight(array, at) == int.from_bytes(data[at : at + 8], "little")
    lowest = (want & -want).bit_length() - 1 if want else 64
    assert bits(np.uint64(want)) == (lowest, want.bit_count())


@settings(max_examples=200)
@given(st.text(SIGNS, max_size=200), st.binary(max_size=70), st.binary(max_size=70))
@example("a" * 63 + " b", b"", b"")
@example("a" * 64, b"", b"z")
@example("word " * 30 + "x", b"q", b"")
@example("1" * 70 + "a", b"", b"")
@example("internationalisation " * 9 + "Donaudampfschifffahrt", b"", b"")
def test_words_and_stems_equal_those_read_sign_by_sign(text: str, before: bytes, after: bytes) -> None:
    words, stems, count, _ = read(text, 1_000, before, after)
    assert [(int(w), int(s)) for w, s in zip(words[:count], stems[:count], strict=True)] == plain_words(text)


@settings(max_examples=20)
@given(st.integers(0, 130), st.sampled_from(["plain words here ", "a1 b'c 数字 é ", "ab" * 40 + " "]))
def test_words_go_on_from_one_stretch_of_reading_to_the_next(shift: int, piece: str) -> None:
    text = "x" * shift + " " + piece * (3 * BLOCK_BYTES // len(piece.encode()))
    words, stems, count, _ = read(text, 10_000)
    assert [(int(w), int(s)) for w, s in zip(words[:count], stems[:count], strict=True)] == plain_words(text)


@settings(max_examples=20)
@given(st.lists(st.sampled_from(["plain", "it's", "数", "a1", "7"]), min_size=1, max_size=600))
def test_the_last_words_of_a_long_text_are_kept_in_turn(parts: list[str]) -> None:
    text, limit = " ".join(parts), 140
    want = [word for word, _ in plain_words(text)]
    words, _, count, _ = read(text, limit)
    assert count == len(want)
    assert words[: min(count, limit)].tolist() == want[:limit]
    for index in range(max(limit, count - RING), count):
        assert words[limit + (index - limit) % RING] == want[index]


@settings(max_examples=60)
@given(st.text(st.sampled_from('1a.)-* |:/?\n`<{["\\x'), max_size=150), st.integers(0, 70))
def test_structure_does_not_depend_on_where_a_text_stands(text: str, shift: int) -> None:
    alone = read(text, 500)[3]
    assert read(text, 500, b"?- 1" * shift, b"1. x?")[3] == alone
    want = 64 if "?" in text else 0
    want |= 128 if "://" in text else 0
    want |= 32 if re.search(r"(?<= )\|( |$)", text, re.DOTALL) else 0
    want |= 4 if "```" in text else 0
    assert alone & (64 | 128 | 32 | 4) == want


@settings(max_examples=60)
@given(st.lists(st.integers(0, MASK), min_size=1, max_size=80), st.integers(1, 70), st.integers(0, MASK))
def test_shingles_equal_their_polynomial(words: list[int], size: int, least: int) -> None:
    def kept(value: int) -> bool:
        chance = ((value ^ int(KEY[0])) * int(PRIME)) & MASK
        return int(mix_last(chance ^ (chance >> 33) ^ int(KEY[1]))) <= least

    def mix_last(value: int) -> int:
        value = (value * 0xC4CEB9FE1A85EC53) & MASK
        return value ^ (value >> 33)

    length = min(size, len(words))
    values = [
        sum(word * pow(int(ROLL), length - 1 - place, 1 << 64) for place, word in enumerate(words[at : at + length]))
        & MASK
        for at in range(len(words) - length + 1)
    ]
    want = [int(np.uint64(siphash(np.uint64(v), *KEY)).astype(np.int64)) for v in values if kept(v)]
    array = np.array(words, np.uint64)
    assert sketched(array, len(words), size, np.uint64(least), *KEY).tolist() == want


@settings(max_examples=60)
@given(st.lists(st.integers(0, MASK), max_size=60), st.integers(0, 60))
def test_a_run_hash_is_that_of_its_words_in_turn(words: list[int], first: int) -> None:
    first = min(first, len(words))
    value = len(words) - first
    for word in words[first:]:
        value = (value * int(ROLL) + word) & MASK
    want = siphash(np.uint64(mix_bits(np.uint64(value))), *KEY)
    assert run(np.array([*words, 0], np.uint64), first, len(words), *KEY) == want


def test_a_table_too_small_for_its_words_is_refused() -> None:
    with pytest.raises(ValueError, match="65 words need at least 130 slots, and there are 128"):
        build_hash_table(list(range(1, 66)), 128)


@settings(max_examples=40)
@given(st.sets(st.integers(1, MASK), max_size=60), st.lists(st.integers(1, MASK), max_size=30))
def test_known_words_are_found_and_others_are_not(hashes: set[int], others: list[int]) -> None:
    ours = sorted(hashes)
    keys, places = build_hash_table(ours, 128)
    asked = np.array([*others, *ours], np.uint64)
    found = known(asked, keys, build_sieve(ours))
    where = dict(zip(ours, places.tolist(), strict=True))
    assert found.tolist() == [where.get(int(word), -1) for word in asked]


@settings(max_examples=40)
@given(st.integers(0, 9), st.integers(0, 60), st.integers(0, 60))
def test_rows_are_summed(seed: int, one: int, other: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(-128, 128, (50, LANES)).astype(np.int8)
    places = rng.integers(0, 50, 60).astype(np.uint64)
    first, stop = sorted((one, other))
    sums = summed(table, places, first, stop)
    assert sums[:LANES].tolist() == [1] * LANES
    assert (sums[LANES:] - 1).tolist() == table[places[first:stop]].astype(int).sum(axis=0).tolist()


def test_the_odds_are_those_of_scipy_to_the_bit() -> None:
    rng = np.random.default_rng(2)
    for spread in (0.0, 1.0, 30.0, 1e9):
        logits = rng.normal(0, spread, (2_000, 8))
        logits[::5, 1] = logits[::5, 6]
        assert np.array_equal(_log_sum_exp(logits), logsumexp(logits, axis=1))
    assert _log_sum_exp(np.zeros((0, 8))).size == 0
