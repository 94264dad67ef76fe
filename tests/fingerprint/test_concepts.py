"""Concepts: words that stand for one another are one feature to the demand model, in order and near one another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrometer.fingerprint import concepts
from hydrometer.fingerprint.concepts import build_concept_table, read_concepts
from hydrometer.fingerprint.kernels.elicitation_scoring import GRAMS, NEAR, look_up_concept, write_gram_buckets
from hydrometer.fingerprint.kernels.tokeniser import SCRIPTS, make_token_scratch, tokenise
from hydrometer.fingerprint.kernels.word_hashing import RING
from hydrometer.fingerprint.unicode_tables import build_unicode_tables

LIMIT = 200
EVERY = read_concepts()
WORDS = [(word, name) for name, words in EVERY.items() for word in words]
PLAIN = "window"


def hashed(text: str) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], int]:
    words, stems = np.zeros(LIMIT + RING, np.uint64), np.zeros(LIMIT + RING, np.uint64)
    data = np.frombuffer(text.encode(), np.uint8)
    seen = np.zeros(SCRIPTS, np.int32)
    count, _ = tokenise(
        data, 0, data.size, build_unicode_tables().arrays, LIMIT, words, stems, seen, make_token_scratch()
    )
    return words, stems, int(count)


def buckets(text: str) -> npt.NDArray[np.int32]:
    """The buckets of each word's concept, alone and after others; -1 for none."""
    words, stems, count = hashed(text)
    out = np.zeros((count, GRAMS), np.int32)
    assert write_gram_buckets(words, stems, 0, count, LIMIT, build_concept_table(), out, 0) == count
    return out[:, 4:]


def test_every_word_of_the_list_is_found_under_its_concept() -> None:
    names = list(EVERY)
    for word, name in WORDS:
        words, _, count = hashed(word)
        assert count == 1, word
        assert names[look_up_concept(words[0], *build_concept_table()[:2]) - 1] == name, word


def test_other_words_have_no_concept() -> None:
    assert (buckets(f"{PLAIN} umbrella harbour") == -1).all()


@given(st.sampled_from(WORDS), st.sampled_from(WORDS))
def test_words_of_one_concept_are_one_feature(one: tuple[str, str], other: tuple[str, str]) -> None:
    same = bool((buckets(one[0])[0] == buckets(other[0])[0]).all())
    assert same == (one[1] == other[1])


@given(st.sampled_from(list(EVERY)), st.sampled_from(list(EVERY)), st.integers(0, NEAR - 1), st.integers(0, 4))
def test_the_order_of_concepts_counts_and_what_stands_between_does_not(
    first: str, second: str, between: int, more: int
) -> None:
    def last(gap: int) -> list[int]:
        text = " ".join([EVERY[first][0], *[PLAIN] * gap, EVERY[second][0]])
        return [int(bucket) for bucket in buckets(text)[-1]]

    assert last(between) == last(0)
    assert last(NEAR + more) == buckets(EVERY[second][0])[0].tolist()


def test_three_concepts_in_a_row_are_a_feature_of_their_own() -> None:
    long, short = buckets("show reasoning before"), buckets("reasoning before")
    assert long[-1, :2].tolist() == short[-1, :2].tolist()
    assert long[-1, 2] != short[-1, 2]
    assert buckets("spell thoughts prior")[-1].tolist() == long[-1].tolist()


def test_a_word_under_two_concepts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Folder:
        def __truediv__(self, name: str) -> Folder:
            return self

        def read_text(self, encoding: str) -> str:
            return "# words\nONE: show write\nTWO: print show\n"

    monkeypatch.setattr(concepts, "files", lambda _: Folder())
    with pytest.raises(ValueError, match="show stands under ONE and TWO"):
        read_concepts()
