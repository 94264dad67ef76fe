"""Who may be behind a campaign: two answers, each with its likelihood, its confidence and what speaks against it.

The matrix is that of an analysis of competing hypotheses (Heuer 1999): evidence in rows, hypotheses in columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract import QUESTIONS, UNKNOWN
from hydrometer.report.kit.formatting import format_bits, format_count, format_label, format_probability
from hydrometer.report.kit.markup import Child, Html, element, join_markup
from hydrometer.report.kit.page_elements import render_facts, render_list, render_table

if TYPE_CHECKING:
    from hydrometer.contract import Attribution, AttributionAnswer, AttributionEvidence, Campaign, Hypothesis

MOST_HYPOTHESES = 5
"""Hypotheses that get a column of the matrix: the likeliest."""
MOST_EVIDENCE_ROWS = 24


def render_attribution(campaign: Campaign) -> Html:
    """Return both answers, or why there are none."""
    attribution = campaign.attribution
    parts: list[Child] = [element("p", attribution.why)]
    parts += [_render_answer(answer, campaign.id) for answer in attribution.answers]
    if attribution.dossiers:
        weighed = ", ".join(
            f"{format_count(number)} {format_label(name)}" for name, number in attribution.dossiers.items() if number
        )
        parts.append(element("p", f"Weighed: {weighed}.", class_="legend"))
    return join_markup(parts)


def describe_attribution(attribution: Attribution) -> list[str]:
    """Return the same in plain sentences."""
    lines = [attribution.why]
    for answer in attribution.answers:
        lines.append(f"{QUESTIONS[answer.question]}: {_phrase_conclusion(answer)}")
        lines += [f"Against it: {answer.against}"] if answer.against else []
        lines += [f"Would change it: {text}" for text in answer.would_change[:2]]
    return lines


def _phrase_conclusion(answer: AttributionAnswer) -> str:
    if not answer.hypotheses:
        return f"{answer.conclusion}."
    first = answer.hypotheses[0]
    sure = f"{answer.likelihood} ({format_probability(answer.probability)}), {answer.confidence} confidence"
    if answer.conclusion == first.name:
        return f"{answer.conclusion}: {sure}."
    return f"{answer.conclusion}; likeliest is {first.name}, {sure}."


def _render_answer(answer: AttributionAnswer, campaign: str) -> Html:
    names = {h.id: h.name for h in answer.hypotheses}
    columns = answer.hypotheses[:MOST_HYPOTHESES]
    return element(
        "section",
        element("h4", QUESTIONS[answer.question]),
        element("p", element("b", _phrase_conclusion(answer))),
        render_facts(
            [
                ("why this confidence", render_list(answer.confidence_reasons)),
                ("strongest evidence against", answer.against or "none was found"),
                ("what would change it", render_list(answer.would_change)),
            ],
            "facts long",
        ),
        _render_matrix(answer, columns, f"{QUESTIONS[answer.question]}: {campaign}"),
        _render_matrix_note(answer, names, columns),
        class_="answer",
    )


def _render_matrix(answer: AttributionAnswer, columns: list[Hypothesis], name: str) -> Html:
    heads = ("evidence", "who says so", *(hypothesis.name for hypothesis in columns))
    rows: list[tuple[Child, ...]] = [
        ("before any evidence", "", *(format_probability(hypothesis.prior) for hypothesis in columns))
    ]
    rows += [_build_matrix_row(evidence, columns) for evidence in answer.evidence[:MOST_EVIDENCE_ROWS]]
    rows.append(
        (
            element("b", "after all of it"),
            "",
            *(element("b", format_probability(hypothesis.probability)) for hypothesis in columns),
        )
    )
    return render_table(heads, rows, numbers=range(2, 2 + len(columns)), class_="matrix last-is-sum", name=name)


def _build_matrix_row(evidence: AttributionEvidence, columns: list[Hypothesis]) -> tuple[Child, ...]:
    note = element("span", f" {evidence.note}", class_="quiet") if evidence.note else None
    shown = join_markup([evidence.statement, note])
    return (
        shown,
        ", ".join(evidence.sources),
        *(_render_bits(evidence.bits.get(hypothesis.id, 0.0), hypothesis.id) for hypothesis in columns),
    )


def _render_bits(value: float, hypothesis: str) -> Child:
    """Return bits against the unknown actor, which therefore has none."""
    if hypothesis == UNKNOWN and not value:
        return "0"
    shown = format_bits(value)
    return element("span", shown, class_="for" if shown[0] == "+" else "against" if shown[0] == "−" else "quiet")


def _render_matrix_note(answer: AttributionAnswer, names: dict[str, str], columns: list[Hypothesis]) -> Html:
    note = (
        "Bits are log2 of how much likelier the evidence is if the hypothesis holds than if an unknown actor is behind it; "
        "evidence of one group counts once."
    )
    if more := len(names) - len(columns):
        note += f" {format_count(more)} less likely hypotheses are in campaigns.json."
    if more := len(answer.evidence) - MOST_EVIDENCE_ROWS:
        note += f" {format_count(more)} weaker pieces of evidence are in campaigns.json." if more > 0 else ""
    return element("p", note, class_="legend")
