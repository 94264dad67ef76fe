"""What of the dossiers still stands when a campaign is weighed: nothing revoked, expired, retracted or disagreed with."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hydrometer.contract import EntityKind, IntelSource
from hydrometer.intelligence.attribution.alias_resolution import resolve_aliases
from hydrometer.intelligence.attribution.evidence_kinds import HEARD, KINDS, TRUTHFUL, compute_item_weight

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hydrometer.contract import Actor, Dossiers, Indicator, PastCampaign, Role, Sighting, TemplateSketch
    from hydrometer.intelligence.attribution.campaign_profile import CampaignProfile

CONFIRMED = 0.5
"""Share of the doubt in an item that an independent source takes away by seeing it, or agreeing, itself."""


@dataclass(frozen=True, slots=True)
class IndicatorClaim:
    """An indicator that says something of the campaign in question."""

    indicator: Indicator
    source: IntelSource
    weight: float
    """Chance that the item is right."""
    points: Mapping[Role, Mapping[str, float]]
    """By question, the actors that it points to and the chance that the pointing holds."""
    first_used: datetime | None
    last_used: datetime | None
    """When it was first and last known to be in use; None: not said."""
    confirmed_by: tuple[str, ...] = ()
    """Names of other sources that saw it or agree."""

    def chance_unchanged(self, when: datetime) -> float:
        """Return the chance that the value still is in the same hands at a time."""
        if self.last_used is None:
            return 0.5
        days = max(0.0, (when - self.last_used).total_seconds() / 86_400)
        return float(2.0 ** (-days / KINDS[self.indicator.kind].half_life))


@dataclass(frozen=True)
class AdmissibleIntel:
    """The dossiers as they stand towards one campaign."""

    actors: tuple[Actor, ...]
    claims: tuple[IndicatorClaim, ...]
    sources: Mapping[str, IntelSource]
    sketches: Mapping[str, TemplateSketch]
    past_campaigns: Mapping[str, PastCampaign]
    sightings: tuple[Sighting, ...]
    canonical_ids: Mapping[str, str]
    """The id that each actor is weighed under."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    silent_actors: frozenset[str] = frozenset()
    """Actors whose own dossier has expired or is disagreed with: they stay hypotheses, their habits say nothing."""

    def source(self, name: str) -> IntelSource:
        """Return the source of that id; one that nothing is known of cannot be judged (F)."""
        return self.sources.get(name, IntelSource(id=name or "source--unnamed", name=name or "unnamed source"))


def select_admissible_intel(dossiers: Dossiers, profile: CampaignProfile) -> AdmissibleIntel:
    """Return what may be weighed, and count what may not, by reason."""
    sources = {source.id: source for source in dossiers.sources}
    opinions = _SourceOpinions(dossiers, sources)
    left: Counter[str] = Counter()
    actors = {actor.id: actor for actor in dossiers.actors if not actor.revoked}
    left["actors: revoked"] += len(dossiers.actors) - len(actors)
    canonical_ids = resolve_aliases(actors.values(), sources)
    left["actors: another's under another id"] += sum(name != root for name, root in canonical_ids.items())
    actors = {name: actor for name, actor in actors.items() if canonical_ids[name] == name}
    past_campaigns = {}
    for campaign in sorted(dossiers.campaigns, key=lambda c: c.id):
        if campaign.revoked:
            left["campaigns: revoked"] += 1
        elif profile.campaign.id in (campaign.id, campaign.name):
            left["campaigns: this very one"] += 1
        else:
            balance = opinions.weigh(campaign.id)
            left.update(balance.count("campaigns"))
            if not balance.disputed:
                past_campaigns[campaign.id] = campaign
    sightings: dict[str, list[Sighting]] = defaultdict(list)
    for sighting in dossiers.sightings:
        sightings[sighting.of].append(sighting)
    claims = []
    for indicator in sorted(dossiers.indicators, key=lambda i: i.id):
        reason = _find_exclusion_reason(indicator, profile)
        if reason:
            left[f"indicators: {reason}"] += 1
            continue
        balance = opinions.weigh(indicator.id)
        left.update(balance.count("indicators"))
        if balance.disputed:
            continue
        points = _resolve_actors(indicator, actors, past_campaigns, canonical_ids)
        if not any(points.values()):
            left["indicators: of nobody known"] += 1
            continue
        claims.append(_build_claim(indicator, points, sightings[indicator.id], sources, opinions, profile))
    silent: set[str] = set()
    for actor in actors.values():
        if actor.valid_until is not None and actor.valid_until < profile.campaign.first_seen:
            silent.add(actor.id)
            continue
        balance = opinions.weigh(actor.id)
        left.update(balance.count("actors"))
        if balance.disputed:
            silent.add(actor.id)
    return AdmissibleIntel(
        actors=tuple(sorted(actors.values(), key=lambda a: a.id)),
        claims=tuple(claims),
        sources=sources,
        sketches={sketch.id: sketch for sketch in dossiers.templates},
        past_campaigns=past_campaigns,
        sightings=tuple(sorted(dossiers.sightings, key=lambda s: s.id)),
        canonical_ids=canonical_ids,
        left_out={name: count for name, count in sorted(left.items()) if count},
        silent_actors=frozenset(silent),
    )


def _find_exclusion_reason(indicator: Indicator, profile: CampaignProfile) -> str:
    if indicator.revoked:
        return "revoked"
    if indicator.valid_until is not None and indicator.valid_until < profile.campaign.first_seen:
        return "expired"
    return ""


def _resolve_actors(
    indicator: Indicator,
    actors: Mapping[str, Actor],
    past_campaigns: Mapping[str, PastCampaign],
    canonical_ids: Mapping[str, str],
) -> dict[Role, dict[str, float]]:
    """Return the actors that an indicator points to, directly or through earlier campaigns."""
    actors_by_role: dict[Role, dict[str, float]] = {"operator": {}, "beneficiary": {}}
    for name in indicator.indicates:
        if name in canonical_ids:
            for role in actors[canonical_ids[name]].roles:
                if _speaks_of_role(indicator, role):
                    actors_by_role[role][canonical_ids[name]] = 1.0
        elif name in past_campaigns:
            for actor, role in past_campaigns[name].actors.items():
                if actor in canonical_ids and _speaks_of_role(indicator, role):
                    confidence = past_campaigns[name].confidence / 100
                    actors_by_role[role][canonical_ids[actor]] = max(
                        actors_by_role[role].get(canonical_ids[actor], 0.0), confidence
                    )
    return actors_by_role


def _speaks_of_role(indicator: Indicator, role: Role) -> bool:
    """Tell whether an indicator is about a role: a template is the beneficiary's, and about who uses it again as well."""
    return indicator.role in (None, role) or indicator.kind == EntityKind.TEMPLATE


def _build_claim(
    indicator: Indicator,
    points: Mapping[Role, Mapping[str, float]],
    sightings: list[Sighting],
    sources: Mapping[str, IntelSource],
    opinions: _SourceOpinions,
    profile: CampaignProfile,
) -> IndicatorClaim:
    source = sources.get(indicator.source) or IntelSource(
        id=indicator.source or "source--unnamed", name=indicator.source or "unnamed source"
    )
    # What was first seen when this very campaign ran tells nothing of whose hands it was in before.
    begins = profile.campaign.first_seen
    earlier = [s for s in sightings if (s.first_seen or s.last_seen or begins) < begins]
    confirmed = {s.source for s in earlier} | opinions.agreeing(indicator.id)
    names = sorted(
        sources[s].name for s in confirmed if s in sources and s != source.id and sources[s].reliability in HEARD
    )
    weight = compute_item_weight(indicator.credibility, indicator.confidence)
    if names:
        weight = 1.0 - (1.0 - weight) * CONFIRMED
    used = [t for s in earlier for t in (s.first_seen, s.last_seen) if t is not None]
    if indicator.valid_from is not None:
        used.append(indicator.valid_from)
    return IndicatorClaim(
        indicator, source, weight, points, min(used, default=None), max(used, default=None), tuple(names)
    )


@dataclass(frozen=True, slots=True)
class _OpinionBalance:
    """What opinions come to on one statement."""

    disputed: bool
    """Whether a source disagrees that is more reliable than all that agree."""
    unheard: bool
    """Whether there are opinions of sources that are not heard."""

    def count(self, what: str) -> Counter[str]:
        """Return why a statement on `what` is left out, and which opinions are."""
        reasons: Counter[str] = Counter()
        reasons[f"opinions on {what} of sources that are not heard"] += self.unheard
        reasons[f"{what}: disagreed with"] += self.disputed
        return reasons


class _SourceOpinions:
    """What sources hold of statements; only those that are heard count."""

    def __init__(self, dossiers: Dossiers, sources: Mapping[str, IntelSource]) -> None:
        self._supporters: dict[str, set[str]] = defaultdict(set)
        self._strongest_dissent: dict[str, float] = defaultdict(float)
        self._unheard: set[str] = set()
        for opinion in dossiers.opinions:
            source = sources.get(opinion.source)
            if source is None or source.reliability not in HEARD:
                self._unheard.add(opinion.of)
                continue
            if opinion.stance in ("disagree", "strongly-disagree"):
                self._strongest_dissent[opinion.of] = max(
                    self._strongest_dissent[opinion.of], TRUTHFUL[source.reliability]
                )
            elif opinion.stance in ("agree", "strongly-agree"):
                self._supporters[opinion.of].add(source.id)
        self._trust = {source.id: TRUTHFUL[source.reliability] for source in sources.values()}

    def agreeing(self, statement: str) -> set[str]:
        """Return the ids of the sources that hold the statement true."""
        return self._supporters.get(statement, set())

    def weigh(self, statement: str) -> _OpinionBalance:
        """Return what the opinions on a statement come to."""
        against = self._strongest_dissent.get(statement, 0.0)
        support = max((self._trust[source] for source in self.agreeing(statement)), default=0.0)
        return _OpinionBalance(disputed=against > support, unheard=statement in self._unheard)
