"""Members that show something, against others of like volume that do: one kind of test for facts of single accounts.

What many members show is weighed by how many: a member who does not show it is not carried by those who do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.org_panel import select_one_per_org
from hydrometer.detection.signals.peer_comparison import list_accounts_of_like_volume
from hydrometer.detection.signals.signal import SignalFinding
from hydrometer.detection.signals.tail_probabilities import exchangeable_tail

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Floats

FEWEST_MEMBERS, FEWEST_PEERS = 4, 10


@dataclass(frozen=True, slots=True)
class MemberShare:
    """How many members show something, and how many of their peers; log10 p that it is so by chance."""

    inside: int
    members: int
    outside: int
    peers: int
    log10_p: float

    def build_finding(self, doing: str) -> SignalFinding:
        """Return what was found, with the figures of the members and of their peers; `doing` says what they do."""
        return SignalFinding(
            self.share,
            self.log10_p,
            f"{self.inside} of {self.members} members {doing}; "
            f"{self.outside / self.peers:.0%} of {self.peers:,} others of like volume do.",
            cover=self.share,
        )

    @property
    def share(self) -> float:
        """Share of the members that show it."""
        return self.inside / self.members

    @property
    def elsewhere(self) -> float:
        """Share of the peers that show it, half a peer more, so that none is never certain."""
        return (self.outside + 0.5) / (self.peers + 1.0)


def compare_shares(group: AccountGroup, shown: Bools, measured: Floats) -> MemberShare | None:
    """Compare how many members and peers show something; an organisation speaks once.

    Args:
        shown: accounts that show it.
        measured: NaN for the accounts of which nothing can be said.

    Returns:
        None with fewer than 4 members or 10 peers of which something can be said.
    """
    mine, others = select_one_per_org(group, measured, list_accounts_of_like_volume(group))
    if mine.size < FEWEST_MEMBERS or others.size < FEWEST_PEERS:
        return None
    inside, outside = int(np.count_nonzero(shown[mine])), int(np.count_nonzero(shown[others]))
    tail = exchangeable_tail(inside, mine.size, inside + outside, mine.size + others.size)
    return MemberShare(inside, mine.size, outside, others.size, tail)
