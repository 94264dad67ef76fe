"""What is known of actors, whoever knows it: the records that dossiers are read into and evidence is drawn from.

Times are UTC. Ids are STIX 2.1 identifiers, so that what came from a partner can be answered.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from hydrometer.contract.entity_kinds import INDICATOR_KINDS, EntityKind

Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]
"""Traffic Light Protocol 2.0 (FIRST), from what anybody may see to what nobody else may."""

Role = Literal["operator", "beneficiary"]
"""Who runs the accounts, and who gets the outputs: pools are rented, so that these are two questions."""

Reliability = Literal["A", "B", "C", "D", "E", "F"]
"""Of a source, Admiralty code: A completely reliable … E unreliable, F cannot be judged."""

Stance = Literal["strongly-disagree", "disagree", "neutral", "agree", "strongly-agree"]
"""STIX 2.1 opinion: the first two say false, the last two true."""


class IntelSource(msgspec.Struct, frozen=True, kw_only=True):
    """Who says so: this site, or a partner."""

    id: str
    """A STIX identity."""
    name: str
    reliability: Reliability = "F"
    """As this site judges it; what a partner says of itself does not count."""


class WorkingHours(msgspec.Struct, frozen=True, kw_only=True):
    """When an actor's people work."""

    timezone: str
    """IANA name, such as Asia/Singapore."""
    start: int = 9
    end: int = 18
    """Local hours, 0 to 24; `end` is not worked any more."""
    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    """Days of the week, Monday is 0."""
    holidays: tuple[date, ...] = ()


class ActorRelease(msgspec.Struct, frozen=True, kw_only=True):
    """A product of an actor and the day it came out."""

    product: str
    day: date


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A known actor: a STIX intrusion-set or threat-actor with what its dossier says."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ("operator", "beneficiary")
    """What it is known to do; an operator that only sells is no beneficiary."""
    products: tuple[str, ...] = ()
    """Names that its prompts may call the model by."""
    releases: tuple[ActorRelease, ...] = ()
    hours: WorkingHours | None = None
    source: str = ""
    """Id of its IntelSource."""
    tlp: Tlp = "amber"
    confidence: int = 50
    """0 to 100, as STIX has it."""
    valid_until: datetime | None = None
    revoked: bool = False
    """By who said it, or withdrawn by this site."""


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """A value that points to an actor or to an earlier campaign."""

    id: str
    kind: EntityKind
    """One that may point to somebody. A value is in its canonical form; of a network it is a range (CIDR), of a template the id
    of a TemplateSketch."""
    value: str
    indicates: tuple[str, ...] = ()
    """Ids of the actors and past campaigns that it points to; none: suspicious, of nobody known."""
    role: Role | None = None
    """What of the actor it tells; None: not said."""
    source: str = ""
    """Id of its IntelSource."""
    confidence: int = 50
    credibility: int = 6
    """Of this item, Admiralty code: 1 confirmed by others … 5 improbable, 6 cannot be judged."""
    tlp: Tlp = "amber"
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    revoked: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a kind that points to nobody."""
        if self.kind not in INDICATOR_KINDS:
            raise ValueError(f"{self.kind!s} is no kind of indicator")


class TemplateSketch(msgspec.Struct, frozen=True, kw_only=True):
    """A template as partners may exchange it: keyed hashes of its text, with the key's public name.

    Hashes under keys of different names never match.
    """

    id: str
    key: str
    """Name of the key, never the key."""
    hashes: tuple[int, ...]
    """Ascending FracMinHash of the fixed text, signed 64-bit."""
    shingle_words: int
    sample_one_in: int
    elicitation: str = "none"


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody saw an indicator or a campaign."""

    id: str
    of: str
    source: str
    count: int = 1
    first_seen: datetime | None = None
    last_seen: datetime | None = None


class IntelOpinion(msgspec.Struct, frozen=True, kw_only=True):
    """What a source holds of somebody's statement."""

    id: str
    of: str
    source: str
    stance: Stance
    explanation: str = ""


class PastCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier campaign, one's own or a partner's; indicators and templates point to it."""

    id: str
    name: str
    actors: dict[str, Role] = {}
    """Actors that it is attributed to, each with its role."""
    source: str = ""
    confidence: int = 50
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    stopped: datetime | None = None
    """When its accounts were banned, if they were."""
    tlp: Tlp = "amber"
    revoked: bool = False


class Dossiers(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known, each list in the order of its ids; what is revoked, expired or retracted stays in it, marked."""

    sources: tuple[IntelSource, ...] = ()
    actors: tuple[Actor, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    templates: tuple[TemplateSketch, ...] = ()
    campaigns: tuple[PastCampaign, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    opinions: tuple[IntelOpinion, ...] = ()
