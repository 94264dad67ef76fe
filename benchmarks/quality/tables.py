"""Records as the tables of docs/benchmark.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.cells import counted, detectors, grid, number, outcome, plain, pooled, present, ranged, summaries
from quality.plan import (
    ABLATED,
    AMONG,
    BARE,
    COMMUNITIES,
    EVASIONS,
    EVERY,
    HELD_OUT,
    INNOCENT,
    LADDER,
    OTHERS,
    SEVERAL,
    VARIED,
)
from quality.trial import BY_DAY, HYDROMETER, without

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import EvaluationSummary
    from quality.trial import Record

GROUPS = {
    "rungs 1 to 5": LADDER[:5],
    "rung 6": LADDER[5:6],
    "rung 7": LADDER[6:],
    "other scenarios": OTHERS,
    "operators among those who do as they do": AMONG,
    "several operators": SEVERAL,
    "one evasion each": EVASIONS,
    "operators with knobs at random": (VARIED,),
    "held-out scenarios": HELD_OUT,
    "honest communities": COMMUNITIES,
    "innocent worlds": (INNOCENT,),
    "all worlds": EVERY,
}
"""Scenarios that make a line of the first table."""


def by_rung(records: Sequence[Record]) -> str:
    """Detector by rung: operators found, account precision and recall."""
    cells = summaries(records)
    rungs = present(cells, LADDER)
    head = ("detector", *(f"rung {rung.removeprefix('ladder')}" for rung in rungs))
    return grid(head, [(name, *(outcome(cells.get((name, rung))) for rung in rungs)) for name in detectors(records)])


def by_scenario(records: Sequence[Record], scenarios: Sequence[str]) -> str:
    """Scenario by detector, for worlds beside the ladder."""
    cells = summaries(records)
    names = [n for n in detectors(records) if any((n, scenario) in cells for scenario in scenarios)]
    rows = [
        (
            f"`{scenario}`",
            *(outcome(cells.get((name, scenario))) for name in names),
            number(cells[HYDROMETER, scenario].measures["watches_per_world"]),
        )
        for scenario in present(cells, scenarios)
    ]
    return grid(("scenario", *names, "watches"), rows)


def headline(records: Sequence[Record]) -> str:
    """What Hydrometer comes to over whole groups of scenarios, with intervals."""
    rows = []
    for title, scenarios in GROUPS.items():
        summary = pooled(records, HYDROMETER, scenarios)
        if summary is None:
            continue
        found = summary.measures
        rows.append(
            (
                title,
                str(summary.worlds),
                counted(found["operators_found"]),
                ranged(found["account_precision"], 4),
                ranged(found["account_recall"], 3),
                ranged(found["pair_f1"], 3),
                ranged(found["bcubed_f1"], 3),
                f"{found['campaigns_false'].numerator or 0:.0f}",
                number(found["watches_per_world"]),
                ranged(found["benign_per_100k"], 1),
            )
        )
    return grid(
        (
            "worlds",
            "number",
            "operators found",
            "account precision",
            "account recall",
            "pair F1",
            "B-cubed F1",
            "false campaigns",
            "watches",
            "honest accounts flagged per 100,000",
        ),
        rows,
    )


def accusations(records: Sequence[Record]) -> str:
    """Honest accounts flagged per 100,000, by archetype and detector, on all worlds that the detector saw."""
    names = detectors(records)
    pools = {name: pooled(records, name, {r.scenario for r in records}) for name in names}
    kinds = sorted({kind for pool in pools.values() if pool for kind in pool.benign})
    rows = [(kind, *(_flagged(pools[name], kind) for name in names)) for kind in kinds]
    overall = [f"**{plain(pool.measures['benign_per_100k'], 1)}**" if (pool := pools[name]) else "" for name in names]
    return grid(("archetype", *names), [*rows, ("**all**", *overall)])


def innocents(records: Sequence[Record]) -> str:
    """Worlds without an operator: how many held a campaign, and how many a watch."""
    cells = summaries(records)
    rows = []
    for name in (HYDROMETER, BARE, *detectors(records)[1:]):
        summary = cells.get((name, INNOCENT))
        if summary is not None:
            campaigns, watches = summary.measures["worlds_with_false_campaign"], summary.measures["worlds_with_watch"]
            rows.append(
                (
                    name,
                    str(summary.worlds),
                    counted(campaigns),
                    counted(watches),
                    ranged(summary.measures["benign_per_100k"], 1),
                )
            )
    head = ("detector", "innocent worlds", "with a campaign", "with a watch", "honest accounts flagged per 100,000")
    return grid(head, rows)


def ablation(records: Sequence[Record]) -> str:
    """Hydrometer without one family of evidence each, by rung, on the same seeds."""
    cells = summaries(records)
    variants = [*(without(family) for family in ABLATED), BARE]
    seeds = {(r.scenario, r.seed) for r in records if r.detector in variants}
    whole = summaries([r for r in records if r.detector == HYDROMETER and (r.scenario, r.seed) in seeds])
    rungs = present(whole, LADDER)
    rows = [("everything", *(outcome(whole.get((HYDROMETER, rung))) for rung in rungs))]
    rows += [
        (name.removeprefix("hydrometer "), *(outcome(cells.get((name, rung))) for rung in rungs)) for name in variants
    ]
    return grid(("evidence", *(f"rung {rung.removeprefix('ladder')}" for rung in rungs)), rows)


def days(records: Sequence[Record]) -> str:
    """How soon each rung's operator is found when every day's traffic is read at its end."""
    rows = []
    for record in sorted(records, key=lambda r: (r.scenario, r.seed)):
        if record.detector != BY_DAY:
            continue
        for row in record.score.detections or ():
            share = f"{row.before / row.harvest:.0%}" if row.harvest else ""
            rows.append((f"`{record.scenario}`", row.operator, row.day or "never", f"{row.before:,}", share))
    return grid(("scenario", "operator", "first found at the end of", "sent before that", "of its harvest"), rows)


def calibration(records: Sequence[Record], scenarios: Sequence[str]) -> str:
    """Reliability of campaigns and of members."""
    summary = pooled(records, HYDROMETER, scenarios)
    if summary is None:
        return ""
    lines = []
    for of, bins in (("campaign", summary.campaign_reliability), ("member", summary.member_reliability)):
        error, brier = summary.measures[f"{of}_calibration_error"], summary.measures[f"{of}_brier"]
        cases = "candidate groups" if of == "campaign" else "accounts of candidate groups"
        lines.append(
            f"Of {cases}: expected calibration error **{ranged(error, 3)}**, Brier score {ranged(brier, 4)}.\n"
        )
        rows = [
            (f"{b.low:.1f} to {b.high:.1f}", f"{b.cases:,}", f"{b.predicted:.3f}", f"{b.observed:.3f}")
            for b in bins
            if b.predicted is not None and b.observed is not None
        ]
        lines.append(grid(("probability", "cases", "mean probability", "share that are true"), rows))
    return "\n".join(lines)


def seconds(records: Sequence[Record]) -> str:
    """Seconds a world, by detector: a hint, since two trials run side by side."""
    rows = []
    for name in detectors(records):
        taken = sorted(record.seconds for record in records if record.detector == name)
        rows.append((name, f"{taken[len(taken) // 2]:.1f}", f"{taken[-1]:.1f}"))
    return grid(("detector", "median", "most"), rows)


def standing(records: Sequence[Record]) -> str:
    """Rungs on which a baseline is ahead or level, on the seeds that all detectors saw.

    Ahead is who finds more of the operators, or as many with a better account F1; level, who finds as many with the same.
    """
    ahead: list[str] = []
    level: list[str] = []
    for rung in LADDER:
        seeds = {r.seed for r in records if r.scenario == rung and r.detector not in (HYDROMETER, BY_DAY)}
        same = summaries([r for r in records if r.scenario == rung and r.seed in seeds])
        ours = same.get((HYDROMETER, rung))
        if ours is None:
            continue
        for name in detectors(records)[1:]:
            theirs = same.get((name, rung))
            if theirs is not None and _rank(theirs) >= _rank(ours):
                line = f"- rung {rung.removeprefix('ladder')}: {name} ({outcome(theirs)}) beside {outcome(ours)}.\n"
                (ahead if _rank(theirs) > _rank(ours) else level).append(line)
    text = "".join(["A baseline is ahead on\n\n", *ahead]) if ahead else "On no rung is a baseline ahead.\n"
    return text + ("".join(["\nLevel with it are\n\n", *level]) if level else "")


def _rank(summary: EvaluationSummary) -> tuple[float, float]:
    f1 = summary.measures["account_f1"].value
    return summary.measures["operators_found"].numerator or 0.0, round(f1 or 0.0, 4)


def _flagged(pool: EvaluationSummary | None, kind: str) -> str:
    if pool is None or kind not in pool.benign:
        return ""
    estimate = pool.benign[kind]
    return f"{estimate.value or 0:,.0f}" + (f" ({estimate.numerator:.0f})" if estimate.numerator else "")
