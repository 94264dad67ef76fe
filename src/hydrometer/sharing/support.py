"""What rests on what: which statements nothing bears any more once others are gone."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hydrometer.sharing import stix_objects as kinds

if TYPE_CHECKING:
    from collections.abc import Collection

    from hydrometer.sharing.stix_files import Shelf


class Support:
    """Arrows and sightings of a shelf by what they touch, without those that are `withdrawn` already."""

    def __init__(self, shelf: Shelf, withdrawn: Collection[str]) -> None:
        self._touching: dict[str, set[str]] = defaultdict(set)
        self._pointing: dict[str, set[str]] = defaultdict(set)
        self._pointed: dict[str, set[str]] = defaultdict(set)
        for name, one in shelf.held.items():
            if name in withdrawn:
                continue
            if isinstance(one.used, kinds.SightingObject):
                self._touching[one.used.sighting_of_ref].add(name)
            elif isinstance(one.used, kinds.RelationshipObject):
                arrow = one.used
                self._touching[arrow.source_ref].add(name)
                self._touching[arrow.target_ref].add(name)
                if arrow.relationship_type == "indicates" and not arrow.revoked:
                    self._pointing[arrow.target_ref].add(arrow.source_ref)
                    self._pointed[arrow.source_ref].add(arrow.target_ref)

    def fallen(self, gone: Collection[str]) -> set[str]:
        """Return what falls with what is gone: arrows from and to it, sightings of it, and indicators that pointed to
        nothing else, with what touches these. What points to nothing from the start falls with nothing.
        """
        found: set[str] = set()
        pointed = {name: set(targets) for name, targets in self._pointed.items()}
        waiting = list(gone)
        while waiting:
            lost = waiting.pop()
            fell = set(self._touching.get(lost, ()))
            for indicator in self._pointing.get(lost, ()):
                pointed[indicator].discard(lost)
                if not pointed[indicator]:
                    fell.add(indicator)
            fell -= found
            fell.difference_update(gone)
            found |= fell
            waiting += fell
        return found
