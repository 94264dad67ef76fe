"""What an appeal should look at: where the case against a campaign or an account is weakest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract import FAMILIES
from hydrometer.report.kit.formatting import format_bits, format_count, format_quantity, format_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import Evidence

INNOCENT = {
    "content": "a framework's default prompt, a published template or an assignment would give the same wordings",
    "identity": "an agency's card, a shared office device or a company's e-mail pattern would link honest accounts",
    "infrastructure": "a carrier, a VPN, a campus or a cloud address is shared by strangers",
    "timing": "nightly jobs and working hours make strangers start and stop together",
    "economics": "a legitimate batch job uses a plan to its limit too",
    "intelligence": "a partner's indicator may be old, or may have passed to another owner",
}
"""What an appeal may bring forward against each family, and where to look first."""

ONE_LEG = 0.7
"""From this share of its bits on, an account's case rests on one family."""


def describe_weak_points(evidence: Sequence[Evidence], probabilities: list[float]) -> list[str]:
    """Return where a campaign is weakest: the family that carries most, and the least certain members."""
    totals = {f: sum(max(0.0, e.bits) for e in evidence if e.family == f) for f in FAMILIES}
    whole = sum(totals.values())
    strongest = max(totals, key=lambda family: totals[family])
    statements = []
    if whole > 0:
        rest = format_bits(whole - totals[strongest])
        statements.append(f"without {strongest}, its strongest family, {rest} bits are left: {INNOCENT[strongest]}")
    doubtful = sum(value < 0.8 for value in probabilities)
    if doubtful:
        statements.append(
            f"{format_count(doubtful)} of {format_quantity(len(probabilities), 'member')} are under 80 % likely: start there"
        )
    statements.append("an account can be a neighbour of the campaign without being of it: explain the account itself")
    return statements


def advise_appeal(own: dict[str, float]) -> list[str]:
    """Return what to look at first, by the families that carry the case against an account; `own` are its bits by family."""
    positive = {family: value for family, value in own.items() if value > 0}
    whole = sum(positive.values())
    ordered = sorted(positive, key=lambda family: (-positive[family], family))
    statements = []
    if ordered and positive[ordered[0]] >= ONE_LEG * whole:
        statements.append(
            f"the case rests on {ordered[0]} alone ({format_share(positive[ordered[0]], whole)} of its bits): be careful"
        )
    statements += [f"{family}: {INNOCENT[family]}" for family in ordered[:3]]
    return statements or ["the account itself shows no evidence of its own: it is in by its neighbours only"]
