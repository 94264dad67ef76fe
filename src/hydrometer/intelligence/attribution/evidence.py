"""One finding that speaks of one actor, before findings are put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydrometer.intelligence.attribution.evidence_kinds import KINDS

if TYPE_CHECKING:
    from hydrometer.contract import IntelSource, Role
    from hydrometer.intelligence.attribution.evidence_kinds import Tier


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """What was found of one kind, said by one source of one actor."""

    question: Role
    kind: str
    actor: str
    source: IntelSource
    bits: float
    """log2 of the likelihood against an actor not in the dossiers, were it the only evidence."""
    statement: str
    note: str = ""
    members: int = 0
    """Members that show it, where it is something that members show."""
    values: frozenset[str] = frozenset()
    """What the campaign shows: two actors with different values are two hands."""
    hard: bool = False
    """Whether a high confidence can rest on it."""
    shared: bool = False
    """Whether what was found points to several actors."""
    stale: bool = False
    """Whether its last known use is longer ago than the half-life of its kind."""
    too_common: bool = False
    """Whether so many others show it that it weighs nothing."""
    tier: Tier = "cheap"

    @property
    def group(self) -> str:
        """Evidence of one group counts once; all that several actors share is one pool."""
        return KINDS["pool" if self.shared and self.kind != "operator" else self.kind].group

    @property
    def order(self) -> tuple[str, str, str, str, str]:
        """What items are sorted by, so that the order in which dossiers come makes no difference."""
        return (self.group, self.kind, self.actor, self.source.id, self.statement)
