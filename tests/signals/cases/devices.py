"""One machine behind unrelated accounts, against machines of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import Draft, members, people, showing
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def one_device(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:12], lambda at, d: showing(d, "device", f"farm-{at % 2}")) + crowd[12:]


def one_conversation(rng: np.random.Generator) -> list[Draft]:
    """Conversations that are carried on from account to account."""
    crowd = people(rng)
    return (
        members(crowd[:12], lambda at, d: showing(d, "session", *(f"carried-{(at + k) % 12}" for k in range(4))))
        + crowd[12:]
    )


def own_devices(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:20]) + crowd[20:]


def office_device(rng: np.random.Generator) -> list[Draft]:
    """The kiosk of one organisation."""
    crowd = people(rng)
    office = [replace(showing(d, "device", "kiosk"), org="office") for d in crowd[:10]]
    return members(office + crowd[10:14]) + crowd[14:]


def preset_device(rng: np.random.Generator) -> list[Draft]:
    """A browser that tells everybody's site the same."""
    crowd = [showing(d, "device", "hardened browser") if rng.random() < 0.4 else d for d in people(rng)]
    return members(crowd[:20]) + crowd[20:]


CASES = (
    Case("two machines for twelve accounts", True, one_device),
    Case("conversations carried on by other accounts", True, one_conversation),
    Case("devices of their own", False, own_devices),
    Case("a device of one organisation", False, office_device),
    Case("a device mark that many show", False, preset_device),
)
