"""Records as shares, scores and their intervals."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from attribution.dossiers import CIRCUMSTANCES
from attribution.trial import HITS, HYDROMETER, PRIOR
from hydrometer.lab.evaluation.confidence_intervals import (
    bound_unobserved_share,
    compute_percentile_interval,
    compute_wilson_interval,
    resample_worlds,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from attribution.trial import Record

QUESTIONS = ("operator", "beneficiary")
METHODS = (HYDROMETER, PRIOR, HITS)
BINS = 10


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a set of records of one method and question."""

    cases: int
    known: int
    """Of them, those whose right answer is in the dossiers."""
    led_right: int
    """The likeliest hypothesis is the right one, UNKNOWN and NOBODY counted."""
    named_right: int
    named_wrong: int
    high_right: int
    high_wrong: int
    campaigns: int
    campaigns_wrong: int
    """Campaigns for which a wrong name is given under any circumstance."""
    campaigns_high_wrong: int
    """And at high confidence."""
    brier: float
    brier_interval: tuple[float, float] | None
    rival: float
    """Mean probability of whom the flag, the feed or the old record points to."""


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Answers whose likeliest hypothesis has about one probability."""

    cases: int
    predicted: float
    right: float


def row(records: Sequence[Record]) -> Row:
    """Sum records up; the interval is over worlds (evaluation.intervals)."""
    return Row(
        cases=len(records),
        known=sum(r.truth == "known" for r in records),
        led_right=sum(led_right(r) for r in records),
        named_right=sum(r.named == "right" for r in records),
        named_wrong=sum(r.named == "wrong" for r in records),
        high_right=sum(r.named == "right" and r.confidence == "high" for r in records),
        high_wrong=sum(r.named == "wrong" and r.confidence == "high" for r in records),
        campaigns=len({(r.seed, r.campaign) for r in records}),
        campaigns_wrong=len({(r.seed, r.campaign) for r in records if r.named == "wrong"}),
        campaigns_high_wrong=len(
            {(r.seed, r.campaign) for r in records if r.named == "wrong" and r.confidence == "high"}
        ),
        brier=float(np.mean([r.brier for r in records])) if records else 0.0,
        brier_interval=_interval(records),
        rival=float(np.mean([r.rival for r in records])) if records else 0.0,
    )


def led_right(record: Record) -> bool:
    """Whether the likeliest hypothesis is the right one."""
    return record.leader == "right" or record.leader == record.truth


def _interval(records: Sequence[Record]) -> tuple[float, float] | None:
    worlds: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for record in records:
        worlds[record.seed][0] += record.brier
        worlds[record.seed][1] += 1
    if len(worlds) < 2:
        return None
    sums = resample_worlds(np.array([worlds[seed] for seed in sorted(worlds)]))
    return compute_percentile_interval(sums[:, 0] / sums[:, 1])


def chosen(records: Iterable[Record], **fields: str) -> list[Record]:
    """Return the records with these values."""
    return [r for r in records if all(getattr(r, name) == value for name, value in fields.items())]


def bins(records: Sequence[Record]) -> list[Bin]:
    """Return the reliability of the likeliest hypothesis, in bins of a tenth that hold any."""
    found = []
    for number in range(BINS):
        low, high = number / BINS, (number + 1) / BINS
        held = [r for r in records if low <= r.probability < high or (r.probability == 1.0 and number == BINS - 1)]
        if held:
            predicted = float(np.mean([r.probability for r in held]))
            found.append(Bin(cases=len(held), predicted=predicted, right=float(np.mean([led_right(r) for r in held]))))
    return found


def bound(wrong: int, cases: int) -> float:
    """Return the upper bound, of 95 %, of a share."""
    return bound_unobserved_share(cases) if wrong == 0 else compute_wilson_interval(wrong, cases)[1]


def variants(records: Iterable[Record]) -> list[str]:
    """Return the names of the variants, those without something first."""
    return sorted({r.method for r in records} - set(METHODS))


def summary(records: Sequence[Record]) -> dict[str, object]:
    """Return everything that the page tells, by question."""
    return {
        question: {
            "methods": {m: row(chosen(records, question=question, method=m)) for m in METHODS},
            "circumstances": {
                c: row(chosen(records, question=question, method=HYDROMETER, circumstance=c)) for c in CIRCUMSTANCES
            },
            "variants": {v: row(chosen(records, question=question, method=v)) for v in variants(records)},
            "reliability": bins(chosen(records, question=question, method=HYDROMETER)),
        }
        for question in QUESTIONS
    }
