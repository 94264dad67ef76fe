"""Why not: the groups that were tested and are no campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.markup import Child, Html, el, join
from hydrometer.report.tables import bullets, mono, table
from hydrometer.report.words import bits, count, counted, probability, statistic

if TYPE_CHECKING:
    from hydrometer.contract.results import Candidate

MOST = 100
"""Most groups told of each verdict."""
EXPLAINED = {
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


def why_not(candidates: list[Candidate]) -> Html:
    """Return a table for each verdict but `campaign`, the most probable groups first."""
    parts = [
        _verdict(title, told, [c for c in candidates if c.verdict == verdict])
        for verdict, (title, told) in EXPLAINED.items()
    ]
    other = [c for c in candidates if c.verdict not in EXPLAINED and c.verdict != "campaign"]
    if other:
        parts.append(_verdict("Other verdicts", "", other))
    return el("section", el("h2", "Groups that are no campaign, and why"), *parts, id_="why-not", class_="part")


def _verdict(title: str, told: str, candidates: list[Candidate]) -> Html:
    if not candidates:
        return el("section", el("h3", title), el("p", f"{told} None in this run.", class_="quiet"))
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
    rows = map(_row, ordered[:MOST])
    more = len(ordered) - MOST
    return el(
        "section",
        el("h3", f"{title} ({count(len(ordered))})"),
        el("p", told, class_="quiet"),
        table(heads, rows, numbers=(3, 4, 5, 6, 7), class_="why-not", name=title),
        el("p", f"{counted(more, 'more group')} in ", mono("candidates.json"), ".", class_="quiet")
        if more > 0
        else None,
    )


def _row(candidate: Candidate) -> tuple[Child, ...]:
    against = [
        join([c.statement, el("span", f" {bits(-abs(c.bits))} bits", class_="quiet") if c.bits else None])
        for c in candidate.counter_evidence
    ]
    return (
        mono(candidate.id),
        candidate.seed,
        bullets([*candidate.reasons, *against]),
        count(candidate.accounts),
        count(candidate.organisations),
        statistic(candidate.coordination),
        statistic(candidate.harvest),
        probability(candidate.probability),
    )
