"""Actors that several sources call by one name are one hypothesis."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hydrometer.intelligence.attribution.evidence_kinds import TRUTHFUL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydrometer.contract import Actor, IntelSource

ALIASED = TRUTHFUL["B"]
"""Trust from which a source's aliases count: who could name two actors as one would hide either behind the other."""


def resolve_aliases(actors: Iterable[Actor], sources: Mapping[str, IntelSource]) -> dict[str, str]:
    """Return, for each id of an actor, the id that it is weighed under.

    Two are one when their names are the same but for case, or a source of grade A or B gives one as an alias of the other.
    It is weighed under the id of the most reliable source, of equals the first.
    """
    ordered = sorted(actors, key=lambda actor: (-_look_up_trust(actor, sources), actor.id))
    canonical_ids: dict[str, str] = {actor.id: actor.id for actor in ordered}
    called: dict[str, list[str]] = defaultdict(list)
    for actor in ordered:
        heard = actor.aliases if _look_up_trust(actor, sources) >= ALIASED else ()
        for name in {name.strip().casefold() for name in (actor.name, *heard)}:
            called[name].append(actor.id)
    rank = {actor.id: n for n, actor in enumerate(ordered)}
    for name in sorted(called):
        roots = sorted({_find_root(canonical_ids, each) for each in called[name]}, key=rank.__getitem__)
        for other in roots[1:]:
            canonical_ids[other] = roots[0]
    return {name: _find_root(canonical_ids, name) for name in canonical_ids}


def _find_root(canonical_ids: Mapping[str, str], name: str) -> str:
    while canonical_ids[name] != name:
        name = canonical_ids[name]
    return name


def _look_up_trust(actor: Actor, sources: Mapping[str, IntelSource]) -> float:
    source = sources.get(actor.source)
    return TRUTHFUL[source.reliability if source else "F"]
