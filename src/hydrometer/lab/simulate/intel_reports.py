"""Who says what of simulated actors: sources, reports and the indicators in them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import NAMESPACE_OID, uuid5

from hydrometer.contract import (
    Actor,
    ActorRelease,
    Dossiers,
    EntityKind,
    Indicator,
    IntelSource,
    PastCampaign,
    Sighting,
    TemplateSketch,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import numpy as np


Grade = Literal["A", "B", "C", "D", "E", "F"]
PARTNERS: tuple[tuple[str, Grade, float], ...] = (
    ("this site", "A", 0.4),
    ("a trusted partner", "B", 0.3),
    ("a partner", "C", 0.2),
    ("a forum", "D", 0.1),
)
"""Where reports on actors come from, and how often."""
MISTAKEN = 0.03
"""Share of the indicators that point to the wrong actor."""


class IntelReport:
    """What one source says: of whom, and how sure it is."""

    __slots__ = ("indicates", "source", "sure")

    def __init__(self, source: IntelSource, indicates: tuple[str, ...], *, sure: bool) -> None:
        self.source, self.indicates, self.sure = source, indicates, sure


class DossierBuilder:
    """Dossiers while they are written; every draw is of `rng`, and times are before `begins`."""

    def __init__(self, rng: np.random.Generator, begins: datetime) -> None:
        self._rng, self._begins = rng, begins
        self._sources: dict[str, IntelSource] = {}
        self._actors: dict[str, Actor] = {}
        self._campaigns: list[PastCampaign] = []
        self._indicators: dict[str, Indicator] = {}
        self._sketches: dict[str, TemplateSketch] = {}
        self._sightings: dict[str, Sighting] = {}
        self.own_source = self.source(*PARTNERS[0][:2])

    def source(self, name: str, grade: Grade) -> IntelSource:
        """A source of that name, the same every time."""
        made = IntelSource(id=_derive_id("identity", name), name=name, reliability=grade)
        return self._sources.setdefault(made.id, made)

    def actor(self, name: str, **more: Any) -> Actor:
        """An actor whose habits this site knows of itself."""
        made = Actor(id=_derive_id("intrusion-set", name), name=name, source=self.own_source.id, **more)
        self._actors[made.id] = made
        return made

    def releases(self, days: Sequence[float]) -> tuple[ActorRelease, ...]:
        """Releases so many days after the beginning."""
        return tuple(
            ActorRelease(product=f"release {n}", day=(self._begins + timedelta(days=day)).date())
            for n, day in enumerate(sorted(days), start=1)
        )

    def report(self, source: IntelSource, indicates: tuple[str, ...], *, sure: bool = False) -> IntelReport:
        """A report of a source that points to actors."""
        return IntelReport(source, indicates, sure=sure)

    def reports(self, actor: Actor, count: int) -> list[IntelReport]:
        """Reports on an actor by sources as they come; half of them tell of an earlier campaign of the actor."""
        made = []
        for number in range(count):
            partner = self._rng.choice(len(PARTNERS), p=[share for _, _, share in PARTNERS])
            source = self.source(*PARTNERS[int(partner)][:2])
            if self._rng.random() < 0.5:
                past = PastCampaign(
                    id=_derive_id("campaign", f"{actor.name} {number}"),
                    name=f"earlier campaign {number + 1} of {actor.name}",
                    actors={actor.id: "operator"},
                    source=source.id,
                    confidence=int(self._rng.integers(70, 100)),
                )
                self._campaigns.append(past)
                made.append(IntelReport(source, (past.id,), sure=False))
            else:
                made.append(IntelReport(source, (actor.id,), sure=False))
        return made

    def record_indicator(
        self,
        kind: EntityKind,
        value: str,
        reports: Sequence[IntelReport],
        *,
        last_used: tuple[float, float],
        expires: bool = False,
    ) -> None:
        """Record a value in one of the reports; `last_used` bounds the days before the campaign of its last known use."""
        rng = self._rng
        report = reports[int(rng.integers(len(reports)))]
        ago = float(rng.uniform(*last_used))
        begun = ago + float(rng.uniform(10, 120))
        indicates = report.indicates
        if not report.sure and rng.random() < MISTAKEN:
            others = sorted(set(self._actors) - set(indicates))
            indicates = (others[int(rng.integers(len(others)))],) if others else indicates
        name = _derive_id("indicator", f"{kind} {value} {report.source.id} {' '.join(report.indicates)}")
        grade = report.source.reliability
        self._indicators[name] = Indicator(
            id=name,
            kind=kind,
            value=value,
            indicates=indicates,
            source=report.source.id,
            confidence=95 if report.sure else int(rng.integers(40, 95)),
            credibility=1 if report.sure else int(rng.integers(1, 4)) if grade in "AB" else int(rng.integers(2, 7)),
            valid_from=self._begins - timedelta(days=begun),
            valid_until=self._begins - timedelta(days=ago / 2) if expires else None,
        )
        sighting = _derive_id("sighting", name)
        self._sightings[sighting] = Sighting(
            id=sighting,
            of=name,
            source=report.source.id,
            first_seen=self._begins - timedelta(days=begun),
            last_seen=self._begins - timedelta(days=ago),
        )

    def record_template(self, number: int, hashes: list[int], reports: Sequence[IntelReport]) -> None:
        """Record a wording in one of the reports."""
        name = f"wording-{number}"
        self._sketches[name] = TemplateSketch(
            id=name, key="the site's", hashes=tuple(sorted(hashes)), shingle_words=3, sample_one_in=4
        )
        self.record_indicator(EntityKind.TEMPLATE, name, reports, last_used=(1, 60))

    def invent_values(self, kind: EntityKind, count: int) -> list[str]:
        """Values that nobody in any world shows."""
        numbers = [int(n) for n in self._rng.integers(1, 1 << 30, count)]
        if kind in (EntityKind.ADDRESS, EntityKind.NETWORK, EntityKind.SIGNUP_NETWORK):
            ends = [f"{n % 254 + 1}" for n in numbers]
            return [
                f"198.18.{n % 256}.{end}" if kind == EntityKind.ADDRESS else f"198.18.{n % 256}.0/24"
                for n, end in zip(numbers, ends, strict=True)
            ]
        return [f"made-up-{kind}-{n:x}" for n in numbers]

    def build(self, actors: Sequence[Actor]) -> Dossiers:
        """All that was written of these actors, in the order of ids; what points to others alone stays, of nobody known."""
        return Dossiers(
            sources=tuple(self._sources[name] for name in sorted(self._sources)),
            actors=tuple(sorted(actors, key=lambda actor: actor.id)),
            indicators=tuple(self._indicators[name] for name in sorted(self._indicators)),
            templates=tuple(self._sketches[name] for name in sorted(self._sketches)),
            campaigns=tuple(sorted(self._campaigns, key=lambda campaign: campaign.id)),
            sightings=tuple(self._sightings[name] for name in sorted(self._sightings)),
        )


def _derive_id(kind: str, name: str) -> str:
    return f"{kind}--{uuid5(NAMESPACE_OID, name)}"
