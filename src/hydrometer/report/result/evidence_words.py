"""Evidence in plain words: what only one hand explains, what belonging together explains too, and what an honest group would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.kit.formatting import format_bits, format_quantity, format_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import Campaign, Evidence, InnocentExplanation

    TitledStatements = list[tuple[str, list[str]]]

KIND_TITLES = {
    "operation": "Operation: what only one hand explains",
    "affiliation": "Affiliation: what belonging together explains too",
    "": "Neither of the two",
}
KIND_NAMES = {"operation": "operation", "affiliation": "affiliation", "": "–"}
NOBODY_ACCUSED = "A watch accuses nobody: no account is named, and nothing follows for one."


def describe_kinds(evidence: Sequence[Evidence]) -> TitledStatements:
    """Return a title and its statements for each kind, the strongest first; nothing where no kind was told."""
    if not any(each.kind for each in evidence):
        return []
    return [
        (title, [describe_evidence(each) for each in sort_by_bits(evidence) if each.kind == kind])
        for kind, title in KIND_TITLES.items()
        if any(each.kind == kind for each in evidence)
    ]


def sort_by_bits(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the evidence, the strongest first."""
    return sorted(evidence, key=lambda each: (-each.bits, each.signal))


def describe_evidence(evidence: Evidence) -> str:
    """Return a statement with its bits, the cause that it counts for, and the share of organisations that show it."""
    notes = [f"{format_bits(evidence.bits)} bits"]
    notes += [f"cause: {evidence.cause}"] if evidence.cause else []
    notes += [f"shown by {format_share(evidence.cover, 1.0)} of the organisations"] if evidence.cover else []
    return f"{evidence.statement} ({'; '.join(notes)})"


def describe_innocence(innocent: InnocentExplanation | None) -> TitledStatements:
    """Return what the best honest explanation explains, and what it fails to explain; nothing where there is none."""
    if innocent is None:
        return []
    statements = [f"explains: {each}" for each in innocent.explains]
    statements += [f"fails to explain: {each}" for each in innocent.fails_to_explain]
    if not innocent.fails_to_explain:
        statements.append("fails to explain nothing that was found")
    return [(f"The best innocent explanation: {innocent.name}", statements)]


def phrase_suspicion(watch: Campaign) -> str:
    """Return how many accounts of a watch may be run by one hand."""
    of = f"of {format_quantity(watch.accounts, 'account')} may be run by one hand; which of them, nothing tells"
    if watch.suspected_accounts is None:
        return f"Some {of}."
    least, most = watch.suspected_accounts
    return f"{least:,} {of}." if least == most else f"Between {least:,} and {most:,} {of}."
