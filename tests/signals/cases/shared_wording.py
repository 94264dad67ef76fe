"""A rare wording in unrelated hands, against a framework that anybody may download."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import Draft, members, people
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def carrying(draft: Draft, *wordings: str) -> Draft:
    """The draft with these wordings in each exchange, beside its own."""
    return replace(draft, wordings=[*draft.wordings, *wordings])


def rare_template(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:14], lambda _, d: carrying(d, "template")) + crowd[14:]


def paraphrased(rng: np.random.Generator) -> list[Draft]:
    """Eight wordings of one demand, each in a few hands."""
    crowd = people(rng)
    return members(crowd[:32], lambda at, d: carrying(d, f"template-{at % 4}")) + crowd[32:]


def framework(rng: np.random.Generator) -> list[Draft]:
    """A framework's default that 40 % of everybody uses."""
    crowd = [carrying(d, "framework") if rng.random() < 0.4 else d for d in people(rng)]
    return members([carrying(d, "framework") for d in crowd[:6]] + crowd[6:14]) + crowd[14:]


def strangers(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:25]) + crowd[25:]


def house_style(rng: np.random.Generator) -> list[Draft]:
    """The prompt of one organisation, copied by one other."""
    crowd = people(rng)
    house = [replace(carrying(d, "house prompt"), org="house") for d in crowd[:12]]
    return members([*house, carrying(crowd[12], "house prompt"), *crowd[13:18]]) + crowd[18:]


CASES = (
    Case("one template in fourteen hands", True, rare_template),
    Case("paraphrases, each in eight hands", True, paraphrased),
    Case("a framework's default", False, framework),
    Case("strangers", False, strangers),
    Case("the wording of one organisation", False, house_style),
)
