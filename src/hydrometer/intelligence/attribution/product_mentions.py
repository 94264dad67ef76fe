"""Products of actors that a campaign's templates name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import Actor, Template

LEAST_LETTERS = 3
"""Shorter names are found in any text."""
OVERRIDE = re.compile(
    r"(?:you are|you're|act as|acting as|speak as|answer as|respond as|identify (?:yourself )?as|your name is|introduce yourself as)"
    r"(?:\W+\w+){0,3}?\W*$",
    re.IGNORECASE,
)
"""What stands before a name that the model is to go by, up to three words between."""


@dataclass(frozen=True, slots=True)
class ProductMention:
    """A product that the fixed text of templates names."""

    product: str
    template_ids: tuple[str, ...]
    override: bool
    """Whether the template says that the model is it."""


def find_product_mentions(actor: Actor, templates: Sequence[Template]) -> list[ProductMention]:
    """Return the actor's products that the fixed segments of the templates name as words, in alphabetical order."""
    mentions = []
    for product in sorted(set(actor.products)):
        if len(product.strip()) < LEAST_LETTERS:
            continue
        word = re.compile(rf"(?<!\w){re.escape(product.strip())}(?!\w)", re.IGNORECASE)
        template_ids, override = [], False
        for template in templates:
            texts = [segment.text for segment in template.wording if not segment.slot]
            occurrences = [(text, match.start()) for text in texts for match in word.finditer(text)]
            if occurrences:
                template_ids.append(template.id)
                override = override or any(OVERRIDE.search(text[max(0, at - 80) : at]) for text, at in occurrences)
        if template_ids:
            mentions.append(ProductMention(product, tuple(template_ids), override))
    return mentions
