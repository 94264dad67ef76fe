"""Counts of each shingle over all exchanges, and the fragments that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numba import njit

from hydrometer.detection.population.account_store.disk_column import DiskColumn
from hydrometer.detection.population.account_store.spill_files import sort_by_partition
from hydrometer.detection.population.account_store.string_hashing import mix_bits

if TYPE_CHECKING:
    from pathlib import Path

BUCKETS = 64
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_BUCKET_SHIFT = np.uint64(58)
_SIXTY_FOUR = np.uint64(64)


TALLY = np.dtype(
    [("sets", np.uint64), ("exchanges", np.int32), ("orgs", np.int32), ("last", np.int32), ("prompts", np.int32)]
)
"""What is counted of a shingle, in one line of cache: most of the time of counting goes into looking it up."""
NO_PROMPT, RARE, REPEATED = 0, 1, 2
"""Classes of an exchange's prompt: absent, certainly unique, or perhaps repeated."""


@njit(nogil=True, cache=True)
def _tally_shingles(  # noqa: PLR0913  a kernel takes its arrays
    lists: Any,
    counts: Any,
    org: Any,
    prompt: Any,
    prompt_classes: Any,
    base: int,
    bits: Any,
    tally: Any,
    keys: Any,
    buckets: Any,
) -> int:
    """Count the shingles of exchanges that come organisation by organisation; return how many keys were written."""
    have = at = 0
    for row in range(counts.size):
        own = mix_bits(np.uint64(base + row) * _SPREAD)
        spread = mix_bits(np.uint64(prompt[row])) >> bits
        for step in range(counts[row]):
            number = lists[at + step]
            shingle = tally[number]
            shingle.exchanges += 1
            shingle.sets ^= own
            if shingle.last != org[row]:
                shingle.last = org[row]
                shingle.orgs += 1
            if prompt_classes[row] == RARE:
                shingle.prompts += 1
            elif prompt_classes[row] == REPEATED:
                keys[have] = (np.uint64(number) << (_SIXTY_FOUR - bits)) | spread
                buckets[have] = (np.uint64(number) * _SPREAD) >> _BUCKET_SHIFT
                have += 1
        at += counts[row]
    return have


@njit(nogil=True, cache=True)
def _count_distinct_prompts(keys: Any, bits: Any, tally: Any) -> None:
    """Add the distinct keys, ascending, to the prompts of the shingles in their upper bits."""
    for row in range(keys.size):
        if row == 0 or keys[row] != keys[row - 1]:
            tally[keys[row] >> (_SIXTY_FOUR - bits)].prompts += 1


@dataclass(frozen=True, slots=True)
class ShingleFragments:
    """Fragments in the order of their least shingle.

    Attributes:
        of_shingle: the fragment of each shingle number; -1 for none.
        orgs: organisations of each fragment.
        prompts: distinct prompts of each fragment.
        exchanges: exchanges of each fragment.
    """

    of_shingle: npt.NDArray[np.int32]
    orgs: npt.NDArray[np.int64]
    prompts: npt.NDArray[np.int64]
    exchanges: npt.NDArray[np.int64]


class ShingleCounter:
    """Counts by shingle: exchanges, organisations, distinct prompts, and a hash of the set of exchanges.

    A prompt that nobody repeats is counted as it comes; the others are distinguished through files, by hash.
    """

    def __init__(self, folder: Path, shingles: int) -> None:
        """Make the folder; `shingles` is how many numbers there are."""
        folder.mkdir()
        self._bits = np.uint64(max(1, int(shingles).bit_length()))
        self._keys = [DiskColumn(folder / f"{number:02}.prompts", np.uint64) for number in range(BUCKETS)]
        self._tally = np.zeros(shingles, TALLY)
        self._tally["last"] = -1

    def count(
        self,
        lists: npt.NDArray[np.int32],
        counts: npt.NDArray[np.uint16],
        org: npt.NDArray[np.int32],
        prompt: npt.NDArray[np.int64],
        prompt_classes: npt.NDArray[np.uint8],
        base: int,
    ) -> None:
        """Count the shingles of exchanges; an organisation's must come together, organisations be numbered apart.

        Args:
            lists: the shingle numbers of the exchanges, one list after the other.
            counts: the length of each list.
            org: the organisation of each exchange.
            prompt: the prompt of each exchange.
            prompt_classes: NO_PROMPT, RARE or REPEATED.
            base: the index of the first exchange.
        """
        most = int(counts[prompt_classes == REPEATED].sum(dtype=np.int64))
        keys, buckets = np.empty(most, np.uint64), np.empty(most, np.uint8)
        have = _tally_shingles(lists, counts, org, prompt, prompt_classes, base, self._bits, self._tally, keys, buckets)
        sizes, order = np.empty(BUCKETS, np.int64), np.empty(have, np.int64)
        sort_by_partition(buckets[:have], sizes, order)
        keys = keys[order]
        stop = 0
        for bucket in range(BUCKETS):
            first, stop = stop, stop + int(sizes[bucket])
            self._keys[bucket].append(keys[first:stop])

    def group_fragments(self, values: npt.NDArray[np.int64]) -> ShingleFragments:
        """Return the shingles of several organisations and prompts, those of the same exchanges as one fragment.

        Args:
            values: the shingle of each number.
        """
        for column in self._keys:
            keys = column.read(0, column.size)
            column.remove()
            keys.sort()
            _count_distinct_prompts(keys, self._bits, self._tally)
        exchanges, orgs, sets, prompts = (self._tally[name] for name in ("exchanges", "orgs", "sets", "prompts"))
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

        return ShingleFragments(of_shingle, largest(orgs), largest(prompts), largest(exchanges))
