"""Clients that contradict themselves: a user agent with a TLS fingerprint that this software never shows.

Which pairs are ordinary is learnt from the whole population (as Cloudflare's JA4 signals do), never from a list.

Honest who show it: users of one odd client, of a company proxy that ends TLS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.org_panel import select_one_per_org
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import exchangeable_tail

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup

OFTEN = 0.1
"""Share of an account's exchanges from which it counts as contradicting itself."""


def test(group: AccountGroup) -> SignalFinding | None:
    """Members that contradict themselves, against everybody else's rate."""
    share = group.population.facts["contradictions"]
    mine, others = (share[accounts] for accounts in select_one_per_org(group, share))
    if mine.size < 3 or others.size < 30:
        return None
    odd = int(np.sum(mine >= OFTEN))
    elsewhere = int(np.sum(others >= OFTEN))
    return SignalFinding(
        odd / mine.size,
        exchangeable_tail(odd, mine.size, odd + elsewhere, mine.size + others.size),
        f"{odd} of {mine.size} accounts show a TLS fingerprint foreign to their client software; {elsewhere / others.size:.1%} of others do.",
        cover=odd / mine.size,
    )


SIGNAL = Signal(
    name="client_contradiction",
    family="infrastructure",
    axis="coordination",
    null="members' clients contradict themselves as often as everybody else's",
    needs=("exchanges.user_agent", "exchanges.ja4"),
    costs="spoofed clients",
    cap=6.0,
    cause="one tool",
    test=test,
)
