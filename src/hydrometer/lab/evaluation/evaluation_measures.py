"""What is measured: each measure as sums over worlds, divided."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.evaluation.reliability import BINS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hydrometer.contract import BcubedSums, ReliabilitySums, WorldScore
    from hydrometer.detection.population import Floats

    Sums = Mapping[str, Floats]
    """By name the sum over worlds, an array with an entry a resample of the worlds."""

TRIALS = "trials"
"""Independent trials: operators, campaigns, worlds."""
COUNTS = "counts"
"""Accounts or exchanges, which come in clusters: those of one world fall together."""
RATES = "rates"
"""Things of which any number may come on one other thing: false campaigns by communities, watches by worlds."""
AVERAGE = "average"
"""Neither: pairs, averages, sums of errors."""


@dataclass(frozen=True, slots=True)
class RatioMeasure:
    """A ratio: the sum of the columns `top` over that of `bottom`, times `scale`; or `value`, of all columns."""

    kind: str
    top: tuple[str, ...] = ()
    bottom: tuple[str, ...] = ()
    scale: float = 1.0
    value: Callable[[Sums], Floats] | None = None

    def numerator(self, sums: Sums) -> Floats:
        """Return the sum of `top`."""
        return _sum_columns(sums, self.top)

    def denominator(self, sums: Sums) -> Floats:
        """Return the sum of `bottom`."""
        return _sum_columns(sums, self.bottom)

    def ratio(self, sums: Sums) -> Floats:
        """Return the ratio, NaN where there is nothing to divide by."""
        if self.value is not None:
            return self.value(sums)
        ratio: Floats = self.scale * divide_or_nan(self.numerator(sums), self.denominator(sums))
        return ratio


def divide_or_nan(top: Floats, bottom: Floats) -> Floats:
    """Return top / bottom, NaN where `bottom` is 0."""
    ratio: Floats = np.divide(top, bottom, out=np.full(np.shape(bottom), np.nan), where=bottom != 0)
    return ratio


def define_measures(kinds: Iterable[str]) -> dict[str, RatioMeasure]:
    """Return every measure by name; `kinds` are the archetypes of the worlds."""
    every = {
        "operators_found": RatioMeasure(TRIALS, ("found",), ("operators",)),
        "operators_split": RatioMeasure(TRIALS, ("split",), ("operators",)),
        "operators_merged": RatioMeasure(TRIALS, ("operators_merged",), ("operators",)),
        "operators_missed": RatioMeasure(TRIALS, ("missed",), ("operators",)),
        "worlds_of_several_with_all_found": RatioMeasure(TRIALS, ("worlds_all_found",), ("worlds_of_several",)),
        "campaigns_false": RatioMeasure(TRIALS, ("false",), ("campaigns",)),
        "campaigns_merged": RatioMeasure(TRIALS, ("merged",), ("campaigns",)),
        "worlds_with_false_campaign": RatioMeasure(TRIALS, ("worlds_false",), ("worlds",)),
        "worlds_with_watch": RatioMeasure(TRIALS, ("worlds_watched",), ("worlds",)),
        "watches_per_world": RatioMeasure(RATES, ("watches",), ("worlds",)),
        "communities_convicted": RatioMeasure(TRIALS, ("communities_convicted",), ("communities",)),
        "false_campaigns_per_100_communities": RatioMeasure(
            RATES, ("false_beside_communities",), ("communities",), scale=100
        ),
        "community_accounts_per_100k": RatioMeasure(COUNTS, ("community_flagged",), ("community_accounts",), scale=1e5),
        "account_precision": RatioMeasure(COUNTS, ("hits",), ("flagged",)),
        "account_recall": RatioMeasure(COUNTS, ("hits",), ("owned",)),
        "account_f1": RatioMeasure(AVERAGE, ("hits", "hits"), ("flagged", "owned")),
        **_define_bcubed("bcubed"),
        "pair_precision": RatioMeasure(AVERAGE, ("pair_hits",), ("pair_claimed",)),
        "pair_recall": RatioMeasure(AVERAGE, ("pair_hits",), ("pair_owned",)),
        "pair_f1": RatioMeasure(AVERAGE, ("pair_hits", "pair_hits"), ("pair_claimed", "pair_owned")),
        "benign_per_100k": RatioMeasure(COUNTS, ("benign_flagged",), ("benign",), scale=1e5),
        "exchange_precision": RatioMeasure(COUNTS, ("exchange_hits",), ("exchange_claimed",)),
        "exchange_recall": RatioMeasure(COUNTS, ("exchange_hits",), ("exchange_harvest",)),
        "exchange_f1": RatioMeasure(
            AVERAGE, ("exchange_hits", "exchange_hits"), ("exchange_claimed", "exchange_harvest")
        ),
        **_define_bcubed("template"),
        "harvested_before_found": RatioMeasure(COUNTS, ("before",), ("harvest",)),
    }
    for of in ("campaign", "member"):
        cases = tuple(f"{of}_cases_{n}" for n in range(BINS))
        every[f"{of}_calibration_error"] = RatioMeasure(AVERAGE, (), cases, value=_define_calibration_error(of))
        every[f"{of}_brier"] = RatioMeasure(AVERAGE, (f"{of}_squared",), cases)
    for kind in kinds:
        every[f"benign_per_100k:{kind}"] = RatioMeasure(
            COUNTS, (f"benign_flagged:{kind}",), (f"benign:{kind}",), scale=1e5
        )
    return every


def collect_sums(score: WorldScore) -> dict[str, float]:
    """Return the sums of one world that the measures divide; what was not scored is 0."""
    totals: defaultdict[str, float] = defaultdict(
        float,
        worlds=1,
        worlds_false=int(score.campaigns.false > 0),
        worlds_watched=int(score.watches > 0),
        watches=score.watches,
        operators=len(score.operators),
        found=sum(row.found for row in score.operators),
        split=sum(row.campaigns >= 2 for row in score.operators),
        operators_merged=sum(row.merged for row in score.operators),
        missed=sum(not row.found and not row.merged for row in score.operators),
        worlds_of_several=int(len(score.operators) >= 2),
        worlds_all_found=int(len(score.operators) >= 2 and all(row.found for row in score.operators)),
        campaigns=score.campaigns.campaigns,
        false=score.campaigns.false,
        merged=score.campaigns.merged,
        hits=score.accounts.hits,
        flagged=score.accounts.flagged,
        owned=score.accounts.owned,
        pair_hits=score.pairs.hits,
        pair_claimed=score.pairs.claimed,
        pair_owned=score.pairs.owned,
    )
    for kind, counts in score.benign.items():
        for name, number in (("benign_flagged", counts.flagged), ("benign", counts.accounts)):
            totals[name] += number
            totals[f"{name}:{kind}"] = number
    if score.communities is not None:
        totals["communities"] = score.communities.communities
        totals["communities_convicted"] = len(score.communities.convicted)
        totals["community_accounts"] = score.communities.accounts
        totals["community_flagged"] = score.communities.flagged
        totals["false_beside_communities"] = score.campaigns.false
    if score.exchanges is not None:
        totals["exchange_hits"] = score.exchanges.hits
        totals["exchange_claimed"] = score.exchanges.claimed
        totals["exchange_harvest"] = score.exchanges.harvest
    for row in score.detections or ():
        totals["harvest"] += row.harvest
        totals["before"] += row.before
    _add_bcubed(totals, "bcubed", score.bcubed)
    _add_bcubed(totals, "template", score.templates)
    _add_reliability(totals, "campaign", score.calibration.campaigns)
    _add_reliability(totals, "member", score.calibration.members)
    return totals


def _sum_columns(sums: Sums, names: tuple[str, ...]) -> Floats:
    total: Floats = np.sum([sums[name] for name in names], axis=0)
    return total


def _define_bcubed(of: str) -> dict[str, RatioMeasure]:
    items = (f"{of}_items",)

    def f1(sums: Sums) -> Floats:
        precision, recall = sums[f"{of}_precision_sum"], sums[f"{of}_recall_sum"]
        return divide_or_nan(2 * precision * recall, (precision + recall) * sums[f"{of}_items"])

    return {
        f"{of}_precision": RatioMeasure(AVERAGE, (f"{of}_precision_sum",), items),
        f"{of}_recall": RatioMeasure(AVERAGE, (f"{of}_recall_sum",), items),
        f"{of}_f1": RatioMeasure(AVERAGE, (), items, value=f1),
    }


def _define_calibration_error(of: str) -> Callable[[Sums], Floats]:
    def error(sums: Sums) -> Floats:
        gaps = [np.abs(sums[f"{of}_predicted_{n}"] - sums[f"{of}_observed_{n}"]) for n in range(BINS)]
        total: Floats = np.sum(gaps, axis=0)
        return divide_or_nan(total, _sum_columns(sums, tuple(f"{of}_cases_{n}" for n in range(BINS))))

    return error


def _add_bcubed(totals: dict[str, float], of: str, sums: BcubedSums | None) -> None:
    if sums is not None:
        totals[f"{of}_items"] = sums.items
        totals[f"{of}_precision_sum"] = sums.precision
        totals[f"{of}_recall_sum"] = sums.recall


def _add_reliability(totals: dict[str, float], of: str, sums: ReliabilitySums | None) -> None:
    if sums is None:
        return
    totals[f"{of}_squared"] = sums.squared
    for n in range(BINS):
        totals[f"{of}_cases_{n}"] = sums.cases[n]
        totals[f"{of}_predicted_{n}"] = sums.predicted[n]
        totals[f"{of}_observed_{n}"] = sums.observed[n]
