"""What is measured: each measure as sums over worlds, divided."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.evaluation.reliability import BINS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hydrometer.contract.population import Floats
    from hydrometer.evaluation.bcubed import Bcubed
    from hydrometer.evaluation.reliability import Reliability
    from hydrometer.evaluation.score import Score

    Sums = Mapping[str, Floats]
    """By name the sum over worlds, an array with an entry a resample of the worlds."""

TRIALS = "trials"
"""Independent trials: operators, campaigns, worlds."""
COUNTS = "counts"
"""Accounts or exchanges, which come in clusters: those of one world fall together."""
AVERAGE = "average"
"""Neither: pairs, averages, sums of errors."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A ratio: the sum of the columns `top` over that of `bottom`, times `scale`; or `value`, of all columns."""

    kind: str
    top: tuple[str, ...] = ()
    bottom: tuple[str, ...] = ()
    scale: float = 1.0
    value: Callable[[Sums], Floats] | None = None

    def numerator(self, sums: Sums) -> Floats:
        """Return the sum of `top`."""
        return _sum(sums, self.top)

    def denominator(self, sums: Sums) -> Floats:
        """Return the sum of `bottom`."""
        return _sum(sums, self.bottom)

    def of(self, sums: Sums) -> Floats:
        """Return the ratio, NaN where there is nothing to divide by."""
        if self.value is not None:
            return self.value(sums)
        ratio: Floats = self.scale * divided(self.numerator(sums), self.denominator(sums))
        return ratio


def divided(top: Floats, bottom: Floats) -> Floats:
    """Return top / bottom, NaN where `bottom` is 0."""
    ratio: Floats = np.divide(top, bottom, out=np.full(np.shape(bottom), np.nan), where=bottom != 0)
    return ratio


def measures(kinds: Iterable[str]) -> dict[str, Measure]:
    """Return every measure by name; `kinds` are the archetypes of the worlds."""
    every = {
        "operators_found": Measure(TRIALS, ("found",), ("operators",)),
        "operators_split": Measure(TRIALS, ("split",), ("operators",)),
        "campaigns_false": Measure(TRIALS, ("false",), ("campaigns",)),
        "campaigns_merged": Measure(TRIALS, ("merged",), ("campaigns",)),
        "worlds_with_false_campaign": Measure(TRIALS, ("worlds_false",), ("worlds",)),
        "account_precision": Measure(COUNTS, ("hits",), ("flagged",)),
        "account_recall": Measure(COUNTS, ("hits",), ("owned",)),
        "account_f1": Measure(AVERAGE, ("hits", "hits"), ("flagged", "owned")),
        **_bcubed("bcubed"),
        "pair_precision": Measure(AVERAGE, ("pair_hits",), ("pair_claimed",)),
        "pair_recall": Measure(AVERAGE, ("pair_hits",), ("pair_owned",)),
        "pair_f1": Measure(AVERAGE, ("pair_hits", "pair_hits"), ("pair_claimed", "pair_owned")),
        "benign_per_100k": Measure(COUNTS, ("benign_flagged",), ("benign",), scale=1e5),
        "exchange_precision": Measure(COUNTS, ("exchange_hits",), ("exchange_claimed",)),
        "exchange_recall": Measure(COUNTS, ("exchange_hits",), ("exchange_harvest",)),
        "exchange_f1": Measure(AVERAGE, ("exchange_hits", "exchange_hits"), ("exchange_claimed", "exchange_harvest")),
        **_bcubed("template"),
        "harvested_before_found": Measure(COUNTS, ("before",), ("harvest",)),
    }
    for of in ("campaign", "member"):
        cases = tuple(f"{of}_cases_{n}" for n in range(BINS))
        every[f"{of}_calibration_error"] = Measure(AVERAGE, (), cases, value=_calibration_error(of))
        every[f"{of}_brier"] = Measure(AVERAGE, (f"{of}_squared",), cases)
    for kind in kinds:
        every[f"benign_per_100k:{kind}"] = Measure(COUNTS, (f"benign_flagged:{kind}",), (f"benign:{kind}",), scale=1e5)
    return every


def columns(score: Score) -> dict[str, float]:
    """Return the sums of one world that the measures divide; what was not scored is 0."""
    found: defaultdict[str, float] = defaultdict(
        float,
        worlds=1,
        worlds_false=int(score.campaigns.false > 0),
        operators=len(score.operators),
        found=sum(row.found for row in score.operators),
        split=sum(row.campaigns >= 2 for row in score.operators),
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
            found[name] += number
            found[f"{name}:{kind}"] = number
    if score.exchanges is not None:
        found["exchange_hits"] = score.exchanges.hits
        found["exchange_claimed"] = score.exchanges.claimed
        found["exchange_harvest"] = score.exchanges.harvest
    for row in score.detections or ():
        found["harvest"] += row.harvest
        found["before"] += row.before
    _put_bcubed(found, "bcubed", score.bcubed)
    _put_bcubed(found, "template", score.templates)
    _put_reliability(found, "campaign", score.calibration.campaigns)
    _put_reliability(found, "member", score.calibration.members)
    return found


def _sum(sums: Sums, names: tuple[str, ...]) -> Floats:
    total: Floats = np.sum([sums[name] for name in names], axis=0)
    return total


def _bcubed(of: str) -> dict[str, Measure]:
    items = (f"{of}_items",)

    def f1(sums: Sums) -> Floats:
        precision, recall = sums[f"{of}_precision_sum"], sums[f"{of}_recall_sum"]
        return divided(2 * precision * recall, (precision + recall) * sums[f"{of}_items"])

    return {
        f"{of}_precision": Measure(AVERAGE, (f"{of}_precision_sum",), items),
        f"{of}_recall": Measure(AVERAGE, (f"{of}_recall_sum",), items),
        f"{of}_f1": Measure(AVERAGE, (), items, value=f1),
    }


def _calibration_error(of: str) -> Callable[[Sums], Floats]:
    def error(sums: Sums) -> Floats:
        gaps = [np.abs(sums[f"{of}_predicted_{n}"] - sums[f"{of}_observed_{n}"]) for n in range(BINS)]
        total: Floats = np.sum(gaps, axis=0)
        return divided(total, _sum(sums, tuple(f"{of}_cases_{n}" for n in range(BINS))))

    return error


def _put_bcubed(found: dict[str, float], of: str, sums: Bcubed | None) -> None:
    if sums is not None:
        found[f"{of}_items"] = sums.items
        found[f"{of}_precision_sum"] = sums.precision
        found[f"{of}_recall_sum"] = sums.recall


def _put_reliability(found: dict[str, float], of: str, sums: Reliability | None) -> None:
    if sums is None:
        return
    found[f"{of}_squared"] = sums.squared
    for n in range(BINS):
        found[f"{of}_cases_{n}"] = sums.cases[n]
        found[f"{of}_predicted_{n}"] = sums.predicted[n]
        found[f"{of}_observed_{n}"] = sums.observed[n]
