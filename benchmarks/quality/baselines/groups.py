"""Groups of accounts that a baseline accuses, how they are joined, and the result folder they are written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from quality.baselines.elicitation import eliciting
from quality.baselines.traffic import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from quality.baselines.traffic import Traffic

LICENCE = "distillation"
"""The agreement under which a customer may train on outputs."""
MEMBERS = pa.schema([("campaign_id", pa.string()), ("account_id", pa.string()), ("probability", pa.float64())])


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts that a detector says one operator runs, in order of name; the score is 0 to 1 and is not calibrated."""

    accounts: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Units:
    """Which accounts may be accused, and the organisation of each: what the data contract says of campaigns."""

    account_ids: list[str]
    organisation: NDArray[np.int64]
    """A number of its own for an account that declares none."""
    accusable: NDArray[np.bool_]
    """False where the organisation, or the account, has an agreement to train on outputs."""
    asking: NDArray[np.float64]
    """By account the share of its exchanges that ask for reasoning."""

    def group(self, accounts: Iterable[int], score: float, *, smallest: int, least_asking: float = 0.0) -> Group | None:
        """Return the accusable accounts as a group; none if they are too few, of one organisation, or ask too little.

        What links accounts does not say what they link for. A group's mean share of exchanges that ask for reasoning is
        the plainest test of a harvest, and every baseline may have it.
        """
        kept = np.array(sorted(set(accounts)), dtype=np.int64)
        kept = kept[self.accusable[kept]]
        if len(kept) < smallest or len(np.unique(self.organisation[kept])) < 2:
            return None
        if float(self.asking[kept].mean()) < least_asking:
            return None
        return Group(tuple(self.account_ids[place] for place in kept), round(min(1.0, max(0.0, score)), 6))


def read_units(traffic: Traffic) -> Units:
    """Return the organisations and agreements of a world's accounts."""
    declared = traffic.trait("org_id").codes
    own = np.arange(len(declared)) + len(declared)
    organisation = np.where(declared == ABSENT, own, declared)
    licensed = np.zeros(len(declared), dtype=bool)
    if "agreements" in traffic.accounts.column_names:
        agreements = traffic.accounts["agreements"].to_pylist()
        licensed = np.array([LICENCE in (held or ()) for held in agreements], dtype=bool)
    return Units(traffic.account_ids, organisation, ~np.isin(organisation, organisation[licensed]), eliciting(traffic))


def components(first: NDArray[np.int64], second: NDArray[np.int64], nodes: int) -> list[NDArray[np.int64]]:
    """Return the connected components of two nodes and more, the members ascending, by their first member."""
    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(nodes, nodes))
    count, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(label, minlength=count))[:-1])
    return sorted((part for part in parts if len(part) > 1), key=lambda part: int(part[0]))


def through_values(account: NDArray[np.int64], value: NDArray[np.int64], accounts: int) -> list[NDArray[np.int64]]:
    """Return the sets of accounts that shared values connect; linear in the pairs, no pair of accounts is formed."""
    values = int(value.max()) + 1 if len(value) else 0
    found = components(account, value + accounts, accounts + values)
    sets = (part[part < accounts] for part in found)
    return [members for members in sets if len(members) > 1]


def write_groups(groups: Sequence[Group], detector: str, out: Path) -> None:
    """Write members.parquet and campaigns.json of a result folder; a member's probability is its group's score.

    A baseline says that a group is a campaign and not how sure it is of one account, so every member has the score
    raised into 0.5 to 1: the half from which an account counts as flagged.
    """
    out.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, str, float]] = []
    campaigns = []
    for number, group in enumerate(sorted(groups, key=lambda group: group.accounts), start=1):
        name, probability = f"{detector}-{number:03d}", 0.5 + group.score / 2
        campaigns.append({"id": name, "probability": probability, "accounts": len(group.accounts)})
        rows += [(name, account, probability) for account in group.accounts]
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    table = pa.table([pa.array(c, field.type) for c, field in zip(columns, MEMBERS, strict=True)], schema=MEMBERS)
    pq.write_table(table, out / "members.parquet")
    (out / "campaigns.json").write_bytes(msgspec.json.encode({"campaigns": campaigns, "run": {"detector": detector}}))
