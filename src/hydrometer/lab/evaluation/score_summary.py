"""Ratios over one or several worlds, each with an interval of 95 % where one can be had.

A ratio is pooled: the sum of its numerators over the sum of its denominators. Its interval is

- of operators, campaigns and worlds: Wilson's score interval, each counted as an independent trial;
- of anything else: the middle 95 % of the ratio in 2,000 resamples of whole worlds (cluster bootstrap), from two
  worlds on. Few worlds make it too narrow, and of a calibration error, which cannot be negative, it leans upwards;
- of a rate that is 0 (false campaigns by communities, watches by worlds): the exact one-sided bound of a Poisson count;
- of a proportion that is 0, and of accounts and exchanges where it is 1: the exact one-sided bound (the rule of
  three). It counts accounts and exchanges as independent, which those of one customer or pool are not;
  `worlds_with_false_campaign` is the careful reading.

Otherwise there is none, and `interval` says why: one world, or worlds that do not differ or of which more than half the
resamples have nothing to divide by.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import EvaluationSummary, MeasureEstimate, ReliabilityBin, WorldScore
from hydrometer.lab.evaluation.confidence_intervals import (
    bound_unobserved_rate,
    bound_unobserved_share,
    compute_percentile_interval,
    compute_wilson_interval,
    resample_worlds,
)
from hydrometer.lab.evaluation.evaluation_measures import (
    AVERAGE,
    COUNTS,
    RATES,
    TRIALS,
    RatioMeasure,
    collect_sums,
    define_measures,
)
from hydrometer.lab.evaluation.reliability import BINS, EDGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.detection.population import Floats

BENIGN = "benign_per_100k:"
EXACT = "exact, one-sided"


def summarise(scores: Sequence[WorldScore]) -> EvaluationSummary:
    """Pool the counts of one or several worlds.

    Raises:
        ValueError: there is no score, or two have different thresholds.
    """
    thresholds = {score.at for score in scores}
    if len(thresholds) != 1:
        raise ValueError(f"scores of {len(thresholds)} thresholds; one is needed")
    every = define_measures(sorted({kind for score in scores for kind in score.benign}))
    worlds = [collect_sums(score) for score in scores]
    names = sorted(
        {name for world in worlds for name in world}
        | {name for measure in every.values() for name in (*measure.top, *measure.bottom)}
        | {name for of in ("campaign", "member") for n in range(BINS) for name in _name_bin_columns(of, n)}
        | {f"{of}_{part}_sum" for of in ("bcubed", "template") for part in ("precision", "recall")}
    )
    counts = np.array([[world.get(name, 0.0) for name in names] for world in worlds], dtype=np.float64)
    by_world = dict(zip(names, counts.T, strict=True))
    sums = {name: np.array([column.sum()]) for name, column in by_world.items()}
    drawn = dict(zip(names, resample_worlds(counts).T, strict=True)) if len(scores) > 1 else None
    estimates = {name: _estimate_measure(measure, by_world, sums, drawn) for name, measure in every.items()}
    notes: dict[str, int] = {}
    absent: dict[str, int] = {}
    for score in scores:
        for what, number in (*score.notes.items(), *score.calibration.notes.items()):
            notes[what] = notes.get(what, 0) + number
        for what in score.absent:
            absent[what] = absent.get(what, 0) + 1
    return EvaluationSummary(
        worlds=len(scores),
        watches=sum(score.watches for score in scores),
        at=thresholds.pop(),
        measures={name: estimate for name, estimate in estimates.items() if not name.startswith(BENIGN)},
        benign={name.removeprefix(BENIGN): e for name, e in estimates.items() if name.startswith(BENIGN)},
        campaign_reliability=_build_bins("campaign", sums),
        member_reliability=_build_bins("member", sums),
        notes=notes,
        absent=absent,
        scores=list(scores),
    )


def _estimate_measure(
    measure: RatioMeasure, by_world: dict[str, Floats], sums: dict[str, Floats], drawn: dict[str, Floats] | None
) -> MeasureEstimate:
    bottom = float(measure.denominator(sums)[0])
    top = float(measure.numerator(sums)[0]) if measure.kind != AVERAGE else None
    value = float(measure.ratio(sums)[0])
    low, high, how = _choose_interval(measure, top, bottom, drawn)
    return MeasureEstimate(
        value=None if math.isnan(value) else value,
        low=low,
        high=high,
        interval=how,
        numerator=top,
        denominator=bottom,
        worlds=int((measure.denominator(by_world) > 0).sum()),
    )


def _choose_interval(
    measure: RatioMeasure, top: float | None, bottom: float, drawn: dict[str, Floats] | None
) -> tuple[float | None, float | None, str]:
    if bottom == 0:
        return None, None, "none: nothing to divide by"
    if top == 0 and measure.kind == RATES:
        return 0.0, measure.scale * bound_unobserved_rate(bottom), EXACT
    if top == 0:
        return 0.0, measure.scale * bound_unobserved_share(bottom), EXACT
    if measure.kind == TRIALS and top is not None:
        return *compute_wilson_interval(top, bottom), "Wilson"
    if measure.kind == COUNTS and top == bottom:
        return measure.scale * (1 - bound_unobserved_share(bottom)), measure.scale, EXACT
    if drawn is None:
        return None, None, "none: one world"
    middle = compute_percentile_interval(measure.ratio(drawn))
    if middle is None:
        return None, None, "none: worlds alike or too few"
    return *middle, "bootstrap of worlds"


def _name_bin_columns(of: str, number: int) -> tuple[str, str, str]:
    return f"{of}_cases_{number}", f"{of}_predicted_{number}", f"{of}_observed_{number}"


def _build_bins(of: str, sums: dict[str, Floats]) -> list[ReliabilityBin]:
    bins = []
    for number in range(BINS):
        cases, predicted, observed = (float(sums[name][0]) for name in _name_bin_columns(of, number))
        bins.append(
            ReliabilityBin(
                low=float(EDGES[number]),
                high=float(EDGES[number + 1]),
                cases=int(cases),
                predicted=predicted / cases if cases else None,
                observed=observed / cases if cases else None,
            )
        )
    return bins if any(entry.cases for entry in bins) else []
