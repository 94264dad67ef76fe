"""What each kind of evidence can bear: what depends on what, what it costs to fake, how long it lasts.

The figures are judgements, not measurements: they are the analyst's assumptions, in one place, and
`docs/benchmark-attribution.md` tells what comes of them on worlds with false flags, rented addresses and poisoned feeds.
Evidence that one decision of an operator makes appear together is one group (Heuer, "Psychology of Intelligence Analysis",
1999, chapter 8: deception; Steffens, "Attribution of Advanced Persistent Threats", 2020: false flags by layer of effort).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hydrometer.contract import EntityKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract import Reliability

Tier = Literal["cheap", "rented", "held"]
"""What it costs somebody else to show the value: a decision, money and time, or what its holder must hand over."""


@dataclass(frozen=True, slots=True)
class EvidenceKind:
    """A kind of evidence."""

    group: str
    """Evidence of one group depends on each other and counts once."""
    tier: Tier
    most: float
    """Bits: −log2 of the chance that an actor of another name shows the value, on purpose or from the same market."""
    reuse: float
    """Chance that an actor shows a value again that is still its own."""
    half_life: float
    """Days after its last known use in which a value is as likely as not to have changed hands."""
    unseen: float
    """Accounts elsewhere that a value is taken to have beside those that were seen with it."""


KINDS: Mapping[str, EvidenceKind] = {
    EntityKind.PAYMENT: EvidenceKind("payment", "held", 8.0, 0.5, 180, 0.02),
    EntityKind.BIN: EvidenceKind("payment", "rented", 3.0, 0.6, 180, 0.5),
    EntityKind.DEVICE: EvidenceKind("device", "held", 8.0, 0.5, 180, 0.02),
    EntityKind.PHONE: EvidenceKind("phone", "held", 8.0, 0.4, 180, 0.02),
    EntityKind.ADDRESS: EvidenceKind("infrastructure", "rented", 5.0, 0.4, 30, 0.2),
    EntityKind.NETWORK: EvidenceKind("infrastructure", "rented", 4.0, 0.5, 60, 0.5),
    EntityKind.SIGNUP_NETWORK: EvidenceKind("infrastructure", "rented", 4.0, 0.5, 60, 0.5),
    EntityKind.ASN: EvidenceKind("infrastructure", "rented", 2.0, 0.6, 365, 0.5),
    EntityKind.DOMAIN: EvidenceKind("infrastructure", "rented", 4.0, 0.4, 90, 0.2),
    EntityKind.TEMPLATE: EvidenceKind("wording", "rented", 5.0, 0.5, 120, 0.5),
    "product": EvidenceKind("wording", "cheap", 2.0, 0.3, 365, 0.5),
    EntityKind.EMAIL_DOMAIN: EvidenceKind("email", "cheap", 2.0, 0.5, 180, 0.5),
    EntityKind.EMAIL_SHAPE: EvidenceKind("email", "cheap", 2.0, 0.6, 180, 0.5),
    EntityKind.JA4: EvidenceKind("client", "cheap", 2.0, 0.6, 180, 0.5),
    EntityKind.USER_AGENT: EvidenceKind("client", "cheap", 2.0, 0.6, 180, 0.5),
    EntityKind.TOOLS: EvidenceKind("client", "cheap", 2.0, 0.6, 180, 0.5),
    "timing": EvidenceKind("hours", "cheap", 2.0, 1.0, 3650, 0.0),
    "releases": EvidenceKind("releases", "cheap", 2.5, 1.0, 3650, 0.0),
    "earlier_campaign": EvidenceKind("succession", "cheap", 2.0, 0.5, 3650, 0.0),
    "sighting": EvidenceKind("sighting", "cheap", 1.5, 0.5, 60, 0.0),
    "operator": EvidenceKind("operator", "rented", 4.5, 1.0, 3650, 0.0),
    "pool": EvidenceKind("pool", "rented", 2.0, 0.4, 60, 0.2),
}
"""Kinds of indicators, then what is evidence without being one."""

CHANGED_HANDS: Mapping[Tier, float] = {"cheap": 0.25, "rented": 0.15, "held": 0.02}
"""Chance that a value which changed hands is next shown by another actor of the same trade."""
FEW = 3
"""Members with a held value below which it may have been bought with a few accounts."""
HELD_LONG = 6.0
"""Bits of an address or network that accounts of both hardly left, and that nobody else uses: it was not let anew."""

TRUTHFUL: Mapping[Reliability, float] = {"A": 0.998, "B": 0.95, "C": 0.8, "D": 0.5, "E": 0.15, "F": 0.4}
"""Chance that what a source says may be believed, by its Admiralty grade; an error of a source is one for all it says."""
MALICE = 0.5
"""Chance that a source that may not be believed names values that it knows to match."""
CREDIBLE: Mapping[int, float] = {1: 0.95, 2: 0.85, 3: 0.6, 4: 0.3, 5: 0.1}
"""Chance that an item is right, by its Admiralty grade; for 6 (cannot be judged) the source's own confidence counts."""
STANDS_ALONE: frozenset[Reliability] = frozenset({"A"})
"""Grades of sources that need nobody else to agree."""
HEARD: frozenset[Reliability] = frozenset({"A", "B", "C"})
"""Grades of sources whose opinions of others' statements count; else anyone could strike out what is true."""


def compute_source_cap(reliability: Reliability) -> float:
    """Return the most bits that all statements of one source can bear together.

    With chance w the source is right, and a match then is as likely under the actor as can be (1) and impossible under
    others; with chance 1 − w it is wrong, and names what it knows to match with chance m under every hypothesis:
    (w + (1 − w) m) / ((1 − w) m).
    """
    w = TRUTHFUL[reliability]
    return math.log2(1.0 + w / ((1.0 - w) * MALICE))


def compute_item_weight(credibility: int, confidence: int) -> float:
    """Return the chance that an item is right, by its credibility (1 to 6) and the confidence (0 to 100) of who states it."""
    return CREDIBLE.get(credibility, 0.3 + 0.6 * min(100, max(0, confidence)) / 100)
