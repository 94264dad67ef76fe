"""One question, one long answer: traffic that gathers outputs.

Rank tests (van Elteren 1960) on single-turn share and on output per exchange against accounts of like volume.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.signals.peers import against_peers
from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import any_of

if TYPE_CHECKING:
    from hydrometer.contract.group import Group


def test(group: Group) -> Finding | None:
    """The more telling of single turns and long outputs."""
    facts = group.population.facts
    findings = []
    for fact, text in (
        ("single_turn", "of a member's exchanges are single turns"),
        ("output_tokens", "tokens come back per exchange"),
    ):
        values = facts[fact]
        log10_p, above = against_peers(group, values)
        if above < 0.65:
            continue
        middle = float(np.nanmedian(values[group.accounts]))
        amount = f"{middle:.0%}" if fact == "single_turn" else f"{middle:,.0f}"
        findings.append(Finding(above, log10_p, f"{amount} {text} (median), more than {above:.0%} of its peers."))
    if not findings:
        return None
    best = min(findings, key=lambda finding: finding.log10_p)
    return Finding(best.statistic, any_of(best.log10_p, 2), best.statement)


SIGNAL = Signal(
    name="one_way",
    family="economics",
    axis="harvest",
    null="members talk to the model as other accounts of like volume do",
    needs=("exchanges.output_tokens",),
    costs="output-heavy single-turn traffic",
    cap=4.0,
    test=test,
)
