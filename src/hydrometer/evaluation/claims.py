"""What a result claims: which accounts it puts into which campaign, and with what probability."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract.errors import InputError
from hydrometer.evaluation.parquet import probabilities, read_columns, texts
from hydrometer.evaluation.truth import Truth, index_in

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.contract.population import Bools, Floats, Ints

MEMBERS = "members.parquet"
CAMPAIGNS = "campaigns.json"
CANDIDATES = "candidates.json"
CONSIDERED = "considered.parquet"


@dataclass(frozen=True, slots=True)
class Claims:
    """Distinct pairs of a group and an account with the probability of the pair.

    `group` is an index into `groups` (sorted ids), `account` a number of the truth's accounts; `known` and above are
    ids that the world lacks. Where a file repeats a pair, its highest probability holds; `repeated` rows were such.
    """

    group: Ints
    account: Ints
    probability: Floats
    stated: Bools
    """Whether the file states the probability; where it does not, 1 holds."""
    groups: list[str]
    known: int
    repeated: int

    def where(self, rows: Bools) -> Claims:
        """Return the pairs of a mask; groups keep their numbers."""
        return replace(
            self,
            group=self.group[rows],
            account=self.account[rows],
            probability=self.probability[rows],
            stated=self.stated[rows],
        )

    def owner(self, truth: Truth) -> Ints:
        """Return the operator of each pair's account; -1 for honest accounts and for ids that the world lacks."""
        owner = np.full(self.account.size, -1, dtype=np.int64)
        known = self.account < self.known
        owner[known] = truth.operator[self.account[known]]
        return owner


class Candidate(msgspec.Struct, frozen=True):
    """What is read of a group that was tested."""

    id: str
    verdict: str
    probability: float
    campaign_id: str | None = None


class _Listed(msgspec.Struct, frozen=True):
    id: str
    probability: float | None = None


class _Listing(msgspec.Struct, frozen=True):
    campaigns: list[_Listed]


def read_members(folder: Path, truth: Truth) -> Claims:
    """Read who is in which campaign.

    Raises:
        InputError: members.parquet is missing or damaged, or lacks a column or value.
    """
    file = folder / MEMBERS
    return _claims(read_columns(file, ("campaign_id", "account_id"), ("probability",)), "campaign_id", file, truth)


def read_campaigns(folder: Path) -> dict[str, float | None] | None:
    """Return the probability of each campaign that campaigns.json lists, None where it states none; None without that file.

    Raises:
        InputError: the file is neither a list of campaigns nor an object with one, or lists an id twice.
    """
    file = folder / CAMPAIGNS
    if not file.exists():
        return None
    found = _decoded(file, _Listing | list[_Listed])
    listed: list[_Listed] = found.campaigns if isinstance(found, _Listing) else found
    named: dict[str, float | None] = {}
    for campaign in listed:
        if campaign.id in named:
            raise InputError(
                f"lists {campaign.id} more than once", file=str(file), mend="Give each campaign its own id."
            )
        named[campaign.id] = campaign.probability
    _within(file, named)
    return named


def read_candidates(folder: Path, truth: Truth) -> tuple[list[Candidate], Claims] | None:
    """Return the groups that were tested and their accounts that count as no member of a campaign; None without both files.

    Raises:
        InputError: one of the files is damaged or lacks a column.
    """
    listing, file = folder / CANDIDATES, folder / CONSIDERED
    if not (listing.exists() and file.exists()):
        return None
    candidates: list[Candidate] = _decoded(listing, list[Candidate])
    _within(listing, {candidate.id: candidate.probability for candidate in candidates})
    table = read_columns(file, ("candidate_id", "account_id", "probability", "member"))
    others = table.filter(pc.invert(pc.fill_null(table.column("member"), False)))
    return candidates, _claims(others, "candidate_id", file, truth)


def _claims(table: pa.Table, name: str, file: Path, truth: Truth) -> Claims:
    ids, accounts = texts(table, name, file), texts(table, "account_id", file)
    probability, stated = probabilities(table, file)
    groups = sorted(pc.unique(ids).to_pylist())
    group = index_in(ids, pa.array(groups, pa.large_string()))
    account = index_in(accounts, truth.accounts)
    strange = np.flatnonzero(account < 0)
    if strange.size:
        strangers = accounts.take(pa.array(strange))
        account[strange] = len(truth.accounts) + index_in(strangers, pc.unique(strangers).sort())
    order = np.lexsort((-probability, account, group))
    first = np.ones(order.size, dtype=np.bool_)
    first[1:] = (np.diff(group[order]) != 0) | (np.diff(account[order]) != 0)
    kept = order[first]
    repeated = order.size - kept.size
    known = len(truth.accounts)
    return Claims(group[kept], account[kept], probability[kept], stated[kept], groups, known, repeated)


def _decoded(file: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(file), mend="Write it anew.") from None
    except msgspec.DecodeError as error:
        raise InputError(
            f"cannot be used: {error}", file=str(file), mend="Write it as `hydrometer detect` does."
        ) from None


def _within(file: Path, named: dict[str, float | None]) -> None:
    for name, probability in named.items():
        if probability is not None and not 0 <= probability <= 1:
            problem = f"gives {name} {probability:g}, no probability"
            raise InputError(problem, file=str(file), mend="Write numbers from 0 to 1.")
