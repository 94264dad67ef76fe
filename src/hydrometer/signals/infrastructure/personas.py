"""Many persons behind one account: a relay that resells access.

Rank tests (van Elteren 1960) on end users, languages and client softwares per account, against accounts of like volume. Resellers who say so are honest; the finding counts for coordination only beside other families.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.signals.peers import against_peers
from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import any_of

if TYPE_CHECKING:
    from hydrometer.contract.group import Group

FACTS = {"end_users": "end users", "languages": "languages", "user_agents": "client softwares"}


def test(group: Group) -> Finding | None:
    """The most telling of end users, languages and clients per account."""
    best: Finding | None = None
    for fact, label in FACTS.items():
        values = group.population.facts[fact]
        log10_p, above = against_peers(group, values)
        if above < 0.7:
            continue
        middle = float(np.nanmedian(values[group.accounts]))
        finding = Finding(
            above,
            any_of(log10_p, len(FACTS)),
            f"A member shows {middle:.0f} {label} (median), more than {above:.0%} of its peers.",
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
    test=test,
)
