"""Why not: the groups that were tested and are no campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.kit.formatting import (
    format_bits,
    format_count,
    format_probability,
    format_quantity,
    format_statistic,
)
from hydrometer.report.kit.markup import Child, Html, element, join_markup
from hydrometer.report.kit.page_elements import render_identifier, render_list, render_table

if TYPE_CHECKING:
    from hydrometer.contract import CandidateGroup

MOST_GROUPS_LISTED = 100
"""Most groups listed of each verdict."""
EXPLAINED = {
    "watch": ("Watched", "Suspected, and not to be told apart from an honest group: nobody is accused."),
    "rejected": (
        "Rejected",
        "Accounts that share something, without enough independent evidence of a harvest by one hand.",
    ),
    "authorised": ("Authorised", "Harvests by customers whose agreement allows training on outputs."),
    "single_customer": (
        "Single customers",
        "Harvests inside one declared organisation: a matter of its terms, not of a hidden network.",
    ),
}


def render_candidate_tables(candidates: list[CandidateGroup]) -> Html:
    """Return a table for each verdict but `campaign`, the most probable groups first."""
    parts = [
        _render_verdict(title, description, [c for c in candidates if c.verdict == verdict])
        for verdict, (title, description) in EXPLAINED.items()
        if verdict != "watch" or any(c.verdict == verdict for c in candidates)
    ]
    other = [c for c in candidates if c.verdict not in EXPLAINED and c.verdict != "campaign"]
    if other:
        parts.append(_render_verdict("Other verdicts", "", other))
    return element(
        "section", element("h2", "Groups that are no campaign, and why"), *parts, id_="why-not", class_="part"
    )


def _render_verdict(title: str, description: str, candidates: list[CandidateGroup]) -> Html:
    if not candidates:
        return element(
            "section", element("h3", title), element("p", f"{description} None in this run.", class_="quiet")
        )
    ordered = sorted(candidates, key=lambda c: (-c.probability, -c.accounts, c.id))
    heads = (
        "group",
        "what brought it up",
        "why it is no campaign",
        "accounts",
        "customers",
        "coordination",
        "harvest",
        "probability",
    )
    rows = map(_build_candidate_row, ordered[:MOST_GROUPS_LISTED])
    more = len(ordered) - MOST_GROUPS_LISTED
    return element(
        "section",
        element("h3", f"{title} ({format_count(len(ordered))})"),
        element("p", description, class_="quiet"),
        render_table(heads, rows, numbers=(3, 4, 5, 6, 7), class_="why-not", name=title),
        element(
            "p", f"{format_quantity(more, 'more group')} in ", render_identifier("candidates.json"), ".", class_="quiet"
        )
        if more > 0
        else None,
    )


def _build_candidate_row(candidate: CandidateGroup) -> tuple[Child, ...]:
    against = [
        join_markup(
            [c.statement, element("span", f" {format_bits(-abs(c.bits))} bits", class_="quiet") if c.bits else None]
        )
        for c in candidate.counter_evidence
    ]
    return (
        render_identifier(candidate.id),
        candidate.seed,
        render_list([*candidate.reasons, *against]),
        format_count(candidate.accounts),
        format_count(candidate.organisations),
        format_statistic(candidate.coordination),
        format_statistic(candidate.harvest),
        format_probability(candidate.probability),
    )
