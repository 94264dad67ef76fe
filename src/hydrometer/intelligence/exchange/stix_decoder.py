"""From STIX objects to the records of `contract/intel_records.py`."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec
import numpy as np

from hydrometer.contract import (
    Actor,
    ActorRelease,
    Dossiers,
    Indicator,
    InputError,
    IntelOpinion,
    IntelSource,
    PastCampaign,
    Role,
    Sighting,
    TemplateSketch,
    WorkingHours,
)
from hydrometer.intelligence.exchange import stix_objects as kinds
from hydrometer.intelligence.exchange.bundle_files import MEND
from hydrometer.intelligence.exchange.confidence_scales import UNSAID
from hydrometer.intelligence.exchange.stix_ids import EXTENSION, PROJECT, make_id
from hydrometer.intelligence.exchange.stix_patterns import read_pattern
from hydrometer.intelligence.exchange.tlp import UNMARKED, find_strictest_level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hydrometer.contract import Tlp
    from hydrometer.intelligence.exchange.bundle_files import BundledObject, BundleSet

Targets = dict[str, dict[str, Role]]
"""By id of an object, the ids of what it points to, each with the role that it has there."""
T = TypeVar("T", bound=kinds.StixObject)
M = TypeVar("M", bound=msgspec.Struct)


def build_dossiers(bundles: BundleSet) -> Dossiers:
    """Return what some bundles say, each list in the order of its ids; what should be known is counted in their notes.

    Raises:
        InputError: our extension in an object is damaged.
    """
    decoder = _ObjectDecoder(bundles)
    decoder.count_unused()
    targets = decoder.follow_relationships()
    indicators = decoder.decode_indicators(targets)
    return Dossiers(
        sources=decoder.decode_sources(),
        actors=decoder.decode_actors(),
        indicators=tuple(sorted(indicators.records, key=lambda indicator: indicator.id)),
        templates=decoder.decode_templates(),
        campaigns=decoder.decode_campaigns(targets),
        sightings=tuple(sorted(decoder.decode_sightings(indicators), key=lambda sighting: sighting.id)),
        opinions=tuple(sorted(decoder.decode_opinions(indicators), key=lambda opinion: opinion.id)),
    )


def decode_sketch(used: kinds.TemplateObject) -> TemplateSketch:
    """Return the sketch that an observable holds; raises ValueError when its numbers are damaged."""
    try:
        hashes = np.frombuffer(base64.b64decode(used.sketch_bin, validate=True), dtype="<i8")
    except (binascii.Error, ValueError):
        raise ValueError("sketch_bin is no base64 of 64-bit numbers") from None
    if hashes.size > 1 and not (hashes[1:] > hashes[:-1]).all():
        raise ValueError("the numbers of sketch_bin do not ascend")
    return TemplateSketch(
        id=used.template_id or used.id,
        key=used.key_name,
        hashes=tuple(hashes.tolist()),
        shingle_words=used.shingle_words,
        sample_one_in=used.sample_one_in,
        elicitation=used.elicitation,
    )


@dataclass(frozen=True, slots=True)
class _DecodedIndicators:
    """Indicators, one a value, and which of them each object's pattern looks for."""

    records: list[Indicator]
    ids_by_object: dict[str, list[str]]

    def list_ids(self, reference: str) -> list[str]:
        """Return the ids of the records that a reference to an object means; itself where it is no indicator's."""
        return self.ids_by_object.get(reference, [reference])


class _ObjectDecoder:
    """The objects of some bundles, decoded kind by kind; what should be known is counted in the bundles' notes."""

    def __init__(self, bundles: BundleSet) -> None:
        self._bundles, self._notes = bundles, bundles.notes
        self._objects = [bundles.objects[name] for name in sorted(bundles.objects)]

    def count_unused(self) -> None:
        """Count the objects of types that no record is made of."""
        for one in self._objects:
            if one.parsed is None:
                self._notes[f"objects kept and not used: {one.raw['type']}"] += 1

    def _select_kind(self, kind: type[T]) -> Iterator[tuple[BundledObject, T]]:
        for one in self._objects:
            if isinstance(one.parsed, kind):
                yield one, one.parsed

    def _read_extension(self, one: BundledObject, kind: type[M]) -> M:
        try:
            return msgspec.convert(one.raw.get("extensions", {}).get(EXTENSION, {}), kind)
        except (msgspec.ValidationError, OverflowError) as error:
            raise self._make_damage_error(one, f"in the extension {EXTENSION}: {error}") from None

    def _make_damage_error(self, one: BundledObject, what: str) -> InputError:
        return InputError(f"object {one.raw['id']} is damaged: {what}", file=one.file, mend=MEND)

    def decode_sources(self) -> tuple[IntelSource, ...]:
        sources = {
            used.id: IntelSource(id=used.id, name=used.name)
            for _, used in self._select_kind(kinds.IdentityObject)
            if used.id != PROJECT
        }
        for source in (*self._bundles.ratings.sources, *self._bundles.unknown_sources):
            sources[source.id] = IntelSource(id=source.id, name=source.name, reliability=source.reliability)
        for one in self._objects:
            if one.parsed is not None and one.source:
                sources.setdefault(one.source, IntelSource(id=one.source, name=one.source))
        return tuple(sources[name] for name in sorted(sources))

    def follow_relationships(self) -> Targets:
        """Return what points to what; an infrastructure stands for those that use it, so that a pool points to all."""
        users: dict[str, set[str]] = defaultdict(set)
        pairs: list[tuple[str, str, Role | None]] = []
        for one, used in self._select_kind(kinds.RelationshipObject):
            if self._is_withdrawn(one):
                self._notes["relationships revoked or withdrawn"] += 1
            elif used.relationship_type == "uses" and used.target_ref.startswith("infrastructure--"):
                users[used.target_ref].add(used.source_ref)
            elif used.relationship_type in ("indicates", "attributed-to"):
                pairs.append(
                    (used.source_ref, used.target_ref, self._read_extension(one, kinds.IndicatorExtension).role)
                )
            else:
                self._notes[f"relationships kept and not used: {used.relationship_type}"[:120]] += 1
        targets: Targets = defaultdict(dict)
        for source, target, role in pairs:
            for reached in sorted(users[target]) if target in users else [target]:
                other = targets[source].setdefault(reached, role or "operator")
                if role is not None and other != role:
                    self._notes["actors with two roles in one campaign; the first is kept"] += 1
        return targets

    def _is_withdrawn(self, one: BundledObject) -> bool:
        return bool(one.raw.get("revoked", False)) or one.raw["id"] in self._bundles.ratings.withdrawn

    def _read_tlp(self, one: BundledObject) -> Tlp:
        used = one.parsed or kinds.StixObject(type="", id="")
        strictest = find_strictest_level(
            [*used.object_marking_refs, *(part.marking_ref for part in used.granular_markings)]
        )
        if strictest is None:
            self._notes[f"objects without a TLP marking, taken for {UNMARKED}"] += 1
        return strictest or UNMARKED

    def decode_actors(self) -> tuple[Actor, ...]:
        """Return the actors; raises InputError."""
        return tuple(self._decode_actor(one, used) for one, used in self._select_kind(kinds.ActorObject))

    def _decode_actor(self, one: BundledObject, used: kinds.ActorObject) -> Actor:
        extension = self._read_extension(one, kinds.ActorExtension)
        hours = extension.working_hours
        return Actor(
            id=used.id,
            name=used.name,
            aliases=tuple(used.aliases),
            roles=kinds.INTEL_ROLES if extension.roles is None else tuple(extension.roles),
            products=tuple(extension.products),
            releases=tuple(ActorRelease(product=each.product, day=each.day) for each in extension.releases),
            hours=None
            if hours is None
            else WorkingHours(
                timezone=hours.timezone,
                start=hours.start,
                end=hours.end,
                days=hours.days,
                holidays=tuple(hours.holidays),
            ),
            source=one.source,
            tlp=self._read_tlp(one),
            confidence=_read_confidence(used),
            valid_until=_convert_to_utc(extension.valid_until),
            revoked=self._is_withdrawn(one),
        )

    def decode_indicators(self, targets: Targets) -> _DecodedIndicators:
        """Return the indicators, one for each value that a pattern looks for; raises InputError."""
        decoded = _DecodedIndicators([], {})
        for one, used in self._select_kind(kinds.IndicatorObject):
            records = list(self._decode_indicator(one, used, targets))
            if records:
                decoded.records.extend(records)
                decoded.ids_by_object[used.id] = [record.id for record in records]
            else:
                self._notes["indicators kept and not used: the pattern is not of single values"] += 1
        return decoded

    def _decode_indicator(
        self, one: BundledObject, used: kinds.IndicatorObject, targets: Targets
    ) -> Iterator[Indicator]:
        pattern_values = read_pattern(used.pattern) if used.pattern_type == "stix" else None
        if not pattern_values:
            return
        extension = self._read_extension(one, kinds.IndicatorExtension)
        names = [used.id, *(make_id("indicator", used.id, *value) for value in pattern_values[1:])]
        for name, (kind, value) in zip(names, pattern_values, strict=True):
            yield Indicator(
                id=name,
                kind=kind,
                value=value,
                indicates=tuple(sorted(targets.get(used.id, ()))),
                role=extension.role,
                source=one.source,
                confidence=_read_confidence(used),
                credibility=self._bundles.ratings.credibility.get(used.id, 6),
                tlp=self._read_tlp(one),
                valid_from=None if extension.undated else _convert_to_utc(used.valid_from),
                valid_until=_convert_to_utc(used.valid_until),
                revoked=self._is_withdrawn(one),
            )

    def decode_templates(self) -> tuple[TemplateSketch, ...]:
        """Return the sketches; raises InputError."""
        return tuple(self._decode_template(one, used) for one, used in self._select_kind(kinds.TemplateObject))

    def _decode_template(self, one: BundledObject, used: kinds.TemplateObject) -> TemplateSketch:
        try:
            return decode_sketch(used)
        except ValueError as error:
            raise self._make_damage_error(one, str(error)) from None

    def decode_campaigns(self, targets: Targets) -> tuple[PastCampaign, ...]:
        """Return earlier campaigns with the actors that they are attributed to; raises InputError."""
        return tuple(
            self._decode_campaign(one, used, targets.get(used.id, {}))
            for one, used in self._select_kind(kinds.CampaignObject)
        )

    def _decode_campaign(
        self, one: BundledObject, used: kinds.CampaignObject, actors: Mapping[str, Role]
    ) -> PastCampaign:
        return PastCampaign(
            id=used.id,
            name=used.name,
            actors={name: actors[name] for name in sorted(actors)},
            source=one.source,
            confidence=_read_confidence(used),
            first_seen=_convert_to_utc(used.first_seen),
            last_seen=_convert_to_utc(used.last_seen),
            stopped=_convert_to_utc(self._read_extension(one, kinds.CampaignExtension).stopped),
            tlp=self._read_tlp(one),
            revoked=self._is_withdrawn(one),
        )

    def decode_sightings(self, indicators: _DecodedIndicators) -> Iterator[Sighting]:
        """Yield the sightings, one for each value of an indicator that was sighted."""
        for one, used in self._select_kind(kinds.SightingObject):
            if self._is_withdrawn(one):
                self._notes["sightings revoked or withdrawn"] += 1
                continue
            for number, subject in enumerate(indicators.list_ids(used.sighting_of_ref)):
                yield Sighting(
                    id=make_id("sighting", used.id, subject) if number else used.id,
                    of=subject,
                    source=one.source,
                    count=used.count,
                    first_seen=_convert_to_utc(used.first_seen),
                    last_seen=_convert_to_utc(used.last_seen),
                )

    def decode_opinions(self, indicators: _DecodedIndicators) -> Iterator[IntelOpinion]:
        """Yield the opinions, one for each statement that they are of."""
        for one, used in self._select_kind(kinds.OpinionObject):
            if self._is_withdrawn(one):
                self._notes["opinions revoked or withdrawn"] += 1
                continue
            subjects = [name for ref in used.object_refs for name in indicators.list_ids(ref)]
            for number, of in enumerate(dict.fromkeys(subjects)):
                yield IntelOpinion(
                    id=make_id("opinion", used.id, of) if number else used.id,
                    of=of,
                    source=one.source,
                    stance=used.opinion,
                    explanation=used.explanation,
                )


def _read_confidence(used: kinds.StixObject) -> int:
    return UNSAID if used.confidence is None else used.confidence


def _convert_to_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
