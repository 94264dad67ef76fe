"""Compiled composition of sketches: the union of the hashes of a system prompt, a template, a task and its fillings.

Compiled code is cached beside the source, by the age of this file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_A = np.uint64(0xFF51AFD7ED558CCD)
_B = np.uint64(0xC4CEB9FE1A85EC53)
_STEP = np.uint64(0x9E3779B97F4A7C15)
_R33 = np.uint64(33)
_ZERO = np.uint64(0)


@njit(nogil=True, cache=True)
def mix_bits(value: Any) -> Any:
    """Spread a 64-bit value over all its bits (MurmurHash3's finaliser; a bijection)."""
    value ^= value >> _R33
    value *= _A
    value ^= value >> _R33
    value *= _B
    return value ^ (value >> _R33)


@njit(nogil=True, cache=True)
def mix_array(values: Any) -> Any:
    """Spread every value of an array of uint64."""
    out = np.empty_like(values)
    for index in range(values.size):
        out[index] = mix_bits(values[index])
    return out


@njit(nogil=True, cache=True)
def compose_rows(
    units: Any,
    variants: Any,
    starts: Any,
    hashes: Any,
    masks: Any,
    borders: Any,
    seeds: Any,
    most: int,
    offsets: Any,
    values: Any,
) -> int:
    """Write the sketch of each row to `values`, its bounds to `offsets`; returns how many were cut to `most` hashes.

    units, variants: [rows, texts], the unit (or -1) and the variant of each text of an exchange; a variant other than 0 is
    another text of the same sort: a hash is changed by those bits of it that its mask lets through. Unit u has
    hashes[starts[u] : starts[u + 1]]. borders: hashes that lie across the texts' borders, made from seeds [rows]. values: long enough
    for all hashes of all rows.
    """
    at, cut = 0, 0
    for row in range(units.shape[0]):
        offsets[row] = at
        have = at
        for component in range(units.shape[1]):
            unit = units[row, component]
            if unit < 0:
                continue
            variant = variants[row, component]
            for slot in range(starts[unit], starts[unit + 1]):
                value = hashes[slot]
                change = variant & masks[slot]
                if change != _ZERO:
                    value = np.int64(mix_bits(np.uint64(value) ^ change))
                values[have] = value
                have += 1
        seed = seeds[row]
        for _ in range(borders[row]):
            seed += _STEP
            values[have] = np.int64(mix_bits(seed))
            have += 1
        for gap in (132, 57, 23, 10, 4, 1):
            for index in range(at + gap, have):
                value, slot = values[index], index
                while slot >= at + gap and values[slot - gap] > value:
                    values[slot] = values[slot - gap]
                    slot -= gap
                values[slot] = value
        stop = at
        for index in range(at, have):
            if index == at or values[index] != values[stop - 1]:
                values[stop] = values[index]
                stop += 1
        if stop - at > most:
            stop = at + most
            cut += 1
        at = stop
    offsets[units.shape[0]] = at
    return cut
