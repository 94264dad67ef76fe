"""From STIX objects to the records of `contract/intel.py`."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar, get_args

import msgspec
import numpy as np

from hydrometer.contract.errors import InputError
from hydrometer.contract.intel import (
    Actor,
    Dossiers,
    Indicator,
    Opinion,
    PastCampaign,
    Release,
    Role,
    Sighting,
    Source,
    TemplateSketch,
    WorkingHours,
)
from hydrometer.sharing import stix_objects as kinds
from hydrometer.sharing.patterns import meaning
from hydrometer.sharing.stix_files import MEND
from hydrometer.sharing.stix_ids import EXTENSION, PROJECT, made_id
from hydrometer.sharing.tlp import UNMARKED, level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydrometer.contract.intel import Tlp
    from hydrometer.sharing.stix_files import Held, Shelf

UNSAID = 50
"""Confidence of an object that states none."""
_ROLES: tuple[Role, ...] = get_args(Role)
T = TypeVar("T", bound=kinds.Anything)
M = TypeVar("M", bound=msgspec.Struct)


def dossiers_of(shelf: Shelf) -> Dossiers:
    """Return what some bundles say, each list in the order of its ids; notes go to the shelf.

    Raises:
        InputError: our extension in an object is damaged.
    """
    return _Reading(shelf).dossiers()


def sketch_of(used: kinds.TemplateObject) -> TemplateSketch:
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


class _Reading:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self._notes = shelf, shelf.notes
        self._held = [shelf.held[name] for name in sorted(shelf.held)]
        self._targets: dict[str, dict[str, Role]] = defaultdict(dict)
        self._alike: dict[str, list[str]] = {}
        """All ids of an indicator whose pattern looks for several values."""

    def dossiers(self) -> Dossiers:
        self._follow_relationships()
        for one in self._held:
            if one.used is None:
                self._notes[f"objects kept and not used: {one.raw['type']}"] += 1
        indicators = sorted((record for one in self._held for record in self._indicator(one)), key=lambda i: i.id)
        return Dossiers(
            sources=self._sources(),
            actors=tuple(self._actor(one, used) for one, used in self._of(kinds.ActorObject)),
            indicators=tuple(indicators),
            templates=tuple(self._template(one, used) for one, used in self._of(kinds.TemplateObject)),
            campaigns=tuple(self._campaign(one, used) for one, used in self._of(kinds.CampaignObject)),
            sightings=tuple(sorted(self._sightings(), key=lambda sighting: sighting.id)),
            opinions=tuple(sorted(self._opinions(), key=lambda opinion: opinion.id)),
        )

    def _of(self, kind: type[T]) -> Iterator[tuple[Held, T]]:
        for one in self._held:
            if isinstance(one.used, kind):
                yield one, one.used

    def _more(self, one: Held, kind: type[M]) -> M:
        try:
            return msgspec.convert(one.raw.get("extensions", {}).get(EXTENSION, {}), kind)
        except (msgspec.ValidationError, OverflowError) as error:
            raise self._damaged(one, f"in the extension {EXTENSION}: {error}") from None

    def _damaged(self, one: Held, what: str) -> InputError:
        return InputError(f"object {one.raw['id']} is damaged: {what}", file=one.file, mend=MEND)

    def _sources(self) -> tuple[Source, ...]:
        found = {
            used.id: Source(id=used.id, name=used.name) for _, used in self._of(kinds.Identity) if used.id != PROJECT
        }
        for source in (*self._shelf.judgement.sources, *self._shelf.nobody):
            found[source.id] = Source(id=source.id, name=source.name, reliability=source.reliability)
        for one in self._held:
            if one.used is not None and one.source:
                found.setdefault(one.source, Source(id=one.source, name=one.source))
        return tuple(found[name] for name in sorted(found))

    def _follow_relationships(self) -> None:
        """What points to what: an infrastructure stands for those that use it, so that a pool points to all of them."""
        users: dict[str, set[str]] = defaultdict(set)
        pairs: list[tuple[str, str, Role | None]] = []
        for one, used in self._of(kinds.RelationshipObject):
            if self._gone(one):
                self._notes["relationships revoked or withdrawn"] += 1
            elif used.relationship_type == "uses" and used.target_ref.startswith("infrastructure--"):
                users[used.target_ref].add(used.source_ref)
            elif used.relationship_type in ("indicates", "attributed-to"):
                pairs.append((used.source_ref, used.target_ref, self._more(one, kinds.IndicatorMore).role))
            else:
                self._notes[f"relationships kept and not used: {used.relationship_type}"[:120]] += 1
        for source, target, role in pairs:
            for reached in sorted(users[target]) if target in users else [target]:
                other = self._targets[source].setdefault(reached, role or "operator")
                if role is not None and other != role:
                    self._notes["actors with two roles in one campaign; the first is kept"] += 1

    def _gone(self, one: Held) -> bool:
        return bool(one.raw.get("revoked", False)) or one.raw["id"] in self._shelf.judgement.withdrawn

    def _tlp(self, one: Held) -> Tlp:
        used = one.used or kinds.Anything(type="", id="")
        found = level([*used.object_marking_refs, *(part.marking_ref for part in used.granular_markings)])
        if found is None:
            self._notes[f"objects without a TLP marking, taken for {UNMARKED}"] += 1
        return found or UNMARKED

    def _actor(self, one: Held, used: kinds.ActorObject) -> Actor:
        more = self._more(one, kinds.ActorMore)
        hours = more.working_hours
        return Actor(
            id=used.id,
            name=used.name,
            aliases=tuple(used.aliases),
            roles=_ROLES if more.roles is None else tuple(more.roles),
            products=tuple(more.products),
            releases=tuple(Release(product=each.product, day=each.day) for each in more.releases),
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
            tlp=self._tlp(one),
            confidence=_percent(used),
            valid_until=_utc(more.valid_until),
            revoked=self._gone(one),
        )

    def _indicator(self, one: Held) -> Iterator[Indicator]:
        used = one.used
        if not isinstance(used, kinds.IndicatorObject):
            return
        meant = meaning(used.pattern) if used.pattern_type == "stix" else None
        if not meant:
            self._notes["indicators kept and not used: the pattern is not of single values"] += 1
            return
        more = self._more(one, kinds.IndicatorMore)
        names = [used.id, *(made_id("indicator", used.id, *value) for value in meant[1:])]
        self._alike[used.id] = names
        for name, (kind, value) in zip(names, meant, strict=True):
            yield Indicator(
                id=name,
                kind=kind,
                value=value,
                indicates=tuple(sorted(self._targets.get(used.id, ()))),
                role=more.role,
                source=one.source,
                confidence=_percent(used),
                credibility=self._shelf.judgement.credibility.get(used.id, 6),
                tlp=self._tlp(one),
                valid_from=None if more.undated else _utc(used.valid_from),
                valid_until=_utc(used.valid_until),
                revoked=self._gone(one),
            )

    def _template(self, one: Held, used: kinds.TemplateObject) -> TemplateSketch:
        try:
            return sketch_of(used)
        except ValueError as error:
            raise self._damaged(one, str(error)) from None

    def _campaign(self, one: Held, used: kinds.CampaignObject) -> PastCampaign:
        targets = self._targets.get(used.id, {})
        return PastCampaign(
            id=used.id,
            name=used.name,
            actors={name: targets[name] for name in sorted(targets)},
            source=one.source,
            confidence=_percent(used),
            first_seen=_utc(used.first_seen),
            last_seen=_utc(used.last_seen),
            stopped=_utc(self._more(one, kinds.CampaignMore).stopped),
            tlp=self._tlp(one),
            revoked=self._gone(one),
        )

    def _sightings(self) -> Iterator[Sighting]:
        for one, used in self._of(kinds.SightingObject):
            if self._gone(one):
                self._notes["sightings revoked or withdrawn"] += 1
                continue
            for number, seen in enumerate(self._alike.get(used.sighting_of_ref, [used.sighting_of_ref])):
                yield Sighting(
                    id=made_id("sighting", used.id, seen) if number else used.id,
                    of=seen,
                    source=one.source,
                    count=used.count,
                    first_seen=_utc(used.first_seen),
                    last_seen=_utc(used.last_seen),
                )

    def _opinions(self) -> Iterator[Opinion]:
        for one, used in self._of(kinds.OpinionObject):
            if self._gone(one):
                self._notes["opinions revoked or withdrawn"] += 1
                continue
            meant = [name for ref in used.object_refs for name in self._alike.get(ref, [ref])]
            for number, of in enumerate(dict.fromkeys(meant)):
                yield Opinion(
                    id=made_id("opinion", used.id, of) if number else used.id,
                    of=of,
                    source=one.source,
                    stance=used.opinion,
                    explanation=used.explanation,
                )


def _percent(used: kinds.Anything) -> int:
    return UNSAID if used.confidence is None else used.confidence


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
