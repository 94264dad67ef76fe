"""Whether things given a probability come true as often as it says.

Reliability bins, the Brier score (Brier, "Verification of forecasts expressed in terms of probability", 1950) and the
expected calibration error (Naeini, Cooper & Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
binning", 2015) with ten bins of equal width.

A campaign or rejected group is true when at least half of its accounts are an operator's; an account of it is true when
the group is, and the account is run by the operator that has most of the group. Here all accounts count, not only those
over the threshold that flags. Rejected groups and the accounts that were turned down are claims too, with a low
probability; without them the lower bins would be empty. Groups set apart as authorised or as one customer's are no
claim that nobody harvests, and are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from hydrometer.evaluation.groups import Grouping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract.population import Bools, Floats
    from hydrometer.evaluation.claims import Candidate, Claims
    from hydrometer.evaluation.truth import Truth

BINS = 10
EDGES = np.arange(BINS + 1) / BINS
"""Bounds of the bins; the lower bound belongs to a bin, and 1 to the last."""
SET_APART = frozenset({"authorised", "single_customer"})
"""Verdicts that say nothing of how probable a campaign is."""


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over cases by bin of probability, and over all; those of several worlds add up."""

    cases: list[int]
    predicted: list[float]
    """Sum of the probabilities."""
    observed: list[int]
    """Cases that are true."""
    squared: float
    """Sum of (probability − truth)² over all cases."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """The reliability of campaigns and of members; None where the result states no probability."""

    campaigns: Reliability | None
    members: Reliability | None
    notes: dict[str, int]
    """What could not be a case, with how often that was so."""


def reliability(probability: Floats, true: Bools) -> Reliability:
    """Return the sums of cases with a probability (0 to 1) and a truth each."""
    place = np.searchsorted(EDGES[1:-1], probability, side="right")
    return Reliability(
        cases=np.bincount(place, minlength=BINS).tolist(),
        predicted=np.bincount(place, probability, minlength=BINS).tolist(),
        observed=np.bincount(place[true], minlength=BINS).tolist(),
        squared=float(np.square(probability - true).sum()),
    )


def calibrate(
    members: Claims,
    listed: Mapping[str, float | None] | None,
    candidates: tuple[list[Candidate], Claims] | None,
    truth: Truth,
) -> Calibration:
    """Gather every claim of a result with a probability, accepted or rejected, and hold it against the truth."""
    groups = Grouping.of(members, truth)
    notes: dict[str, int] = {}
    stated = {name: p for name, p in (listed or {}).items() if p is not None}
    place = {name: number for number, name in enumerate(members.groups)}
    told = [name for name in stated if name in place]
    notes["listed campaigns without members"] = len(listed or {}) - sum(name in place for name in listed or {})
    campaigns = [(stated[name], bool(groups.true[place[name]])) for name in told]
    accounts = [_cases(members, groups.main, truth)]
    if candidates is not None:
        tested, others = candidates
        by_id = {candidate.id: candidate for candidate in tested}
        kinds = [by_id.get(name) for name in others.groups]
        rejected = np.array([c is not None and c.verdict not in SET_APART and c.campaign_id is None for c in kinds])
        notes["groups set apart, no case"] = sum(c.verdict in SET_APART for c in tested)
        notes["considered groups that candidates.json lacks"] = sum(c is None for c in kinds)
        tested_groups = Grouping.of(others, truth)
        main = np.where(rejected, tested_groups.main, -1) if kinds else tested_groups.main
        for number, candidate in enumerate(kinds):
            if candidate is not None and rejected[number]:
                campaigns.append((candidate.probability, bool(tested_groups.true[number])))
            elif candidate is not None and candidate.campaign_id in place:
                main[number] = groups.main[place[candidate.campaign_id]]
        used = np.array([c is not None and c.verdict not in SET_APART for c in kinds], dtype=np.bool_)
        accounts.append(_cases(others.where(used[others.group]), main, truth))
    return Calibration(
        campaigns=reliability(*_columns(campaigns)) if stated or candidates is not None else None,
        members=reliability(
            np.concatenate([probability for probability, _ in accounts]), np.concatenate([true for _, true in accounts])
        )
        if members.stated.any() or candidates is not None
        else None,
        notes={what: number for what, number in notes.items() if number},
    )


def _cases(claims: Claims, main: np.ndarray[tuple[int], np.dtype[np.int64]], truth: Truth) -> tuple[Floats, Bools]:
    """Return probability and truth of each pair whose probability is stated."""
    owner = claims.owner(truth)
    true = (owner >= 0) & (owner == main[claims.group])
    return claims.probability[claims.stated], true[claims.stated]


def _columns(cases: list[tuple[float, bool]]) -> tuple[Floats, Bools]:
    return np.array([p for p, _ in cases], dtype=np.float64), np.array([true for _, true in cases], dtype=np.bool_)
