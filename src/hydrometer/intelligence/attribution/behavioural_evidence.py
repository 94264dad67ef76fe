"""Evidence of habits: hours, releases, product names, sightings, and pools that wake when another was banned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydrometer.intelligence.attribution.base_rates import compute_ratio_bits
from hydrometer.intelligence.attribution.evidence import EvidenceItem
from hydrometer.intelligence.attribution.evidence_kinds import HEARD, KINDS, TRUTHFUL
from hydrometer.intelligence.attribution.product_mentions import find_product_mentions
from hydrometer.intelligence.attribution.timing import (
    calibrate_p_value,
    compute_hours_p_value,
    compute_releases_p_value,
    compute_succession_p_value,
    load_zone,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from hydrometer.contract import Actor, WorkingHours
    from hydrometer.intelligence.attribution.admissible_intel import AdmissibleIntel
    from hydrometer.intelligence.attribution.campaign_profile import CampaignProfile
    from hydrometer.intelligence.attribution.indicator_matching import IndicatorHit

OVERRIDDEN, MENTIONED = 2.0, 0.8
"""Bits of a template that tells the model to be an actor's product, and of one that names it."""


@dataclass(frozen=True, slots=True)
class _HabitFinding:
    """What a campaign shows of a habit that a dossier names."""

    kind: str
    bits: float
    """As measured, before the kind's cap and the trust in the source."""
    statement: str
    note: str = ""
    values: frozenset[str] = frozenset()
    members: int = 0


def collect_habit_evidence(
    profile: CampaignProfile, intel: AdmissibleIntel, indicator_hits: Sequence[IndicatorHit]
) -> Iterator[EvidenceItem]:
    """Yield what the habits of every actor say, and what earlier campaigns and sightings do."""
    for actor in intel.actors:
        if actor.id not in intel.silent_actors:
            yield from _compare_hours(profile, intel, actor)
            yield from _compare_releases(profile, intel, actor)
            yield from _compare_products(profile, intel, actor)
            yield from _match_sightings(profile, intel, actor)
    yield from _match_successions(profile, intel, indicator_hits)


def count_unknown_zones(intel: AdmissibleIntel) -> int:
    """Count the actors with working hours in a timezone that is not known here."""
    return sum(actor.hours is not None and not _has_known_zone(actor.hours) for actor in intel.actors)


def _has_known_zone(hours: WorkingHours) -> bool:
    try:
        load_zone(hours)
    except ValueError:
        return False
    return True


def _compare_hours(profile: CampaignProfile, intel: AdmissibleIntel, actor: Actor) -> Iterator[EvidenceItem]:
    # An unknown timezone is counted by count_unknown_zones.
    if actor.hours is None or "operator" not in actor.roles or not _has_known_zone(actor.hours):
        return
    p = compute_hours_p_value(profile.campaign.exhibit, actor.hours)
    if p is not None:
        habit = _HabitFinding(
            "timing",
            calibrate_p_value(p),
            f"The accounts' days fit the working hours of {actor.name} ({actor.hours.timezone}) as do {p:.0%} of the rotations",
            "many work in the same timezone",
        )
        yield _make_habit_item(intel, actor, habit)


def _compare_releases(profile: CampaignProfile, intel: AdmissibleIntel, actor: Actor) -> Iterator[EvidenceItem]:
    if "beneficiary" not in actor.roles:
        return
    p = compute_releases_p_value(profile.campaign.exhibit, actor.releases)
    if p is not None:
        habit = _HabitFinding(
            "releases",
            calibrate_p_value(p),
            f"The harvest precedes releases of {actor.name} as closely as in {p:.0%} of the rotations of its calendar",
        )
        yield _make_habit_item(intel, actor, habit)


def _compare_products(profile: CampaignProfile, intel: AdmissibleIntel, actor: Actor) -> Iterator[EvidenceItem]:
    if "beneficiary" not in actor.roles:
        return
    for mention in find_product_mentions(actor, profile.campaign.exhibit.templates):
        verb = "tells the model to be" if mention.override else "names"
        habit = _HabitFinding(
            "product",
            OVERRIDDEN if mention.override else MENTIONED,
            f"The shared wording {verb} {mention.product} of {actor.name}",
            "anybody can write a name",
            frozenset(mention.template_ids),
            max(t.accounts for t in profile.campaign.exhibit.templates if t.id in mention.template_ids),
        )
        yield _make_habit_item(intel, actor, habit)


def _match_sightings(profile: CampaignProfile, intel: AdmissibleIntel, actor: Actor) -> Iterator[EvidenceItem]:
    """Yield what sources say that saw the actor itself at work while the campaign ran."""
    for sighting in intel.sightings:
        source = intel.source(sighting.source)
        begins, ends = sighting.first_seen or sighting.last_seen, sighting.last_seen or sighting.first_seen
        if (
            intel.canonical_ids.get(sighting.of) != actor.id
            or source.reliability not in HEARD
            or begins is None
            or ends is None
        ):
            continue
        if begins <= profile.campaign.last_seen and ends >= profile.campaign.first_seen:
            share = TRUTHFUL[source.reliability]
            for role in actor.roles:
                yield EvidenceItem(
                    role,
                    "sighting",
                    actor.id,
                    source,
                    min(KINDS["sighting"].most, compute_ratio_bits(2.0, 1.0, share)),
                    f"{source.name} saw {actor.name} at work while the campaign ran",
                )


def _match_successions(
    profile: CampaignProfile, intel: AdmissibleIntel, indicator_hits: Sequence[IndicatorHit]
) -> Iterator[EvidenceItem]:
    """Yield evidence of pools that wake soon after an earlier campaign was stopped whose values they show."""
    touched = {name for hit in indicator_hits for name in hit.claim.indicator.indicates if name in intel.past_campaigns}
    for name in sorted(touched):
        past = intel.past_campaigns[name]
        if past.stopped is None:
            continue
        p = compute_succession_p_value(profile.campaign.first_seen, past.stopped, profile.span)
        if p is None:
            continue
        weight = past.confidence / 100
        source = intel.source(past.source)
        for actor, role in sorted(past.actors.items()):
            if actor not in intel.canonical_ids:
                continue
            yield EvidenceItem(
                role,
                "earlier_campaign",
                intel.canonical_ids[actor],
                source,
                max(0.0, min(KINDS["earlier_campaign"].most, weight * calibrate_p_value(p))),
                f"The accounts woke {_format_delay(profile, past.stopped)} after {past.name} was stopped, whose values they show",
            )


def _format_delay(profile: CampaignProfile, stopped: datetime) -> str:
    return f"{(profile.campaign.first_seen - stopped).total_seconds() / 3_600:.0f} hours"


def _make_habit_item(intel: AdmissibleIntel, actor: Actor, habit: _HabitFinding) -> EvidenceItem:
    source = intel.source(actor.source)
    trust = TRUTHFUL[source.reliability]
    return EvidenceItem(
        "beneficiary" if habit.kind in ("releases", "product") else "operator",
        habit.kind,
        actor.id,
        source,
        min(KINDS[habit.kind].most, habit.bits) if habit.bits > 0 else habit.bits * trust,
        habit.statement,
        habit.note,
        values=habit.values,
        members=habit.members,
    )
