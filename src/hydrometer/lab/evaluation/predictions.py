"""What a result claims: which accounts it puts into which campaign, and with what probability."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import InputError
from hydrometer.files import read_bytes
from hydrometer.lab.evaluation.parquet_columns import read_columns, read_probabilities, read_texts
from hydrometer.lab.evaluation.world_truth import AccountTruth, find_indices

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.detection.population import Bools, Floats, Ints

MEMBERS = "members.parquet"
CAMPAIGNS = "campaigns.json"
CANDIDATES = "candidates.json"
CONSIDERED = "considered.parquet"
WATCH = "watch"
"""Verdict on a group that is suspected only: it has no members."""


@dataclass(frozen=True, slots=True)
class PredictedMemberships:
    """Distinct pairs of a group and an account with the probability of the pair.

    `group` is an index into `groups` (sorted ids), `account` a number of the truth's accounts; `accounts_in_world` and above are
    ids that the world lacks. Where a file repeats a pair, its highest probability holds; `repeated` rows were such.
    """

    group: Ints
    account: Ints
    probability: Floats
    stated: Bools
    """Whether the file states the probability; where it does not, 1 holds."""
    groups: list[str]
    accounts_in_world: int
    repeated: int

    def select(self, rows: Bools) -> PredictedMemberships:
        """Return the pairs of a mask; groups keep their numbers."""
        return replace(
            self,
            group=self.group[rows],
            account=self.account[rows],
            probability=self.probability[rows],
            stated=self.stated[rows],
        )

    def owner(self, truth: AccountTruth) -> Ints:
        """Return the operator of each pair's account; -1 for honest accounts and for ids that the world lacks."""
        owner = np.full(self.account.size, -1, dtype=np.int64)
        in_world = self.account < self.accounts_in_world
        owner[in_world] = truth.operator[self.account[in_world]]
        return owner


class TestedCandidate(msgspec.Struct, frozen=True):
    """What is read of a group that was tested."""

    id: str
    verdict: str
    probability: float
    campaign_id: str | None = None


@dataclass(frozen=True, slots=True)
class ListedCampaigns:
    """What campaigns.json lists."""

    campaigns: dict[str, float | None]
    """Probability of each campaign by id; None where none is stated."""
    watches: int
    """Groups that are suspected only, and that name no account."""


class _CampaignEntry(msgspec.Struct, frozen=True):
    """What an evaluation reads of a campaign."""

    id: str
    probability: float | None = None
    verdict: str = "campaign"


class _CampaignListing(msgspec.Struct, frozen=True):
    """What an evaluation reads of campaigns.json."""

    campaigns: list[_CampaignEntry]


def read_members(folder: Path, truth: AccountTruth) -> PredictedMemberships:
    """Read who is in which campaign.

    Raises:
        InputError: members.parquet is missing or damaged, or lacks a column or value.
    """
    file = folder / MEMBERS
    return _build_predictions(
        read_columns(file, ("campaign_id", "account_id"), ("probability",)), "campaign_id", file, truth
    )


def read_campaigns(folder: Path) -> ListedCampaigns | None:
    """Return the campaigns and the number of watches that campaigns.json lists; None without that file.

    Raises:
        InputError: the file is neither a list of campaigns nor an object with one, or lists an id twice.
    """
    file = folder / CAMPAIGNS
    if not file.exists():
        return None
    content = _decode_json(file, _CampaignListing | list[_CampaignEntry])
    entries: list[_CampaignEntry] = content.campaigns if isinstance(content, _CampaignListing) else content
    named: dict[str, float | None] = {}
    for campaign in entries:
        if campaign.id in named:
            raise InputError(
                f"lists {campaign.id} more than once", file=str(file), mend="Give each campaign its own id."
            )
        named[campaign.id] = campaign.probability
    _check_probabilities(file, named)
    watches = {entry.id for entry in entries if entry.verdict == WATCH}
    return ListedCampaigns({name: p for name, p in named.items() if name not in watches}, len(watches))


def read_candidates(folder: Path, truth: AccountTruth) -> tuple[list[TestedCandidate], PredictedMemberships] | None:
    """Return the groups that were tested and their accounts that count as no member of a campaign; None without both files.

    Raises:
        InputError: one of the files is damaged or lacks a column.
    """
    listing, file = folder / CANDIDATES, folder / CONSIDERED
    if not (listing.exists() and file.exists()):
        return None
    candidates: list[TestedCandidate] = _decode_json(listing, list[TestedCandidate])
    _check_probabilities(listing, {candidate.id: candidate.probability for candidate in candidates})
    table = read_columns(file, ("candidate_id", "account_id", "probability", "member"))
    others = table.filter(pc.invert(pc.fill_null(table.column("member"), False)))
    return candidates, _build_predictions(others, "candidate_id", file, truth)


def _build_predictions(table: pa.Table, name: str, file: Path, truth: AccountTruth) -> PredictedMemberships:
    ids, accounts = read_texts(table, name, file), read_texts(table, "account_id", file)
    probability, stated = read_probabilities(table, file)
    groups = sorted(pc.unique(ids).to_pylist())
    group = find_indices(ids, pa.array(groups, pa.large_string()))
    account = find_indices(accounts, truth.accounts)
    strange = np.flatnonzero(account < 0)
    if strange.size:
        strangers = accounts.take(pa.array(strange))
        account[strange] = len(truth.accounts) + find_indices(strangers, pc.unique(strangers).sort())
    order = np.lexsort((-probability, account, group))
    first = np.ones(order.size, dtype=np.bool_)
    first[1:] = (np.diff(group[order]) != 0) | (np.diff(account[order]) != 0)
    kept = order[first]
    repeated = order.size - kept.size
    accounts_in_world = len(truth.accounts)
    return PredictedMemberships(
        group[kept], account[kept], probability[kept], stated[kept], groups, accounts_in_world, repeated
    )


def _decode_json(file: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode(read_bytes(file, mend="Write it anew."), type=kind)
    except msgspec.DecodeError as error:
        raise InputError(
            f"cannot be used: {error}", file=str(file), mend="Write it as `hydrometer detect` does."
        ) from None


def _check_probabilities(file: Path, named: dict[str, float | None]) -> None:
    for name, probability in named.items():
        if probability is not None and not 0 <= probability <= 1:
            problem = f"gives {name} {probability:g}, no probability"
            raise InputError(problem, file=str(file), mend="Write numbers from 0 to 1.")
