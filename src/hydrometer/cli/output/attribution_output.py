"""Attributions on standard output, as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hydrometer.contract import AttributionAnswer, Campaign

MOST_HYPOTHESES = 4
MOST_EVIDENCE = 6


def format_attributions(campaigns: Sequence[Campaign]) -> Iterator[str]:
    """Yield what is said of each campaign."""
    if not campaigns:
        yield "No campaigns found."
    for campaign in campaigns:
        attribution = campaign.attribution
        yield f"{campaign.id}: {attribution.status}"
        if not attribution.answers:
            yield f"  {attribution.why}"
        for answer in attribution.answers:
            yield from _format_answer(answer)
        weighed = "; ".join(f"{name} {number:,}" for name, number in attribution.dossiers.items() if number)
        yield f"  Weighed: {weighed or 'nothing'}"


def _format_answer(answer: AttributionAnswer) -> Iterator[str]:
    yield f"  {QUESTIONS[answer.question]}: {answer.conclusion}"
    first = answer.hypotheses[:MOST_HYPOTHESES]
    yield "    likeliest: " + ", ".join(f"{h.name} {h.probability:.2f}" for h in first)
    yield f"    {answer.likelihood}; {answer.confidence} confidence: {'. '.join(answer.confidence_reasons)}."
    # Of the likeliest first: it is what the answer stands on.
    ordered = sorted(answer.evidence, key=lambda row: first[0].id not in row.bits)
    for row in ordered[:MOST_EVIDENCE]:
        bits = ", ".join(f"{value:+.1f}" for value in row.bits.values())
        yield f"    {bits} bits  {row.statement}" + (f" ({row.note})" if row.note else "")
    if len(answer.evidence) > MOST_EVIDENCE:
        yield f"    {len(answer.evidence) - MOST_EVIDENCE} more rows of evidence are in the report"
    yield f"    against: {answer.against}"
    for change in answer.would_change:
        yield f"    would change it: {change}"
