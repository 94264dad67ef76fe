"""Summaries of records by detector and scenario, and how a table of docs/benchmark.md writes what they hold."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hydrometer.lab.evaluation import summarise
from quality.plan import ABLATED, BARE
from quality.trial import BY_DAY, HYDROMETER, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hydrometer.contract import EvaluationSummary, MeasureEstimate, WorldScore
    from quality.trial import Record

Cells = dict[tuple[str, str], "EvaluationSummary"]
"""By detector and scenario."""


def summaries(records: Sequence[Record]) -> Cells:
    """Pool the records of each detector and scenario."""
    scores: defaultdict[tuple[str, str], list[WorldScore]] = defaultdict(list)
    for record in records:
        scores[record.detector, record.scenario].append(record.score)
    return {key: summarise(pooled_scores) for key, pooled_scores in scores.items()}


def pooled(records: Sequence[Record], detector: str, scenarios: Iterable[str]) -> EvaluationSummary | None:
    """Pool a detector's records over scenarios; None where there are none."""
    chosen = set(scenarios)
    scores = [r.score for r in records if r.detector == detector and r.scenario in chosen]
    return summarise(scores) if scores else None


def detectors(records: Sequence[Record]) -> list[str]:
    """Return Hydrometer and the baselines that ran."""
    apart = {HYDROMETER, BY_DAY, BARE, *(without(family) for family in ABLATED)}
    return [HYDROMETER, *sorted({record.detector for record in records} - apart)]


def shared(records: Sequence[Record], scenario: str) -> list[Record]:
    """Return the records of a scenario's worlds that the baselines saw too, but for Hydrometer's by day."""
    names = set(detectors(records))
    seeds = {r.seed for r in records if r.scenario == scenario and r.detector in names - {HYDROMETER}}
    return [r for r in records if r.scenario == scenario and r.seed in seeds and r.detector in names]


def present(cells: Cells, scenarios: Sequence[str]) -> list[str]:
    """Return the scenarios that Hydrometer saw."""
    return [scenario for scenario in scenarios if (HYDROMETER, scenario) in cells]


def outcome(summary: EvaluationSummary | None) -> str:
    """Operators found, account precision and recall; of worlds without operators how many accounts are flagged."""
    if summary is None:
        return ""
    measures = summary.measures
    precision, recall = measures["account_precision"], measures["account_recall"].value
    if precision.value is None:
        told = "nobody flagged"
    elif recall is None:
        told = f"{precision.denominator:,.0f} flagged"
    else:
        told = f"P {precision.value:.2f} R {recall:.2f}"
    operators = measures["operators_found"]
    return f"{counted(operators)}, {told}" if operators.denominator else told


def counted(estimate: MeasureEstimate) -> str:
    """Return how many of how many."""
    return f"{estimate.numerator or 0:.0f} of {estimate.denominator:.0f}"


def number(estimate: MeasureEstimate) -> str:
    """Return how many; empty where it was not counted."""
    return f"{estimate.numerator or 0:,.0f}" if estimate.denominator else ""


def plain(estimate: MeasureEstimate, digits: int) -> str:
    """Return the value alone."""
    return "" if estimate.value is None else f"{estimate.value:,.{digits}f}"


def ranged(estimate: MeasureEstimate, digits: int) -> str:
    """Return the value with its interval."""
    if estimate.value is None:
        return ""
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:,.{digits}f}"
    return f"{estimate.value:,.{digits}f} ({estimate.low:,.{digits}f} to {estimate.high:,.{digits}f})"


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; nothing of no rows."""
    if not rows:
        return ""
    lines = [head, ["---" for _ in head], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
