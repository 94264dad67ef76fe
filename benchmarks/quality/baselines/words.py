"""Texts as runs of words: letters and digits of any script, lower case."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

BETWEEN = r"[^\p{L}\p{N}]+"
"""What separates words."""
FIELD, SEED = np.uint64(0x9E3779B97F4A7C15), np.uint64(0x243F6A8885A308D3)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of many texts, one after the other: those of text i are `codes[starts[i]:starts[i + 1]]`."""

    codes: NDArray[np.int64]
    starts: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    """A hash of each word by its code, the same in every world and on every machine."""

    def text_of(self) -> NDArray[np.int64]:
        """Return the text of each word."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def shingles(self, length: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return a hash of every run of `length` words within one text, and the text of each."""
        texts = self.text_of()
        if len(texts) < length:
            return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
        count = len(texts) - length + 1
        runs = chained([self.hashes[self.codes[place : place + count]] for place in range(length)])
        whole = texts[:count] == texts[length - 1 :]
        return runs[whole], texts[:count][whole]

    def edges(self, length: int, *, last: bool) -> NDArray[np.uint64]:
        """Return a hash of the first (or last) `length` words of each text; 0 where a text has fewer."""
        found = np.zeros(len(self.starts) - 1, dtype=np.uint64)
        rows = np.flatnonzero(np.diff(self.starts) >= length)
        first = self.starts[1:][rows] - length if last else self.starts[:-1][rows]
        found[rows] = chained([self.hashes[self.codes[first + place]] for place in range(length)])
        return found


def read_words(texts: pa.Array) -> Words:
    """Return the words of lower-cased texts."""
    lists: Any = pc.ascii_split_whitespace(pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, BETWEEN, " ")))
    # An empty text splits into one empty word.
    encoded: Any = lists.flatten().dictionary_encode()
    starts = np.concatenate([[0], np.cumsum(pc.list_value_length(lists).to_numpy())]).astype(np.int64)
    codes = encoded.indices.to_numpy().astype(np.int64)
    vocabulary = encoded.dictionary.to_pylist()
    full = np.array([bool(word) for word in vocabulary], dtype=bool)
    keep = full[codes] if len(codes) else np.zeros(0, dtype=bool)
    kept = np.concatenate([[0], np.cumsum(keep)]).astype(np.int64)
    return Words(codes[keep], kept[starts], np.array([stable_hash(word) for word in vocabulary], dtype=np.uint64))


def stable_hash(text: str) -> int:
    """Return 64 bits of a text, never 0."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") | 1


def chained(parts: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Return one hash of several, in which their order counts; never 0 (multiply and xor-shift, wrapping)."""
    total = np.full(len(parts[0]), SEED, dtype=np.uint64)
    for part in parts:
        total = mixed(total ^ part)
    return total | np.uint64(1)


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return each number scattered over 64 bits, one to one (the finaliser of SplitMix64, Steele et al. 2014)."""
    values = (values + FIELD).astype(np.uint64)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
