"""A rare template that unrelated organisations put around different contents.

Shingles are sampled consistently (FracMinHash, Irber et al. 2022; containment after Broder 1997), so a template keeps its
shingles whatever fills its slots. Null: an organisation uses a template as often as everybody else does. A tool that is
for anyone to download satisfies no such null, so the signal says little by itself.

Honest who show it: users of one extension, framework, prompt pack or exercise sheet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.fragment_counts import count_fragments
from hydrometer.detection.population.org_panel import count_all_orgs
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import correct_for_tries, exchangeable_tail

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup


def test(group: AccountGroup) -> SignalFinding | None:
    """The most surprising templates that the group shares, and how much of its traffic carries one."""
    population, fragments = group.population, group.population.fragments
    wide = fragments.orgs.size
    if wide == 0:
        return None
    mine = count_fragments(population, group.accounts)
    inside, everywhere = mine.orgs, fragments.orgs[mine.fragment]
    outside = everywhere - inside
    total = count_all_orgs(population)
    candidates = np.nonzero(inside >= max(3, 0.1 * group.size))[0]
    best_p, best = 0.0, -1
    for fragment in candidates[np.argsort(outside[candidates] / inside[candidates], kind="stable")[:200]].tolist():
        tail = exchangeable_tail(int(inside[fragment]), group.size, int(everywhere[fragment]), total)
        log10_p = correct_for_tries(tail, wide)
        if log10_p < best_p:
            best_p, best = log10_p, fragment
    if best < 0:
        return None
    return SignalFinding(
        inside[best] / group.size,
        best_p,
        f"{inside[best]} of {group.size} organisations share a wording around different contents; {outside[best]} others use it.",
    )


SIGNAL = Signal(
    name="shared_wording",
    family="content",
    axis="coordination",
    null="an organisation picks a wording as often as everybody else does",
    needs=("exchanges.prompt",),
    costs="templates shared by unrelated accounts",
    cap=4.0,
    costly=True,
    cause="one tool",
    test=test,
)
