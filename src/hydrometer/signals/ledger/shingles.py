"""What is known of each shingle over all exchanges, and the fragments of wording that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numba import njit

from hydrometer.signals.ledger.hashing import mix
from hydrometer.signals.ledger.spill import Column, by_partition

if TYPE_CHECKING:
    from pathlib import Path

BUCKETS = 64
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_BUCKET_SHIFT = np.uint64(58)
_SIXTY_FOUR = np.uint64(64)


@njit(nogil=True, cache=True)
def _tally(
    lists: Any,
    counts: Any,
    org: Any,
    prompt: Any,
    has_prompt: Any,
    repeated: Any,
    base: int,
    bits: Any,
    tally: Any,
    keys: Any,
    buckets: Any,
) -> int:
    """Count the shingles of exchanges that come organisation by organisation; returns how many keys were written."""
    exchanges, orgs, last, sets, prompts = tally
    have = at = 0
    for row in range(counts.size):
        own = mix(np.uint64(base + row) * _SPREAD)
        spread = mix(np.uint64(prompt[row])) >> bits
        for step in range(counts[row]):
            number = lists[at + step]
            exchanges[number] += 1
            sets[number] ^= own
            if last[number] != org[row]:
                last[number] = org[row]
                orgs[number] += 1
            if not has_prompt[row]:
                continue
            if repeated[row]:
                keys[have] = (np.uint64(number) << (_SIXTY_FOUR - bits)) | spread
                buckets[have] = (np.uint64(number) * _SPREAD) >> _BUCKET_SHIFT
                have += 1
            else:
                prompts[number] += 1
        at += counts[row]
    return have


@njit(nogil=True, cache=True)
def _count_distinct(keys: Any, bits: Any, prompts: Any) -> None:
    """Add the distinct keys, ascending, to the shingles in their upper bits."""
    for row in range(keys.size):
        if row == 0 or keys[row] != keys[row - 1]:
            prompts[keys[row] >> (_SIXTY_FOUR - bits)] += 1


@dataclass(frozen=True, slots=True)
class Wordings:
    """Fragments in the order of their least shingle, and the fragment of each shingle number (-1 for none)."""

    of_shingle: npt.NDArray[np.int32]
    orgs: npt.NDArray[np.int64]
    prompts: npt.NDArray[np.int64]
    exchanges: npt.NDArray[np.int64]


class Shingles:
    """Counts by shingle: exchanges, organisations, distinct prompts, and a fingerprint of the set of exchanges.

    A prompt that nobody repeats is counted as it comes; the others are told apart through files, by hash.
    """

    def __init__(self, folder: Path, shingles: int) -> None:
        folder.mkdir()
        self._bits = np.uint64(max(1, int(shingles).bit_length()))
        self._keys = [Column(folder / f"{number:02}.prompts", np.uint64) for number in range(BUCKETS)]
        self._tally = (
            np.zeros(shingles, np.int32),
            np.zeros(shingles, np.int32),
            np.full(shingles, -1, np.int32),
            np.zeros(shingles, np.uint64),
            np.zeros(shingles, np.int32),
        )

    def add(
        self,
        lists: npt.NDArray[np.int32],
        counts: npt.NDArray[np.uint16],
        org: npt.NDArray[np.int32],
        prompt: npt.NDArray[np.int64],
        has_prompt: npt.NDArray[np.bool_],
        repeated: npt.NDArray[np.bool_],
        base: int,
    ) -> None:
        """Count exchanges; all of one organisation must come together, and organisations be numbered apart."""
        most = int(counts[has_prompt & repeated].sum(dtype=np.int64))
        keys, buckets = np.empty(most, np.uint64), np.empty(most, np.int64)
        have = _tally(lists, counts, org, prompt, has_prompt, repeated, base, self._bits, self._tally, keys, buckets)
        sizes, order = np.empty(BUCKETS, np.int64), np.empty(have, np.int64)
        by_partition(buckets[:have], sizes, order)
        keys = keys[order]
        stop = 0
        for bucket in range(BUCKETS):
            first, stop = stop, stop + int(sizes[bucket])
            self._keys[bucket].append(keys[first:stop])

    def wordings(self, values: npt.NDArray[np.int64]) -> Wordings:
        """Fragments: shingles of several organisations and prompts, those of the same exchanges as one.

        Args:
            values: the shingle of each number.
        """
        exchanges, orgs, _, sets, prompts = self._tally
        for column in self._keys:
            keys = column.read(0, column.size)
            column.remove()
            keys.sort()
            _count_distinct(keys, self._bits, prompts)
        shared = np.nonzero((orgs >= 2) & (prompts >= 3))[0]
        # By set of exchanges, the least shingle first.
        order = shared[np.lexsort((values[shared], exchanges[shared], sets[shared]))]
        first = np.ones(order.size, np.bool_)
        first[1:] = (sets[order[1:]] != sets[order[:-1]]) | (exchanges[order[1:]] != exchanges[order[:-1]])
        group = np.cumsum(first) - 1
        by_least = np.argsort(values[order[first]])
        number = np.empty(by_least.size, np.int32)
        number[by_least] = np.arange(by_least.size, dtype=np.int32)
        of_shingle = np.full(values.size, -1, np.int32)
        of_shingle[order] = number[group]
        starts = np.nonzero(first)[0]

        def largest(counts: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
            most = np.maximum.reduceat(counts[order], starts) if starts.size else np.zeros(0)
            return most[by_least].astype(np.int64)

        return Wordings(of_shingle, largest(orgs), largest(prompts), largest(exchanges))
