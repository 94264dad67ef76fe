"""What rests on what: which statements nothing bears any more once others are gone."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hydrometer.intelligence.exchange import stix_objects as kinds

if TYPE_CHECKING:
    from collections.abc import Collection

    from hydrometer.intelligence.exchange.bundle_files import BundleSet


class DependencyGraph:
    """Arrows and sightings of a shelf by what they touch, without those that are `withdrawn` already."""

    def __init__(self, shelf: BundleSet, withdrawn: Collection[str]) -> None:
        self._ids_by_subject: dict[str, set[str]] = defaultdict(set)
        self._indicators_by_target: dict[str, set[str]] = defaultdict(set)
        self._targets_by_indicator: dict[str, set[str]] = defaultdict(set)
        for name, one in shelf.objects.items():
            if name in withdrawn:
                continue
            if isinstance(one.parsed, kinds.SightingObject):
                self._ids_by_subject[one.parsed.sighting_of_ref].add(name)
            elif isinstance(one.parsed, kinds.RelationshipObject):
                arrow = one.parsed
                self._ids_by_subject[arrow.source_ref].add(name)
                self._ids_by_subject[arrow.target_ref].add(name)
                if arrow.relationship_type == "indicates" and not arrow.revoked:
                    self._indicators_by_target[arrow.target_ref].add(arrow.source_ref)
                    self._targets_by_indicator[arrow.source_ref].add(arrow.target_ref)

    def find_dependents(self, gone: Collection[str]) -> set[str]:
        """Return what falls with what is gone: arrows from and to it, sightings of it, and indicators that pointed to
        nothing else, with what touches these. What points to nothing from the start falls with nothing.
        """
        fallen: set[str] = set()
        remaining_targets = {name: set(targets) for name, targets in self._targets_by_indicator.items()}
        waiting = list(gone)
        while waiting:
            lost = waiting.pop()
            fell = set(self._ids_by_subject.get(lost, ()))
            for indicator in self._indicators_by_target.get(lost, ()):
                remaining_targets[indicator].discard(lost)
                if not remaining_targets[indicator]:
                    fell.add(indicator)
            fell -= fallen
            fell.difference_update(gone)
            fallen |= fell
            waiting += fell
        return fallen
