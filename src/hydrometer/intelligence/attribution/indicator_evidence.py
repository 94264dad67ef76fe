"""Evidence of values: what accounts show that dossiers name, and what dossiers name that they do not show."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from hydrometer.contract import ENTITY_KINDS, EntityKind, Role
from hydrometer.intelligence.attribution.base_rates import COMMON, compute_ratio_bits, estimate_coincidence
from hydrometer.intelligence.attribution.evidence import EvidenceItem
from hydrometer.intelligence.attribution.evidence_kinds import CHANGED_HANDS, FEW, HELD_LONG, KINDS, TRUTHFUL
from hydrometer.intelligence.attribution.indicator_matching import list_shown_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hydrometer.intelligence.attribution.admissible_intel import AdmissibleIntel, IndicatorClaim
    from hydrometer.intelligence.attribution.campaign_profile import CampaignProfile
    from hydrometer.intelligence.attribution.indicator_matching import IndicatorHit

ROLES: tuple[Role, ...] = get_args(Role)
LET = 0.25
"""Chance that a value that several known actors were seen with is shown by one that is not known."""
GAP_DAYS, LONG_DAYS, KEPT = 3.0, 14.0, 0.25
"""An address was not let anew when the gap between its last known use and the campaign's is at most so many days, both uses
last so long together, and at least this share of the members uses it."""
FEW_BITS = 3.0
"""Bits that a held value of fewer than FEW members bears less: that many accounts can be bought with what they hold."""
LEAST_UNSEEN = 3
"""Values of a group that a dossier must hold for their absence to say anything."""
HELD_KINDS = tuple(name for name, kind in KINDS.items() if kind.tier == "held")


@dataclass(frozen=True, slots=True)
class _IndicatorFinding:
    """Values of one kind that one source knows of one actor and that the campaign shows."""

    role: Role
    kind: EntityKind
    actor: str
    name: str
    """Of the actor."""
    hits: Sequence[IndicatorHit]
    dossier_values: int
    """Values of the kind that the dossiers hold of the actor."""
    tenants: int
    """Actors that the values point to."""


def collect_shown_evidence(
    profile: CampaignProfile, intel: AdmissibleIntel, indicator_hits: Sequence[IndicatorHit]
) -> Iterator[EvidenceItem]:
    """Yield an item for each question, kind, actor and source whose values the campaign shows."""
    dossier_values: dict[tuple[str, str], set[str]] = defaultdict(set)
    said: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for claim in intel.claims:
        kind, value = claim.indicator.kind, claim.indicator.value
        for actor in _list_pointed_actors(claim):
            dossier_values[kind, actor].add(value)
            trust_by_actor = said[kind, value]
            trust_by_actor[actor] = max(trust_by_actor.get(actor, 0.0), TRUTHFUL[claim.source.reliability])
    hits_by_key: dict[tuple[Role, EntityKind, str, str, bool], list[IndicatorHit]] = defaultdict(list)
    for hit in indicator_hits:
        tenants = _list_tenants(hit.claim, said)
        for role, actors in hit.claim.points.items():
            if role == "beneficiary" and not _speaks_of_beneficiary(hit.claim):
                continue
            for actor in actors:
                key = (role, hit.claim.indicator.kind, actor, hit.claim.source.id, len(tenants) > 1)
                hits_by_key[key].append(hit)
    names = {actor.id: actor.name for actor in intel.actors}
    for (role, shown, actor, _, _), hits in hits_by_key.items():
        tenant_count = max(len(_list_tenants(hit.claim, said)) for hit in hits)
        finding = _IndicatorFinding(
            role, shown, actor, names[actor], hits, len(dossier_values[shown, actor]), tenant_count
        )
        yield _make_indicator_item(finding, profile)


def collect_unseen_evidence(
    profile: CampaignProfile, intel: AdmissibleIntel, indicator_hits: Sequence[IndicatorHit]
) -> Iterator[EvidenceItem]:
    """Yield an item for each actor with current payment instruments, devices or numbers that no member shows."""
    columns = list_shown_kinds(profile)
    matched = {(hit.claim.indicator.kind, actor) for hit in indicator_hits for actor in _list_pointed_actors(hit.claim)}
    claims: dict[tuple[EntityKind, str, str], list[IndicatorClaim]] = defaultdict(list)
    for claim in intel.claims:
        if claim.indicator.kind in HELD_KINDS and claim.indicator.kind in columns:
            for actor in claim.points["operator"]:
                claims[claim.indicator.kind, actor, claim.source.id].append(claim)
    names = {actor.id: actor.name for actor in intel.actors}
    for (kind, actor, _), own_claims in claims.items():
        if (kind, actor) in matched or len({claim.indicator.value for claim in own_claims}) < LEAST_UNSEEN:
            continue
        begins, source = profile.campaign.first_seen, own_claims[0].source
        expected = max(
            _compute_weight(claim, actor, "operator") * claim.chance_unchanged(begins) for claim in own_claims
        )
        share = TRUTHFUL[source.reliability] * KINDS[kind].reuse * expected
        yield EvidenceItem(
            "operator",
            kind,
            actor,
            source,
            compute_ratio_bits(0.0, 1.0, share),
            f"None of the {len(own_claims)} {ENTITY_KINDS[kind].plural} that the dossier of {names[actor]} holds is seen",
            tier=KINDS[kind].tier,
        )


def _make_indicator_item(finding: _IndicatorFinding, profile: CampaignProfile) -> EvidenceItem:
    role, kind, actor, hits = finding.role, finding.kind, finding.actor, finding.hits
    tenant_count = finding.tenants
    declared, begins = KINDS[kind], profile.campaign.first_seen
    members = profile.campaign.accounts
    likely_chance = estimate_coincidence(hits, finding.dossier_values, members, profile.strangers)
    values = {hit.value for hit in hits}
    seen_with = min(members, max(hit.accounts for hit in hits) if len(values) == 1 else sum(h.accounts for h in hits))
    weight = max(_compute_weight(hit.claim, actor, role) for hit in hits)
    fresh = max(hit.claim.chance_unchanged(begins) for hit in hits)
    long = (
        declared.group == "infrastructure" and tenant_count == 1 and any(_is_used_without_gap(h, members) for h in hits)
    )
    most = HELD_LONG if long else declared.most - (FEW_BITS if declared.tier == "held" and seen_with < FEW else 0.0)
    # Whoever else shows the value bought, rented or planted it, or got it when it changed hands; what several are known to
    # show, further ones do.
    floor = max(2.0**-most, LET if tenant_count > 1 else 0.0, (1.0 - fresh) * CHANGED_HANDS[declared.tier])
    unlikely = max(likely_chance, floor)
    common = likely_chance >= COMMON
    reused = declared.reuse * fresh
    outside_accounts = round(sum(hit.outside_accounts for hit in hits))
    notes = []
    if tenant_count > 1:
        notes.append(f"points to {tenant_count} actors")
    if common:
        notes.append("too common to weigh anything")
    if fresh < 0.5:
        notes.append("last known use long ago")
    confirming = sorted({c for hit in hits for c in hit.claim.confirmed_by})
    if confirming:
        notes.append(f"confirmed by {', '.join(confirming)}")
    example = min(values)
    return EvidenceItem(
        role,
        kind,
        actor,
        hits[0].claim.source,
        0.0 if common else compute_ratio_bits(reused + (1 - reused) * unlikely, unlikely, weight),
        f"{_format_value_count(len(values), kind)} of {finding.name} ({example}{', …' if len(values) > 1 else ''}) with {seen_with} of {members} "
        f"members and {outside_accounts} other accounts",
        "; ".join(notes),
        values=frozenset(values),
        members=seen_with,
        hard=((declared.tier == "held" and seen_with >= FEW) or long) and tenant_count == 1 and not common,
        shared=tenant_count > 1,
        stale=fresh < 0.5,
        too_common=common,
        tier=declared.tier,
    )


def _is_used_without_gap(hit: IndicatorHit, members: int) -> bool:
    """Tell whether an address or network went on being used without a gap in which it could have been let anew."""
    claim = hit.claim
    if claim.first_used is None or claim.last_used is None or hit.outside_accounts > 0 or hit.accounts < KEPT * members:
        return False
    gap = (hit.first_seen - claim.last_used).total_seconds() / 86_400
    together = (hit.last_seen - claim.first_used).total_seconds() / 86_400
    before = (hit.first_seen - claim.first_used).total_seconds() / 86_400
    return (
        claim.indicator.kind in (EntityKind.ADDRESS, EntityKind.NETWORK)
        and gap <= GAP_DAYS < before
        and together >= LONG_DAYS
    )


def _compute_weight(claim: IndicatorClaim, actor: str, role: Role) -> float:
    return claim.weight * claim.points[role].get(actor, 0.0)


def _list_pointed_actors(claim: IndicatorClaim) -> set[str]:
    return {actor for role in ROLES for actor in claim.points[role]}


def _list_tenants(claim: IndicatorClaim, said: Mapping[tuple[str, str], Mapping[str, float]]) -> set[str]:
    """Return the actors that a value points to, by this source and by those that are no less reliable."""
    trust = TRUTHFUL[claim.source.reliability]
    others = said[claim.indicator.kind, claim.indicator.value]
    return _list_pointed_actors(claim) | {actor for actor, grade in others.items() if grade >= trust}


def _speaks_of_beneficiary(claim: IndicatorClaim) -> bool:
    """Tell whether a claim is about the beneficiary: what is said to be its own, and templates.

    Who runs accounts need not get the outputs.
    """
    return claim.indicator.role == "beneficiary" or claim.indicator.kind == EntityKind.TEMPLATE


def _format_value_count(number: int, kind: EntityKind) -> str:
    plural = ENTITY_KINDS[kind].plural
    return f"{number} {plural}" if number != 1 else f"1 of the {plural}"


def count_too_common(items: Iterable[EvidenceItem]) -> int:
    """Count the findings that are too common to weigh anything."""
    return sum(item.too_common for item in items)
