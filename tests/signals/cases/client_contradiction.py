"""Spoofed clients, against software that everybody has patched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signals.populations import Draft, knowing, members, people
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def spoofed(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:12], lambda at, d: knowing(d, contradictions=0.8 if at < 9 else 0.0)) + crowd[12:]


def as_everybody(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:25]) + crowd[25:]


def intercepted(rng: np.random.Generator) -> list[Draft]:
    """A middlebox that rewrites the handshakes of a third of everybody."""
    crowd = [knowing(d, contradictions=1.0) if rng.random() < 0.33 else d for d in people(rng)]
    return members(crowd[:25]) + crowd[25:]


def unknown(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:12], lambda _, d: knowing(d, contradictions=float("nan"))) + crowd[12:]


CASES = (
    Case("nine of twelve contradict themselves", True, spoofed),
    Case("as seldom as everybody", False, as_everybody),
    Case("a middlebox before everybody", False, intercepted),
    Case("no TLS fingerprints of the members", False, unknown),
)
