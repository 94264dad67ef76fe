"""MISP events ↔ dossiers: how a record stands in an event, and what of any event is of use."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from hydrometer.contract import EntityKind, Tlp
from hydrometer.intelligence.exchange.confidence_scales import convert_to_stix

if TYPE_CHECKING:
    from collections.abc import Iterable

TYPES: dict[EntityKind, str] = {
    EntityKind.ADDRESS: "ip-src",
    EntityKind.NETWORK: "ip-src",
    EntityKind.SIGNUP_NETWORK: "ip-src",
    EntityKind.ASN: "AS",
    EntityKind.DOMAIN: "domain",
    EntityKind.EMAIL_DOMAIN: "domain",
    EntityKind.EMAIL_SHAPE: "text",
    EntityKind.PAYMENT: "text",
    EntityKind.BIN: "bin",
    EntityKind.DEVICE: "text",
    EntityKind.PHONE: "text",
    EntityKind.JA4: "text",
    EntityKind.USER_AGENT: "user-agent",
    EntityKind.TOOLS: "text",
    EntityKind.TEMPLATE: "text",
}
"""MISP's type of attribute by kind; where several kinds have one type the comment says which it is."""
FOREIGN: dict[str, EntityKind] = {
    "ip-src": EntityKind.ADDRESS,
    "ip-dst": EntityKind.ADDRESS,
    "AS": EntityKind.ASN,
    "domain": EntityKind.DOMAIN,
    "hostname": EntityKind.DOMAIN,
    "user-agent": EntityKind.USER_AGENT,
    "bin": EntityKind.BIN,
}
"""What attributes mean that we did not write."""
_SAID = re.compile(r"(kind|role|confidence|valid_until|id)=(\S+)")
_ESTIMATE = re.compile(r'estimative-language:likelihood-probability="([a-z-]+)"')
_ADMIRALTY = re.compile(r'admiralty-scale:information-credibility="([1-6])"')
_TLP = re.compile(r"tlp:([a-z+]+)")


class AttributeComment(msgspec.Struct, frozen=True, kw_only=True):
    """What the comment of an attribute says in words that people can read too: `kind=payment confidence=97`."""

    kind: str = ""
    role: str = ""
    confidence: int | None = None
    valid_until: datetime | None = None
    id: str = ""

    def __str__(self) -> str:
        said: dict[str, Any] = {name: getattr(self, name) for name in self.__struct_fields__}
        if self.valid_until is not None:
            said["valid_until"] = self.valid_until.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return " ".join(f"{name}={value}" for name, value in said.items() if value not in (None, ""))

    @classmethod
    def read(cls, text: str) -> AttributeComment:
        """Read what a comment says; what is not understood says nothing."""
        said = dict(_SAID.findall(text))
        try:
            return msgspec.convert(said, cls, strict=False)
        except msgspec.ValidationError:
            return cls()


def read_tlp(tags: Iterable[str]) -> Tlp | None:
    """Return the level that tags state, the strictest of several."""
    levels: tuple[Tlp, ...] = get_args(Tlp)
    stated_words = {match[1] for tag in tags if (match := _TLP.fullmatch(tag.lower()))}
    stated_words |= {"clear"} if "white" in stated_words else set()
    stated_levels = [level for level in levels if level in stated_words]
    return stated_levels[-1] if stated_levels else None


def read_confidence(tags: Iterable[str]) -> int | None:
    """Return STIX's confidence for the words of tags; MISP's own numbers for them are another scale."""
    for tag in tags:
        if match := _ESTIMATE.fullmatch(tag):
            word = match[1].replace("-", " ").removesuffix(" chance") if "roughly" in match[1] else match[1]
            return convert_to_stix(word.replace("-", " "), "icd203")
        if (match := _ADMIRALTY.fullmatch(tag)) and match[1] != "6":
            return convert_to_stix(match[1], "admiralty")
    return None
