"""Concepts: words that stand for one another in what is asked of a model."""

from __future__ import annotations

import functools
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from hydrometer.fingerprint.kernels.lookup import build_hash_table, build_sieve
from hydrometer.fingerprint.languages import hash_word

SLOTS = 1 << 15
"""Places of the table; a power of two, several times the words."""
ConceptTable = tuple[npt.NDArray[np.uint64], npt.NDArray[np.int8], npt.NDArray[np.uint64]]


def read_concepts() -> dict[str, list[str]]:
    """Return the words of each concept, in the order of `data/concepts.txt`.

    Raises:
        ValueError: a word stands under two concepts.
    """
    concepts: dict[str, list[str]] = {}
    owner: dict[str, str] = {}
    for line in (files(__package__) / "data" / "concepts.txt").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, words = line.partition(":")
        concepts[name] = words.split()
        for word in concepts[name]:
            if owner.setdefault(word, name) != name:
                raise ValueError(f"concepts.txt: {word} stands under {owner[word]} and {name}")
    return concepts


@functools.cache
def build_concept_table() -> ConceptTable:
    """Return (keys, codes, sieve): an open-addressed table from hashes of words to concepts, 1 and above, and its sieve."""
    code_of = {word: code for code, words in enumerate(read_concepts().values(), start=1) for word in words}
    hashes = [hash_word(word) for word in code_of]
    keys, positions = build_hash_table(hashes, SLOTS)
    codes = np.zeros(SLOTS, np.int8)
    codes[positions] = list(code_of.values())
    return keys, codes, build_sieve(hashes)
