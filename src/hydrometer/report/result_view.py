"""The parts of a result that the page and the explanations read, wherever they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from hydrometer.contract import Campaign, CandidateGroup, RunRecord


class ResultView(Protocol):
    """What a page or an explanation needs of a result."""

    @property
    def campaigns(self) -> list[Campaign]:
        """Campaigns, in any order."""

    @property
    def watches(self) -> list[Campaign]:
        """What is suspected only and accuses nobody, in any order."""

    @property
    def run(self) -> RunRecord:
        """How the run went."""

    @property
    def candidates(self) -> list[CandidateGroup]:
        """Every group that was tested."""

    @property
    def members(self) -> pa.Table:
        """Columns of MEMBERS."""

    @property
    def considered(self) -> pa.Table:
        """Columns of CONSIDERED."""


def select_rows(table: pa.Table, column: str, value: str) -> pa.Table:
    """Return the rows whose `column` equals `value`."""
    return table.filter(pc.equal(table.column(column), pa.scalar(value, table.schema.field(column).type)))


def select_strongest_members(members: pa.Table, campaign_id: str, most: int | None = None) -> pa.Table:
    """Return a campaign's members, the most probable first, at most `most` of them."""
    own = select_rows(members, "campaign_id", campaign_id)
    keys = [("probability", "descending"), ("account_id", "ascending")]
    return own.take(pc.sort_indices(own, sort_keys=keys)[:most])


def rank_campaigns(campaigns: list[Campaign]) -> list[Campaign]:
    """Return the campaigns in the order of the page: the most certain first, then the biggest."""
    return sorted(campaigns, key=lambda campaign: (-campaign.probability, -campaign.harvested, campaign.id))
