"""Evidence of habits: hours, releases, product names, sightings, and pools that wake when another was banned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.attribution.item import Item
from hydrometer.attribution.kinds import HEARD, KINDS, TRUTHFUL
from hydrometer.attribution.naming import named
from hydrometer.attribution.rarity import bits
from hydrometer.attribution.timing import evidence, hours_p, releases_p, succession_p, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from hydrometer.attribution.case import Case
    from hydrometer.attribution.matching import Hit
    from hydrometer.attribution.standing import Standing
    from hydrometer.contract.intel import Actor, WorkingHours

OVERRIDDEN, MENTIONED = 2.0, 0.8
"""Bits of a wording that tells the model to be an actor's product, and of one that names it."""


def habits(case: Case, standing: Standing, found: Sequence[Hit]) -> Iterator[Item]:
    """Yield what the habits of every actor say, and what earlier campaigns and sightings do."""
    for actor in standing.actors:
        if actor.id not in standing.silent:
            yield from _hours(case, standing, actor)
            yield from _releases(case, standing, actor)
            yield from _products(case, standing, actor)
            yield from _sightings(case, standing, actor)
    yield from _successions(case, standing, found)


def unknown_zones(standing: Standing) -> int:
    """How many actors have working hours in a timezone that is not known here."""
    return sum(actor.hours is not None and not _known(actor.hours) for actor in standing.actors)


def _known(hours: WorkingHours) -> bool:
    try:
        zone_of(hours)
    except ValueError:
        return False
    return True


def _hours(case: Case, standing: Standing, actor: Actor) -> Iterator[Item]:
    # An unknown timezone is counted by unknown_zones.
    if actor.hours is None or "operator" not in actor.roles or not _known(actor.hours):
        return
    p = hours_p(case.campaign.exhibit, actor.hours)
    if p is not None:
        yield _habit(
            standing,
            actor,
            "timing",
            evidence(p),
            f"The accounts' days fit the working hours of {actor.name} ({actor.hours.timezone}) as do {p:.0%} of the rotations",
            "many work in the same timezone",
        )


def _releases(case: Case, standing: Standing, actor: Actor) -> Iterator[Item]:
    if "beneficiary" not in actor.roles:
        return
    p = releases_p(case.campaign.exhibit, actor.releases)
    if p is not None:
        yield _habit(
            standing,
            actor,
            "releases",
            evidence(p),
            f"The harvest precedes releases of {actor.name} as closely as in {p:.0%} of the rotations of its calendar",
        )


def _products(case: Case, standing: Standing, actor: Actor) -> Iterator[Item]:
    if "beneficiary" not in actor.roles:
        return
    for name in named(actor, case.campaign.exhibit.templates):
        told = "tells the model to be" if name.override else "names"
        yield _habit(
            standing,
            actor,
            "product",
            OVERRIDDEN if name.override else MENTIONED,
            f"The shared wording {told} {name.product} of {actor.name}",
            "anybody can write a name",
            frozenset(name.templates),
            max(t.accounts for t in case.campaign.exhibit.templates if t.id in name.templates),
        )


def _sightings(case: Case, standing: Standing, actor: Actor) -> Iterator[Item]:
    """Sources that saw the actor itself at work while the campaign ran."""
    for sighting in standing.sightings:
        source = standing.source(sighting.source)
        begins, ends = sighting.first_seen or sighting.last_seen, sighting.last_seen or sighting.first_seen
        if (
            standing.under.get(sighting.of) != actor.id
            or source.reliability not in HEARD
            or begins is None
            or ends is None
        ):
            continue
        if begins <= case.campaign.last_seen and ends >= case.campaign.first_seen:
            share = TRUTHFUL[source.reliability]
            for role in actor.roles:
                yield Item(
                    role,
                    "sighting",
                    actor.id,
                    source,
                    min(KINDS["sighting"].most, bits(2.0, 1.0, share)),
                    f"{source.name} saw {actor.name} at work while the campaign ran",
                )


def _successions(case: Case, standing: Standing, found: Sequence[Hit]) -> Iterator[Item]:
    """Pools that wake soon after an earlier campaign was stopped whose values they show."""
    touched = {name for hit in found for name in hit.claim.indicator.indicates if name in standing.past}
    for name in sorted(touched):
        past = standing.past[name]
        if past.stopped is None:
            continue
        p = succession_p(case.campaign.first_seen, past.stopped, case.span)
        if p is None:
            continue
        weight = past.confidence / 100
        source = standing.source(past.source)
        for actor, role in sorted(past.actors.items()):
            if actor not in standing.under:
                continue
            yield Item(
                role,
                "earlier_campaign",
                standing.under[actor],
                source,
                max(0.0, min(KINDS["earlier_campaign"].most, weight * evidence(p))),
                f"The accounts woke {_hours_after(case, past.stopped)} after {past.name} was stopped, whose values they show",
            )


def _hours_after(case: Case, stopped: datetime) -> str:
    return f"{(case.campaign.first_seen - stopped).total_seconds() / 3_600:.0f} hours"


def _habit(
    standing: Standing,
    actor: Actor,
    kind: str,
    measured: float,
    statement: str,
    note: str = "",
    values: frozenset[str] = frozenset(),
    members: int = 0,
) -> Item:
    source = standing.source(actor.source)
    trust = TRUTHFUL[source.reliability]
    counted = min(KINDS[kind].most, measured) if measured > 0 else measured * trust
    return Item(
        "beneficiary" if kind in ("releases", "product") else "operator",
        kind,
        actor.id,
        source,
        counted,
        statement,
        note,
        values=values,
        members=members,
    )
