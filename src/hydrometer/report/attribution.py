"""Who may be behind a campaign: two answers, each with its likelihood, its confidence and what speaks against it.

The matrix is that of an analysis of competing hypotheses (Heuer 1999): evidence in rows, hypotheses in columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract.attribution import UNKNOWN
from hydrometer.report.markup import Child, Html, el, join
from hydrometer.report.tables import bullets, facts, table
from hydrometer.report.words import bits, count, label, probability

if TYPE_CHECKING:
    from hydrometer.contract.attribution import Answer, Attribution, AttributionEvidence, Hypothesis
    from hydrometer.contract.results import Campaign

QUESTIONS = {"operator": "Who runs the accounts", "beneficiary": "Who gets the outputs"}
MOST_COLUMNS = 5
"""Hypotheses that get a column of the matrix: the likeliest."""
MOST_ROWS = 24


def attribution(campaign: Campaign) -> Html:
    """Return both answers, or why there are none."""
    found = campaign.attribution
    parts: list[Child] = [el("p", found.why)]
    parts += [_answer(answer, campaign.id) for answer in found.answers]
    if found.dossiers:
        weighed = ", ".join(f"{count(number)} {label(name)}" for name, number in found.dossiers.items() if number)
        parts.append(el("p", f"Weighed: {weighed}.", class_="legend"))
    return join(parts)


def told(found: Attribution) -> list[str]:
    """Return the same in plain sentences."""
    lines = [found.why]
    for answer in found.answers:
        lines.append(f"{QUESTIONS[answer.question]}: {_bottom_line(answer)}")
        lines += [f"Against it: {answer.against}"] if answer.against else []
        lines += [f"Would change it: {text}" for text in answer.would_change[:2]]
    return lines


def _bottom_line(answer: Answer) -> str:
    if not answer.hypotheses:
        return f"{answer.conclusion}."
    first = answer.hypotheses[0]
    sure = f"{answer.likelihood} ({probability(answer.probability)}), {answer.confidence} confidence"
    if answer.conclusion == first.name:
        return f"{answer.conclusion}: {sure}."
    return f"{answer.conclusion}; likeliest is {first.name}, {sure}."


def _answer(answer: Answer, campaign: str) -> Html:
    named = {h.id: h.name for h in answer.hypotheses}
    columns = answer.hypotheses[:MOST_COLUMNS]
    return el(
        "section",
        el("h4", QUESTIONS[answer.question]),
        el("p", el("b", _bottom_line(answer))),
        facts(
            [
                ("why this confidence", bullets(answer.confidence_reasons)),
                ("strongest evidence against", answer.against or "none was found"),
                ("what would change it", bullets(answer.would_change)),
            ],
            "facts long",
        ),
        _matrix(answer, columns, f"{QUESTIONS[answer.question]}: {campaign}"),
        _left_out(answer, named, columns),
        class_="answer",
    )


def _matrix(answer: Answer, columns: list[Hypothesis], name: str) -> Html:
    heads = ("evidence", "who says so", *(hypothesis.name for hypothesis in columns))
    rows: list[tuple[Child, ...]] = [
        ("before any evidence", "", *(probability(hypothesis.prior) for hypothesis in columns))
    ]
    rows += [_row(evidence, columns) for evidence in answer.evidence[:MOST_ROWS]]
    rows.append(
        (el("b", "after all of it"), "", *(el("b", probability(hypothesis.probability)) for hypothesis in columns))
    )
    return table(heads, rows, numbers=range(2, 2 + len(columns)), class_="matrix last-is-sum", name=name)


def _row(evidence: AttributionEvidence, columns: list[Hypothesis]) -> tuple[Child, ...]:
    said = [evidence.statement]
    shown = join([*said, el("span", f" {evidence.note}", class_="quiet") if evidence.note else None])
    return (
        shown,
        ", ".join(evidence.sources),
        *(_cell(evidence.bits.get(hypothesis.id, 0.0), hypothesis.id) for hypothesis in columns),
    )


def _cell(value: float, hypothesis: str) -> Child:
    """Bits against the unknown actor, which therefore has none."""
    if hypothesis == UNKNOWN and not value:
        return "0"
    shown = bits(value)
    return el("span", shown, class_="for" if shown[0] == "+" else "against" if shown[0] == "−" else "quiet")


def _left_out(answer: Answer, named: dict[str, str], columns: list[Hypothesis]) -> Html:
    told = (
        "Bits are log2 of how much likelier the evidence is if the hypothesis holds than if an unknown actor is behind it; "
        "evidence of one group counts once."
    )
    if more := len(named) - len(columns):
        told += f" {count(more)} less likely hypotheses are in campaigns.json."
    if more := len(answer.evidence) - MOST_ROWS:
        told += f" {count(more)} weaker pieces of evidence are in campaigns.json." if more > 0 else ""
    return el("p", told, class_="legend")
