"""Evidence of values: what accounts show that dossiers name, and what dossiers name that they do not show."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, get_args

from hydrometer.attribution.item import Item
from hydrometer.attribution.kinds import CHANGED_HANDS, FEW, HELD_LONG, KINDS, TRUTHFUL
from hydrometer.attribution.matching import kinds_shown
from hydrometer.attribution.rarity import COMMON, bits, chance
from hydrometer.contract.intel import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hydrometer.attribution.case import Case
    from hydrometer.attribution.matching import Hit
    from hydrometer.attribution.standing import Claim, Standing

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


def shown_values(case: Case, standing: Standing, found: Sequence[Hit]) -> Iterator[Item]:
    """Yield an item for each question, kind, actor and source whose values the campaign shows."""
    known: dict[tuple[str, str], set[str]] = defaultdict(set)
    said: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for claim in standing.claims:
        kind, value = claim.indicator.kind, claim.indicator.value
        for actor in _pointed(claim):
            known[kind, actor].add(value)
            held = said[kind, value]
            held[actor] = max(held.get(actor, 0.0), TRUTHFUL[claim.source.reliability])
    sorted_out: dict[tuple[Role, str, str, str, bool], list[Hit]] = defaultdict(list)
    for hit in found:
        tenants = _tenants(hit.claim, said)
        for role, actors in hit.claim.points.items():
            if role == "beneficiary" and not _tells_beneficiary(hit.claim):
                continue
            for actor in actors:
                key = (role, hit.claim.indicator.kind, actor, hit.claim.source.id, len(tenants) > 1)
                sorted_out[key].append(hit)
    names = {actor.id: actor.name for actor in standing.actors}
    for (role, shown, actor, _, _), hits in sorted_out.items():
        several = max(len(_tenants(hit.claim, said)) for hit in hits)
        yield _item(role, shown, actor, names[actor], hits, len(known[shown, actor]), several, case)


def unseen_values(case: Case, standing: Standing, found: Sequence[Hit]) -> Iterator[Item]:
    """Yield an item for each actor with current payment instruments, devices or numbers that no member shows."""
    columns = kinds_shown(case)
    matched = {(hit.claim.indicator.kind, actor) for hit in found for actor in _pointed(hit.claim)}
    claims: dict[tuple[str, str, str], list[Claim]] = defaultdict(list)
    for claim in standing.claims:
        if claim.indicator.kind in HELD_KINDS and claim.indicator.kind in columns:
            for actor in claim.points["operator"]:
                claims[claim.indicator.kind, actor, claim.source.id].append(claim)
    names = {actor.id: actor.name for actor in standing.actors}
    for (kind, actor, _), held in claims.items():
        if (kind, actor) in matched or len({claim.indicator.value for claim in held}) < LEAST_UNSEEN:
            continue
        begins, source = case.campaign.first_seen, held[0].source
        expected = max(_weight(claim, actor, "operator") * claim.fresh(begins) for claim in held)
        share = TRUTHFUL[source.reliability] * KINDS[kind].reuse * expected
        yield Item(
            "operator",
            kind,
            actor,
            source,
            bits(0.0, 1.0, share),
            f"None of the {len(held)} {KINDS[kind].plural} that the dossier of {names[actor]} holds is seen",
            tier=KINDS[kind].tier,
        )


def _item(role: Role, kind: str, actor: str, name: str, hits: list[Hit], known: int, several: int, case: Case) -> Item:
    declared, begins = KINDS[kind], case.campaign.first_seen
    members = case.campaign.accounts
    likely_chance = chance(hits, known, members, case.strangers)
    values = {hit.value for hit in hits}
    seen_with = min(members, max(hit.accounts for hit in hits) if len(values) == 1 else sum(h.accounts for h in hits))
    weight = max(_weight(hit.claim, actor, role) for hit in hits)
    fresh = max(hit.claim.fresh(begins) for hit in hits)
    long = declared.group == "infrastructure" and several == 1 and any(_held_long(h, members) for h in hits)
    most = HELD_LONG if long else declared.most - (FEW_BITS if declared.tier == "held" and seen_with < FEW else 0.0)
    # Whoever else shows the value bought, rented or planted it, or got it when it changed hands; what several are known to
    # show, further ones do.
    floor = max(2.0**-most, LET if several > 1 else 0.0, (1.0 - fresh) * CHANGED_HANDS[declared.tier])
    unlikely = max(likely_chance, floor)
    common = likely_chance >= COMMON
    reused = declared.reuse * fresh
    elsewhere = round(sum(hit.elsewhere for hit in hits))
    source = hits[0].claim.source
    notes = []
    if several > 1:
        notes.append(f"points to {several} actors")
    if common:
        notes.append("too common to weigh anything")
    if fresh < 0.5:
        notes.append("last known use long ago")
    confirming = sorted({c for hit in hits for c in hit.claim.confirmed})
    if confirming:
        notes.append(f"confirmed by {', '.join(confirming)}")
    example = min(values)
    return Item(
        role,
        kind,
        actor,
        source,
        0.0 if common else bits(reused + (1 - reused) * unlikely, unlikely, weight),
        f"{_count(len(values), kind)} of {name} ({example}{', …' if len(values) > 1 else ''}) with {seen_with} of {members} "
        f"members and {elsewhere} other accounts",
        "; ".join(notes),
        values=frozenset(values),
        members=seen_with,
        hard=((declared.tier == "held" and seen_with >= FEW) or long) and several == 1 and not common,
        shared=several > 1,
        stale=fresh < 0.5,
        tier=declared.tier,
    )


def _held_long(hit: Hit, members: int) -> bool:
    """Whether an address or network went on being used without a gap in which it could have been let to somebody else."""
    claim = hit.claim
    if claim.first_used is None or claim.last_used is None or hit.elsewhere > 0 or hit.accounts < KEPT * members:
        return False
    gap = (hit.first_seen - claim.last_used).total_seconds() / 86_400
    together = (hit.last_seen - claim.first_used).total_seconds() / 86_400
    before = (hit.first_seen - claim.first_used).total_seconds() / 86_400
    return claim.indicator.kind in ("address", "network") and gap <= GAP_DAYS < before and together >= LONG_DAYS


def _weight(claim: Claim, actor: str, role: Role) -> float:
    return claim.weight * claim.points[role].get(actor, 0.0)


def _pointed(claim: Claim) -> set[str]:
    return {actor for role in ROLES for actor in claim.points[role]}


def _tenants(claim: Claim, said: Mapping[tuple[str, str], Mapping[str, float]]) -> set[str]:
    """Actors that the value points to, by this source and by those that are no less reliable."""
    trust = TRUTHFUL[claim.source.reliability]
    others = said[claim.indicator.kind, claim.indicator.value]
    return _pointed(claim) | {actor for actor, held in others.items() if held >= trust}


def _tells_beneficiary(claim: Claim) -> bool:
    """Who runs accounts need not get the outputs: only what is said to be the beneficiary's, and wordings, tell of it."""
    return claim.indicator.role == "beneficiary" or claim.indicator.kind == "template"


def _count(number: int, kind: str) -> str:
    plural = KINDS[kind].plural
    return f"{number} {plural}" if number != 1 else f"1 of the {plural}"


def too_common(items: Iterable[Item]) -> int:
    """How many findings were too common to weigh anything."""
    return sum("too common" in item.note for item in items)
