"""The counts of one result on one world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import (
    InputError,
    WorldScore,
)
from hydrometer.lab.evaluation.community_counts import count_communities
from hydrometer.lab.evaluation.exchange_counts import HARVESTED, has_harvest_file, score_exchanges
from hydrometer.lab.evaluation.grouping_counts import (
    GroupingCounts,
    count_accounts,
    count_benign,
    count_campaigns,
    count_pairs,
    score_operators,
    sum_account_bcubed,
)
from hydrometer.lab.evaluation.predictions import (
    CAMPAIGNS,
    CANDIDATES,
    CONSIDERED,
    MEMBERS,
    PredictedMemberships,
    read_campaigns,
    read_candidates,
    read_members,
)
from hydrometer.lab.evaluation.reliability import measure_calibration
from hydrometer.lab.evaluation.time_to_detection import DayResult, date_detections, list_days
from hydrometer.lab.evaluation.world_truth import read_harvest, read_truth

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.contract import ExchangeCounts, OperatorDetection
    from hydrometer.lab.evaluation.world_truth import AccountTruth


def score(result: Path, world: Path, at: float = 0.5) -> WorldScore:
    """Score what `result` claims of `world`, whose truth lies beside it.

    `result` is a folder with members.parquet and what else of a result it has, or a folder of such folders, one a day
    (2026-01-31 or day-01); of several days the last is scored, and all tell when each operator was found. An account
    of a campaign is flagged when its probability is at least `at`, or not stated.

    Raises:
        InputError: the truth or members.parquet is missing, or a file is damaged or breaks the contract.
    """
    if not 0 <= at <= 1:
        raise InputError(f"is {at:g}", column="at", mend="Name a threshold from 0 to 1.")
    if not result.is_dir():
        raise InputError("no such folder", file=str(result), mend="Name the folder of a result.")
    truth = read_truth(world)
    days, others = list_days(result)
    folder = days[-1].folder if days else result
    members = read_members(folder, truth)
    flagged = members.select(members.probability >= at)
    grouping = GroupingCounts.of(flagged, truth)
    listing = read_campaigns(folder)
    listed_campaigns = listing.campaigns if listing is not None else None
    candidates = read_candidates(folder, truth)
    harvest = read_harvest(world) if days or has_harvest_file(folder) else None
    exchanges, templates = None, None
    if harvest is not None and has_harvest_file(folder):
        main = {
            name: truth.operators[operator]
            for name, operator in zip(members.groups, grouping.main.tolist(), strict=True)
            if operator >= 0
        }
        exchanges, templates = score_exchanges(folder, harvest, at, main)
    notes = _count_oddities(members, flagged, listed_campaigns)
    found_on = None
    if days and harvest is not None:
        found_on, timeless = date_detections(
            days, [_find_operators(day, truth, at) for day in days], harvest, truth, world
        )
        notes["harvested exchanges without a time in the world"] = timeless
        notes["folders beside the days, not read"] = others
    return WorldScore(
        result=str(result),
        world=str(world),
        at=at,
        accounts=count_accounts(flagged, truth),
        pairs=count_pairs(grouping, truth),
        bcubed=sum_account_bcubed(flagged, truth),
        campaigns=count_campaigns(grouping, truth),
        operators=score_operators(flagged, grouping, truth),
        benign=count_benign(flagged, truth),
        exchanges=exchanges,
        templates=templates,
        calibration=measure_calibration(members, listed_campaigns, candidates, truth),
        detections=found_on,
        notes={what: number for what, number in notes.items() if number},
        absent=_list_absent(members, listed_campaigns, candidates, exchanges, found_on),
        communities=count_communities(flagged, grouping, truth),
        watches=listing.watches if listing is not None else 0,
    )


def _find_operators(day: DayResult, truth: AccountTruth, at: float) -> set[str]:
    members = read_members(day.folder, truth)
    flagged = members.select(members.probability >= at)
    return {row.operator for row in score_operators(flagged, GroupingCounts.of(flagged, truth), truth) if row.found}


def _count_oddities(
    members: PredictedMemberships, flagged: PredictedMemberships, listed_campaigns: dict[str, float | None] | None
) -> dict[str, int]:
    _, campaigns = np.unique(flagged.account, return_counts=True)
    named = set(members.groups)
    return {
        "account ids in members that the world lacks": np.unique(
            members.account[members.account >= members.accounts_in_world]
        ).size,
        "account ids among the flagged that the world lacks": np.unique(
            flagged.account[flagged.account >= flagged.accounts_in_world]
        ).size,
        "repeated rows in members": members.repeated,
        "flagged accounts in several campaigns": int((campaigns > 1).sum()),
        "campaigns with no account over the threshold": len(named) - np.unique(flagged.group).size,
        "campaigns in members that campaigns.json lacks": len(named - set(listed_campaigns))
        if listed_campaigns is not None
        else 0,
    }


def _list_absent(
    members: PredictedMemberships,
    listed_campaigns: dict[str, float | None] | None,
    candidates: object | None,
    exchanges: ExchangeCounts | None,
    detections: list[OperatorDetection] | None,
) -> list[str]:
    """Return what the result lacks, each with what could not be scored for it; None is what could not."""
    missing = []
    if members.account.size and not members.stated.any():
        missing.append(f"{MEMBERS} probability: every member counts as flagged, and members have no reliability")
    if listed_campaigns is None:
        missing.append(f"{CAMPAIGNS}: campaigns have no reliability")
    elif listed_campaigns and all(probability is None for probability in listed_campaigns.values()):
        missing.append(f"{CAMPAIGNS} probability: campaigns have no reliability")
    if candidates is None:
        missing.append(f"{CANDIDATES} with {CONSIDERED}: reliability lacks what was rejected")
    if exchanges is None:
        missing.append(f"{HARVESTED}: exchanges and templates are not scored")
    if detections is None:
        missing.append("results of successive days: nothing says how much was sent before an operator was found")
    return missing
