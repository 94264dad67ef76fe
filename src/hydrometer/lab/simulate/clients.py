"""Client software and the TLS fingerprints that come with it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from hydrometer.lab.simulate.networks import IntArray, ObjectArray

_LIBRARIES: tuple[tuple[str, float, str], ...] = (
    ("borealis-python/2.14.1", 0.20, "python"),
    ("borealis-python/2.11.0", 0.09, "python"),
    ("borealis-python/2.9.3", 0.04, "python"),
    ("openai-python/1.99.2", 0.13, "python"),
    ("openai-python/1.86.0", 0.06, "python"),
    ("borealis-js/1.7.2 node/22", 0.10, "node"),
    ("borealis-js/1.5.0 node/20", 0.05, "node"),
    ("openai-node/5.1.0", 0.07, "node"),
    ("python-requests/2.32.4", 0.07, "requests"),
    ("Go-http-client/2.0", 0.05, "go"),
    ("okhttp/5.1.0", 0.03, "okhttp"),
    ("curl/8.11.0", 0.03, "curl"),
    ("aiohttp/3.12.4", 0.04, "aiohttp"),
    ("Mozilla/5.0 (web app)", 0.04, "browser"),
)
_WEIGHTS = np.array([weight for _, weight, _ in _LIBRARIES])
USER_AGENTS: ObjectArray = np.array([agent for agent, _, _ in _LIBRARIES], dtype=object)


HARNESS_CLIENT = 5
"""The client library of the public coding harness, as a row of USER_AGENTS."""


def _derive_ja4(stack: str) -> str:
    ciphers, extensions = crc32(stack.encode()), crc32(stack[::-1].encode())
    head = f"t13d{10 + ciphers % 22}{8 + extensions % 9:02d}h2"
    return f"{head}_{ciphers:08x}{extensions & 0xFFFF:04x}_{extensions:08x}{ciphers & 0xFFFF:04x}"


JA4: ObjectArray = np.array([_derive_ja4(stack) for _, _, stack in _LIBRARIES], dtype=object)
"""Client libraries on one TLS stack share a fingerprint, so it tells the stack and nothing of the person."""


def draw_clients(rng: np.random.Generator, count: int) -> IntArray:
    """Return `count` row numbers into USER_AGENTS, as common as the libraries are."""
    return rng.choice(len(_WEIGHTS), size=count, p=_WEIGHTS / _WEIGHTS.sum()).astype(np.int64)
