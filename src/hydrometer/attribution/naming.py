"""Products of actors that the shared wording names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract.intel import Actor
    from hydrometer.contract.results import Template

LEAST_LETTERS = 3
"""Shorter names are found in any text."""
OVERRIDE = re.compile(
    r"(?:you are|you're|act as|acting as|speak as|answer as|respond as|identify (?:yourself )?as|your name is|introduce yourself as)"
    r"(?:\W+\w+){0,3}?\W*$",
    re.IGNORECASE,
)
"""What stands before a name that the model is to go by, up to three words between."""


@dataclass(frozen=True, slots=True)
class Named:
    """A product that fixed wording names."""

    product: str
    templates: tuple[str, ...]
    override: bool
    """Whether the model is told to be it."""


def named(actor: Actor, templates: Sequence[Template]) -> list[Named]:
    """Return the actor's products that the fixed segments of the templates name as words, in alphabetical order."""
    found = []
    for product in sorted(set(actor.products)):
        if len(product.strip()) < LEAST_LETTERS:
            continue
        word = re.compile(rf"(?<!\w){re.escape(product.strip())}(?!\w)", re.IGNORECASE)
        seen, override = [], False
        for template in templates:
            texts = [segment.text for segment in template.wording if not segment.slot]
            places = [(text, match.start()) for text in texts for match in word.finditer(text)]
            if places:
                seen.append(template.id)
                override = override or any(OVERRIDE.search(text[max(0, at - 80) : at]) for text, at in places)
        if seen:
            found.append(Named(product, tuple(seen), override))
    return found
