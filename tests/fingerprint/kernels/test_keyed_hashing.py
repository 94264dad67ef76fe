"""SipHash against its reference, sorting and sampling against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.fingerprint.kernels.keyed_hashing import SPREAD, siphash, sort_unique

MASK = (1 << 64) - 1
REFERENCE = {
    0: 0x726FDB47DD0E0E31,
    1: 0x74F839C593DC67FD,
    2: 0x0D6C8009D9A94F5A,
    8: 0x93F5F5799A932462,
    15: 0xA129CA6149BE45E5,
}
"""SipHash-2-4 of bytes 0, 1, 2, … of these lengths under key 00 … 0f, as its authors published them."""


def plain_siphash(key: bytes, message: bytes) -> int:
    """SipHash-2-4, straight from its paper, for messages of any length."""
    low, high = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    v = [low ^ 0x736F6D6570736575, high ^ 0x646F72616E646F6D, low ^ 0x6C7967656E657261, high ^ 0x7465646279746573]

    def turn(value: int, by: int) -> int:
        return ((value << by) | (value >> (64 - by))) & MASK

    def rounds(count: int) -> None:
        for _ in range(count):
            v[0] = (v[0] + v[1]) & MASK
            v[1] = turn(v[1], 13) ^ v[0]
            v[0] = turn(v[0], 32)
            v[2] = (v[2] + v[3]) & MASK
            v[3] = turn(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & MASK
            v[3] = turn(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK
            v[1] = turn(v[1], 17) ^ v[2]
            v[2] = turn(v[2], 32)

    padded = message + bytes(7 - len(message) % 8) + bytes([len(message) & 255])
    for at in range(0, len(padded), 8):
        block = int.from_bytes(padded[at : at + 8], "little")
        v[3] ^= block
        rounds(2)
        v[0] ^= block
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


@pytest.mark.parametrize(("length", "digest"), REFERENCE.items())
def test_the_plain_siphash_meets_the_published_vectors(length: int, digest: int) -> None:
    assert plain_siphash(bytes(range(16)), bytes(range(length))) == digest


def test_the_kernel_meets_the_published_vector() -> None:
    words = [np.uint64(int.from_bytes(bytes(range(at, at + 8)), "little")) for at in (0, 0, 8)]
    assert siphash(*words) == REFERENCE[8]


@settings(max_examples=30)
@given(st.binary(min_size=16, max_size=16), st.integers(0, MASK))
def test_the_kernel_equals_the_plain_siphash(key: bytes, message: int) -> None:
    halves = (np.uint64(int.from_bytes(part, "little")) for part in (key[:8], key[8:]))
    assert siphash(np.uint64(message), *halves) == plain_siphash(key, message.to_bytes(8, "little"))


@settings(max_examples=30)
@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(0, 9), max_size=300))
def test_sorting_keeps_each_value_once(values: list[int]) -> None:
    array = np.array([*values, 0], np.int64)
    kept = sort_unique(array, len(values), np.empty_like(array), np.empty((1 << SPREAD) + 1, np.int32))
    assert array[:kept].tolist() == sorted(set(values))
