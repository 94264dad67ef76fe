"""Whether things given a probability come true as often as it says.

Reliability bins, the Brier score (Brier, "Verification of forecasts expressed in terms of probability", 1950) and the
expected calibration error (Naeini, Cooper & Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
binning", 2015) with ten bins of equal width.

A campaign or rejected group is true when at least half of its accounts are an operator's; an account of it is true when
the group is, and the account is run by the operator that has most of the group. Here all accounts count, not only those
over the threshold that flags. Rejected groups and the accounts that were turned down are claims too, with a low
probability; without them the lower bins would be empty. So are watches and their accounts. An operator that lies in several groups
is one claim among the rejected, the likeliest, and none where a campaign is likelier: a search looks at many parts of it. Groups set apart as authorised or as one customer's are no
claim that nobody harvests, and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import ReliabilitySums, ResultCalibration
from hydrometer.lab.evaluation.grouping_counts import GroupingCounts
from hydrometer.lab.evaluation.predictions import WATCH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.detection.population import Bools, Floats
    from hydrometer.lab.evaluation.predictions import PredictedMemberships, TestedCandidate
    from hydrometer.lab.evaluation.world_truth import AccountTruth

BINS = 10
EDGES = np.arange(BINS + 1) / BINS
"""Bounds of the bins; the lower bound belongs to a bin, and 1 to the last."""
SET_APART = frozenset({"authorised", "single_customer"})
"""Verdicts that say nothing of how probable a campaign is."""


def sum_reliability(probability: Floats, true: Bools) -> ReliabilitySums:
    """Return the sums of cases with a probability (0 to 1) and a truth each."""
    bin_index = np.searchsorted(EDGES[1:-1], probability, side="right")
    return ReliabilitySums(
        cases=np.bincount(bin_index, minlength=BINS).tolist(),
        predicted=np.bincount(bin_index, probability, minlength=BINS).tolist(),
        observed=np.bincount(bin_index[true], minlength=BINS).tolist(),
        squared=float(np.square(probability - true).sum()),
    )


def measure_calibration(
    members: PredictedMemberships,
    listed_campaigns: Mapping[str, float | None] | None,
    candidates: tuple[list[TestedCandidate], PredictedMemberships] | None,
    truth: AccountTruth,
) -> ResultCalibration:
    """Gather every claim of a result with a probability, accepted or rejected, and hold it against the truth."""
    groups = GroupingCounts.of(members, truth)
    notes: dict[str, int] = {}
    stated = {name: p for name, p in (listed_campaigns or {}).items() if p is not None}
    group_index = {name: number for number, name in enumerate(members.groups)}
    names = [name for name in stated if name in group_index]
    notes["listed campaigns without members"] = len(listed_campaigns or {}) - sum(
        name in group_index for name in listed_campaigns or {}
    )
    campaigns = [_Claim.of(stated[name], groups, group_index[name]) for name in names]
    accounts = [_select_cases(members, groups.main, truth)]
    if candidates is not None:
        tested, others = candidates
        by_id = {candidate.id: candidate for candidate in tested}
        kinds = [by_id.get(name) for name in others.groups]
        rejected = np.array([c is not None and _names_nobody(c) for c in kinds])
        notes["groups set apart, no case"] = sum(c.verdict in SET_APART for c in tested)
        notes["considered groups that candidates.json lacks"] = sum(c is None for c in kinds)
        tested_groups = GroupingCounts.of(others, truth)
        main = np.where(rejected, tested_groups.main, -1) if kinds else tested_groups.main
        turned_down: list[_Claim] = []
        for number, candidate in enumerate(kinds):
            if candidate is not None and rejected[number]:
                turned_down.append(_Claim.of(candidate.probability, tested_groups, number))
            elif candidate is not None and candidate.campaign_id in group_index:
                main[number] = groups.main[group_index[candidate.campaign_id]]
        single = _keep_likeliest(campaigns, turned_down)
        notes["other parts of operators, no case"] = len(turned_down) - len(single)
        campaigns += single
        used = np.array([c is not None and c.verdict not in SET_APART for c in kinds], dtype=np.bool_)
        accounts.append(_select_cases(others.select(used[others.group]), main, truth))
    return ResultCalibration(
        campaigns=sum_reliability(*_split_cases(campaigns)) if stated or candidates is not None else None,
        members=sum_reliability(
            np.concatenate([probability for probability, _ in accounts]), np.concatenate([true for _, true in accounts])
        )
        if members.stated.any() or candidates is not None
        else None,
        notes={what: number for what, number in notes.items() if number},
    )


@dataclass(frozen=True, slots=True)
class _Claim:
    """A group's probability, and the operator that has most of it; -1 where it is nobody's."""

    probability: float
    operator: int

    @classmethod
    def of(cls, probability: float, groups: GroupingCounts, number: int) -> _Claim:
        return cls(probability, int(groups.main[number]))


def _keep_likeliest(campaigns: list[_Claim], turned_down: list[_Claim]) -> list[_Claim]:
    """Return the groups turned down that are nobody's, and of each operator's the likeliest, unless a campaign is likelier."""
    best = {claim.operator: claim for claim in sorted(campaigns, key=lambda claim: claim.probability)}
    for claim in turned_down:
        if claim.operator >= 0 and claim.probability > best.get(claim.operator, _Claim(-1.0, -1)).probability:
            best[claim.operator] = claim
    return [claim for claim in turned_down if claim.operator < 0 or claim is best[claim.operator]]


def _names_nobody(candidate: TestedCandidate) -> bool:
    """Return whether a group became no campaign, and was not set apart; a watch names no account."""
    return candidate.verdict not in SET_APART and (candidate.campaign_id is None or candidate.verdict == WATCH)


def _select_cases(
    claims: PredictedMemberships, main: np.ndarray[tuple[int], np.dtype[np.int64]], truth: AccountTruth
) -> tuple[Floats, Bools]:
    """Return probability and truth of each pair whose probability is stated."""
    owner = claims.owner(truth)
    true = (owner >= 0) & (owner == main[claims.group])
    return claims.probability[claims.stated], true[claims.stated]


def _split_cases(claims: list[_Claim]) -> tuple[Floats, Bools]:
    return (
        np.array([claim.probability for claim in claims], dtype=np.float64),
        np.array([claim.operator >= 0 for claim in claims], dtype=np.bool_),
    )
