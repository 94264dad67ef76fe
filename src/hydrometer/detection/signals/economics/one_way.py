"""One question, one long answer: traffic that gathers outputs.

Rank tests (van Elteren 1960) on single-turn share and on output per exchange against accounts of like volume.

Honest who show it: graders, batch jobs, users of a tool that asks one question at a time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.signals.peer_comparison import compare_with_peers
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import correct_for_tries

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup


def test(group: AccountGroup) -> SignalFinding | None:
    """The more telling of single turns and long outputs."""
    facts = group.population.facts
    findings = []
    for fact, text in (
        ("single_turn", "of a member's exchanges are single turns"),
        ("output_tokens", "tokens come back per exchange"),
    ):
        values = facts[fact]
        log10_p, above = compare_with_peers(group, values)
        if above < 0.65:
            continue
        middle = float(np.nanmedian(values[group.accounts]))
        amount = f"{middle:.0%}" if fact == "single_turn" else f"{middle:,.0f}"
        findings.append(
            SignalFinding(above, log10_p, f"{amount} {text} (median), more than {above:.0%} of its peers.", cover=above)
        )
    if not findings:
        return None
    best = min(findings, key=lambda finding: finding.log10_p)
    return replace(best, log10_p=correct_for_tries(best.log10_p, 2))


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
