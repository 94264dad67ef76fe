"""Many persons behind one account: a relay that resells access.

Rank tests (van Elteren 1960) on end users, languages and client softwares per account, against accounts of like volume. Resellers who say so are honest; the finding counts for little beside other causes, and for nothing alone.

Honest who show it: resellers, aggregators, teams with one key, products with end users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.signals.peer_comparison import compare_with_peers, list_peers
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import correct_for_tries

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup

FEWEST_PERSONAS = 2.0
"""One person, or none that is known, is nobody's relay."""
FACTS = {"end_users": "end users", "languages": "languages", "user_agents": "client softwares"}


def test(group: AccountGroup) -> SignalFinding | None:
    """The most telling of end users, languages and clients per account."""
    best: SignalFinding | None = None
    for fact, label in FACTS.items():
        values = group.population.facts[fact]
        log10_p, above = compare_with_peers(group, values)
        if above < 0.7:
            continue
        middle, peers = float(np.nanmedian(values[group.accounts])), float(np.nanmedian(values[list_peers(group)]))
        if middle < FEWEST_PERSONAS or middle <= peers:
            continue
        finding = SignalFinding(
            above,
            correct_for_tries(log10_p, len(FACTS)),
            f"A member shows {middle:.0f} {label} (median), its peers {peers:.0f}; more than {above:.0%} of them.",
            cover=above,
        )
        if best is None or finding.log10_p < best.log10_p:
            best = finding
    return best


SIGNAL = Signal(
    name="personas",
    family="infrastructure",
    axis="coordination",
    null="a member serves no more persons than other accounts of like volume",
    needs=(),
    any_of=("exchanges.end_user_id", "exchanges.user_agent", "exchanges.prompt"),
    costs="relays that mix customers on one account",
    cap=4.0,
    cause="habits of use",
    test=test,
)
