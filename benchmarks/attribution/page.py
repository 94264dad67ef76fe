"""docs/benchmark-attribution.md of the records of a run."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from attribution.dossiers import CIRCUMSTANCES
from attribution.drawing import draw
from attribution.summary import METHODS, QUESTIONS, bins, bound, chosen, row, variants
from attribution.trial import HITS, HYDROMETER, PRIOR
from shared_page import replace_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from attribution.summary import Row
    from attribution.trial import Record

PAGE = "benchmark-attribution.md"
READING = Path(__file__).with_name("reading.md")
"""What the figures do not say of themselves: written by hand, and read again whenever they change."""
MEANINGS = {
    "known": "the operator has a dossier; part of its values are in use again",
    "missing": "the operator has no dossier",
    "pool": "several labs rent the accounts, and their dossiers share its infrastructure; half of the runners have one",
    "flag": "no dossier; it shows another's clients, e-mail shapes, hours and product name",
    "rented_flag": "the same, and it rents addresses that the other left, days or weeks ago",
    "flag_on_known": "the same cheap flag by an operator that has a dossier",
    "stale": "another held the same addresses and card batches 200 to 500 days ago; half of the operators have a dossier",
    "poisoned": "a feed of grade C to F has seen the campaign and says that it is a rival's; the operator has a dossier",
}


def write_page(records: Sequence[Record], folder: Path) -> Path:
    """Write the page and its drawing into a folder, and return the page."""
    drawing = draw(records, folder)
    parts = [
        _head(records),
        READING.read_text("utf-8").replace("../../docs/", ""),
        _names(records, drawing),
        _scores(records),
        _reliability(records),
        _variants(records),
    ]
    page = folder / PAGE
    page.write_text("\n".join(parts), "utf-8")
    replace_part(folder / "benchmark.md", _part(records))
    return page


def _part(records: Sequence[Record]) -> str:
    """What docs/benchmark.md tells of attribution."""
    seeds = sorted({r.seed for r in records})
    campaigns = len({(r.seed, r.campaign) for r in records})
    lines = [
        "## Who is behind it",
        "",
        (
            f"`make bench-attribution`: {campaigns} campaigns found in {len(seeds)} worlds (seeds {seeds[0]} to {seeds[-1]}), each under "
            f"{len(CIRCUMSTANCES)} circumstances: true dossiers, missing actors, shared pools, false flags, stale records, poisoned feeds. "
            f"All of it is in [{PAGE}]({PAGE})."
        ),
        "",
        "| question | method | Brier | named right | named wrong | wrong at high confidence |",
        "| --- | --- | --: | --: | --: | --: |",
    ]
    for question in QUESTIONS:
        for method in METHODS:
            told = row(chosen(records, question=question, method=method))
            high = f"{told.high_wrong:,}" if method == HYDROMETER else "–"
            lines.append(
                f"| {question} | {method} | {told.brier:.3f} | {told.named_right:,} | {told.named_wrong:,} | {high} |"
            )
    missing = row(chosen(records, question="operator", method=HYDROMETER, circumstance="missing"))
    lines += [
        "",
        f"Of {missing.cases:,} operators without a dossier {missing.led_right:,} are called unknown, and none but "
        f"{missing.named_wrong:,} is named."
        if missing.named_wrong
        else f"Of {missing.cases:,} operators without a dossier {missing.led_right:,} are called unknown, and none is named.",
    ]
    return "\n".join(lines)


def _head(records: Sequence[Record]) -> str:
    seeds = sorted({r.seed for r in records})
    campaigns = {(r.seed, r.campaign) for r in records}
    told = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in MEANINGS.items())
    return f"""# The benchmark of attribution

Written by `make bench-attribution`; do not edit.

{len(campaigns)} campaigns that the detector found in {len(seeds)} simulated worlds (seeds {seeds[0]} to {seeds[-1]}; seeds 1 to 25
were looked at while the method was made), each under {len(CIRCUMSTANCES)} circumstances: dossiers are drawn anew, the campaign stays.
Python {platform.python_version()}, hydrometer {version("hydrometer")}. Intervals are of 95 %, over worlds.
[attribution.md](attribution.md) tells how it is weighed.

| circumstance | what is so |
| --- | --- |
{told}

Every set of dossiers has six further actors with values, hours and releases of their own; sources have grades A to D, 3 % of
the indicators point to the wrong actor, and a third of the analysts recorded what everybody shows.
A third of the campaigns keep the working hours of their operator: their hours were dealt anew, since simulated operators have
none. Product names were put into the shared wording in the same way.
"""


def _names(records: Sequence[Record], drawing: str) -> str:
    lines = [
        "## Names",
        "",
        f"![Reliability, and names given by circumstance]({drawing})",
        "",
        (
            "How often a name is given, and whether it is right. `count of hits` names the actor with the most indicators that the "
            "campaign shows."
        ),
    ]
    for question in QUESTIONS:
        rows: list[tuple[str, Row]] = [
            (c, row(chosen(records, question=question, method=HYDROMETER, circumstance=c))) for c in CIRCUMSTANCES
        ]
        rows.append(("all", row(chosen(records, question=question, method=HYDROMETER))))
        plain = [row(chosen(records, question=question, method=HITS, circumstance=c)) for c in CIRCUMSTANCES]
        plain.append(row(chosen(records, question=question, method=HITS)))
        lines += ["", f"### Who is the {question}", "", *_grid(rows, plain)]
        told = rows[-1][1]
        lines += [
            "",
            (
                f"Of {told.campaigns} campaigns, wrongly named under any circumstance: {told.campaigns_high_wrong} at high "
                f"confidence (at most {bound(told.campaigns_high_wrong, told.campaigns):.1%}), {told.campaigns_wrong} at any "
                f"(at most {bound(told.campaigns_wrong, told.campaigns):.1%})."
            ),
        ]
    return "\n".join(lines) + "\n"


def _grid(rows: Sequence[tuple[str, Row]], plain: Sequence[Row]) -> Iterable[str]:
    yield (
        "| circumstance | answers | right one in the dossiers | likeliest is right | named right | named wrong | "
        "of these at high confidence | count of hits: right, wrong |"
    )
    yield "| --- | --: | --: | --: | --: | --: | --: | --: |"
    for (name, told), counted in zip(rows, plain, strict=True):
        yield (
            f"| {name.replace('_', ' ')} | {told.cases:,} | {told.known:,} | {told.led_right:,} | {told.named_right:,} | "
            f"{told.named_wrong:,} | {told.high_right:,}, {told.high_wrong:,} | "
            f"{counted.named_right:,}, {counted.named_wrong:,} |"
        )


def _scores(records: Sequence[Record]) -> str:
    lines = [
        "## Scores",
        "",
        "Brier score over all hypotheses (0 best, 2 worst). `prior alone` says the same whatever is found.",
        "`likeliest is right` counts an unknown actor that is called unknown, and no common actor.",
        "",
        "| question | method | Brier | interval | likeliest is right |",
        "| --- | --- | --: | --: | --: |",
    ]
    for question in QUESTIONS:
        for method in METHODS:
            told = row(chosen(records, question=question, method=method))
            lines.append(
                f"| {question} | {method} | {told.brier:.3f} | {_span(told)} | {told.led_right / max(1, told.cases):.1%} |"
            )
    return "\n".join(lines) + "\n"


def _reliability(records: Sequence[Record]) -> str:
    lines = [
        "## Reliability",
        "",
        "Answers by the probability of their likeliest hypothesis, UNKNOWN and no common actor among them.",
        "",
        "| question | probability | answers | share that is right |",
        "| --- | --: | --: | --: |",
    ]
    for question in QUESTIONS:
        held = bins(chosen(records, question=question, method=HYDROMETER))
        lines += [f"| {question} | {b.predicted:.2f} | {b.cases:,} | {b.right:.2f} |" for b in held]
    return "\n".join(lines) + "\n"


def _variants(records: Sequence[Record]) -> str:
    lines = [
        "## Without one thing",
        "",
        "Of the operator; the last column but one is the mean probability of whom a flag, a feed or an old record points to, the",
        "last the Brier score of the beneficiary.",
        "",
        "| variant | Brier | interval | named right | named wrong | wrong at high confidence | of the rival | beneficiary |",
        "| --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for method in (HYDROMETER, *variants(records), PRIOR, HITS):
        told = row(chosen(records, question="operator", method=method))
        gets = row(chosen(records, question="beneficiary", method=method))
        high = "–" if method in (PRIOR, HITS) else f"{told.high_wrong:,}"
        lines.append(
            f"| {'all' if method == HYDROMETER else method} | {told.brier:.3f} | {_span(told)} | {told.named_right:,} | "
            f"{told.named_wrong:,} | {high} | {told.rival:.3f} | {gets.brier:.3f} |"
        )
    lines += ["", "The operator's Brier score by circumstance:", ""]
    lines.append(f"| variant | {' | '.join(name.replace('_', ' ') for name in CIRCUMSTANCES)} |")
    lines.append(f"| --- |{' --: |' * len(CIRCUMSTANCES)}")
    for method in (HYDROMETER, *variants(records), PRIOR, HITS):
        found = [row(chosen(records, question="operator", method=method, circumstance=c)) for c in CIRCUMSTANCES]
        name = "all" if method == HYDROMETER else method
        lines.append(f"| {name} | {' | '.join(f'{told.brier:.3f}' for told in found)} |")
    return "\n".join(lines) + "\n"


def _span(told: Row) -> str:
    return "–" if told.brier_interval is None else f"{told.brier_interval[0]:.3f} to {told.brier_interval[1]:.3f}"
