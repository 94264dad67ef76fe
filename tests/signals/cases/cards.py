"""One batch of cards, against cards that everybody has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import Draft, members, people, showing
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def one_batch(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:16], lambda at, d: showing(d, "bin", "stolen") if at < 12 else d) + crowd[16:]


def one_card(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:8], lambda _, d: showing(d, "payment", "one card")) + crowd[8:]


def popular_batch(rng: np.random.Generator) -> list[Draft]:
    """Every second customer's bank."""
    crowd = [showing(d, "bin", "big bank") if rng.random() < 0.5 else d for d in people(rng)]
    return members([showing(d, "bin", "big bank") for d in crowd[:10]] + crowd[10:16]) + crowd[16:]


def company_cards(rng: np.random.Generator) -> list[Draft]:
    """Twelve accounts of one company and three strangers: the card is one organisation's."""
    crowd = people(rng)
    company = [replace(showing(d, "payment", "company"), org="company") for d in crowd[:12]]
    return members(company + crowd[12:15]) + crowd[15:]


CASES = (
    Case("twelve of sixteen from one rare batch", True, one_batch),
    Case("one instrument", True, one_card),
    Case("a popular BIN", False, popular_batch),
    Case("cards of one organisation", False, company_cards),
)
