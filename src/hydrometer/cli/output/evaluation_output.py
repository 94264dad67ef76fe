"""An evaluation on standard output: what was measured with its intervals, what was found, and who was wronged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.cli.output.console_tables import build_table, open_console, print_line

if TYPE_CHECKING:
    from rich.table import Table

    from hydrometer.contract import EvaluationSummary, MeasureEstimate, OperatorOutcome, WorldScore

MOST_OPERATORS = 12
"""Operators that each have a row; of more, only those that were not found have one."""
FINE = 0.01
"""A smaller number is shown with two figures, so that little is not taken for nothing."""
WORDS = frozenset({"measure", "interval", "world", "operator", "found as", "archetype"})
"""Columns that hold words; the others hold numbers."""


def print_evaluation(summary: EvaluationSummary) -> None:
    """Print the measures, the operators, the archetypes with flagged accounts, and all that could not be scored."""
    console = open_console()
    worlds = "1 world" if summary.worlds == 1 else f"{summary.worlds:,} worlds"
    console.print(f"{worlds}; an account is flagged from probability {summary.at:g} on\n")
    console.print(_build_measure_table(summary.measures), "")
    operators = [(score, row) for score in summary.scores for row in score.operators]
    rows = operators if len(operators) <= MOST_OPERATORS else [pair for pair in operators if not pair[1].found]
    if rows:
        console.print(_build_operator_table(rows, summary.worlds), "")
    if len(rows) < len(operators):
        console.print(f"Found: {len(operators) - len(rows):,} more operators; --json has them all.\n")
    wronged = {kind: estimate for kind, estimate in summary.benign.items() if estimate.numerator}
    if wronged:
        console.print(_build_archetype_table(wronged), "")
    for line in _list_remarks(summary, len(wronged)):
        print_line(console, line)


def _build_measure_table(measures: dict[str, MeasureEstimate]) -> Table:
    rows = (
        (
            _format_name(name),
            _format_measure(estimate.value),
            _format_interval(estimate),
            _format_counts(estimate),
            estimate.interval,
        )
        for name, estimate in measures.items()
        if estimate.value is not None
    )
    return build_table(("measure", "value", "95 %", "of", "interval"), rows, WORDS)


def _build_operator_table(operators: list[tuple[WorldScore, OperatorOutcome]], worlds: int) -> Table:
    """Return a row an operator; the name of the world stands before it where there are several."""
    heads: tuple[str, ...] = ("operator", "found as", "accounts", "flagged", "share", "purity", "campaigns")
    heads = (*heads, "exchange precision", "exchange recall")
    rows = [_build_operator_row(score, outcome) for score, outcome in operators]
    if worlds > 1:
        heads = ("world", *heads)
        rows = [(score.world, *row) for (score, _), row in zip(operators, rows, strict=True)]
    return build_table(heads, rows, WORDS)


def _build_operator_row(score: WorldScore, outcome: OperatorOutcome) -> tuple[str, ...]:
    sent = score.exchanges.operators.get(outcome.operator) if score.exchanges is not None else None
    return (
        outcome.operator,
        (outcome.campaign or "") if outcome.found else "not found",
        f"{outcome.accounts:,}",
        f"{outcome.flagged:,}",
        _format_measure(outcome.share),
        _format_measure(outcome.purity),
        f"{outcome.campaigns}",
        _format_ratio(sent.hits, sent.claimed) if sent else "",
        _format_ratio(sent.recalled, sent.harvest) if sent else "",
    )


def _build_archetype_table(wronged: dict[str, MeasureEstimate]) -> Table:
    rows = (
        (kind, _format_counts(estimate), _format_measure(estimate.value), _format_interval(estimate))
        for kind, estimate in sorted(wronged.items(), key=lambda row: (-(row[1].value or 0.0), row[0]))
    )
    return build_table(("archetype", "honest accounts flagged", "per 100,000", "95 %"), rows, WORDS)


def _list_remarks(summary: EvaluationSummary, wronged: int) -> list[str]:
    """Return, a line each, what the tables leave out and what limits them."""
    lines = [f"No account flagged: {len(summary.benign) - wronged} of {len(summary.benign)} archetypes"]
    if summary.watches:
        lines.append(f"Watched, nobody accused: {summary.watches:,}; neither found nor false")
    undefined = [_format_name(name) for name, estimate in summary.measures.items() if estimate.value is None]
    if undefined:
        lines.append(f"Nothing to divide by: {', '.join(undefined)}")
    lines += [f"Absent: {what}{_format_world_count(number, summary.worlds)}" for what, number in summary.absent.items()]
    lines += [f"Noted: {number:,} {what}" for what, number in summary.notes.items()]
    for score in summary.scores:
        if score.communities is not None and score.communities.convicted:
            lines.append(f"{score.world}: honest communities convicted: {', '.join(score.communities.convicted)}")
        for row in score.detections or ():
            when = f"first found in {row.day}" if row.day is not None else "never found"
            lines.append(
                f"{score.world}: {row.operator} {when}, after {row.before:,} of {row.harvest:,} harvested exchanges"
            )
    return lines


def _format_world_count(number: int, worlds: int) -> str:
    return f" (in {number:,} of {worlds:,} worlds)" if worlds > 1 else ""


def _format_name(name: str) -> str:
    return name.replace("_", " ").replace("100k", "100,000")


def _format_measure(value: float | None) -> str:
    """Return a rate above 1 with one place and a share with three, or with two figures where it is small."""
    if value is None:
        return ""
    if value > 1:
        return f"{value:,.1f}"
    return f"{value:.2g}" if 0 < value < FINE else f"{value:.3f}"


def _format_ratio(part: int, whole: int) -> str:
    return _format_measure(part / whole) if whole else ""


def _format_interval(estimate: MeasureEstimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{_format_measure(estimate.low)} – {_format_measure(estimate.high)}"


def _format_counts(estimate: MeasureEstimate) -> str:
    if estimate.numerator is None:
        return ""
    return f"{estimate.numerator:,.0f} of {estimate.denominator:,.0f}"
