"""Actors that several sources call by one name are one hypothesis."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hydrometer.attribution.kinds import TRUTHFUL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydrometer.contract.intel import Actor, Source

ALIASED = TRUTHFUL["B"]
"""Trust from which a source's aliases count: who could name two actors as one would hide either behind the other."""


def same_actors(actors: Iterable[Actor], sources: Mapping[str, Source]) -> dict[str, str]:
    """Return, for each id of an actor, the id that it is weighed under.

    Two are one when their names are the same but for case, or a source of grade A or B gives one as an alias of the other.
    It is weighed under the id of the most reliable source, of equals the first.
    """
    ordered = sorted(actors, key=lambda actor: (-_trust(actor, sources), actor.id))
    under: dict[str, str] = {actor.id: actor.id for actor in ordered}
    called: dict[str, list[str]] = defaultdict(list)
    for actor in ordered:
        heard = actor.aliases if _trust(actor, sources) >= ALIASED else ()
        for name in {name.strip().casefold() for name in (actor.name, *heard)}:
            called[name].append(actor.id)
    place = {actor.id: n for n, actor in enumerate(ordered)}
    for name in sorted(called):
        roots = sorted({_root(under, each) for each in called[name]}, key=place.__getitem__)
        for other in roots[1:]:
            under[other] = roots[0]
    return {name: _root(under, name) for name in under}


def _root(under: Mapping[str, str], name: str) -> str:
    while under[name] != name:
        name = under[name]
    return name


def _trust(actor: Actor, sources: Mapping[str, Source]) -> float:
    source = sources.get(actor.source)
    return TRUTHFUL[source.reliability if source else "F"]
