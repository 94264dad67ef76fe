"""The result of a detection, as a notebook holds it."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, SupportsIndex, overload

from hydrometer.contract import (
    BLOCKS,
    CONSIDERED,
    HARVESTED,
    INDICATORS,
    MEMBERS,
    TEMPLATES,
    Campaign,
    InputError,
    TableSpec,
    describe_probability,
)
from hydrometer.files import write_atomically
from hydrometer.report import (
    explain_account,
    explain_campaign,
    phrase_suspicion,
    render_overview_fragment,
    render_result_page,
)
from hydrometer.result import REJECTED_FILE, ResultFolder, sort_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from hydrometer.contract import CandidateGroup, RunRecord
    from hydrometer.report import Explanation


class CampaignList(list[Campaign]):
    """Campaigns by their places and by their ids."""

    @overload
    def __getitem__(self, key: SupportsIndex | str) -> Campaign: ...
    @overload
    def __getitem__(self, key: slice) -> list[Campaign]: ...
    def __getitem__(self, key: SupportsIndex | slice | str) -> Campaign | list[Campaign]:
        """Return the campaign at a place or of an id; raises KeyError where no campaign has the id."""
        if not isinstance(key, str):
            return super().__getitem__(key)
        for campaign in self:
            if campaign.id == key:
                return campaign
        raise KeyError(f"no campaign {key}; there are {', '.join(campaign.id for campaign in self) or 'none'}")

    def __repr__(self) -> str:
        """Return a line for each campaign."""
        return "\n".join(_describe_campaign(campaign) for campaign in self) or "no campaigns"


class Result:
    """What a detection found: its campaigns, and the tables of their accounts and exchanges.

    >>> import hydrometer as hy
    >>> result = hy.detect(hy.sample())
    >>> len(result), result.members.num_rows == sum(campaign.accounts for campaign in result)
    (2, True)
    >>> first = result.campaigns[0]
    >>> result[first.id].evidence == first.evidence
    True
    >>> "60 accounts harvested" in result.explain(campaign=first.id).verdict
    True
    """

    def __init__(self, folder: ResultFolder, path: Path | None = None, rejected: bytes = b"") -> None:
        """Take what a run left: its records and tables, the folder that they lie in if any, and rejected.jsonl.

        `campaigns` are what was found; `watches` are suspected only, and no table names an account of one as a member.
        """
        self._folder, self.path, self._rejected = folder, path, rejected
        self.campaigns = CampaignList(folder.campaigns)
        self.watches = CampaignList(folder.watches)

    @classmethod
    def load(cls, path: str | Path) -> Result:
        """Read a result that `detect` or `save` wrote.

        Raises:
            InputError: no result is there, or it is damaged or of another version.
        """
        folder = Path(path)
        return cls(ResultFolder.read(folder), folder, _read_rejected_rows(folder))

    def save(self, path: str | Path) -> Path:
        """Write the result to a folder as `detect` does, with its report, and return the folder.

        Raises:
            InputError: the folder holds something else than a result, or cannot be written.
        """
        folder = Path(path)
        self._folder.write(folder, self.report())
        with write_atomically(folder / REJECTED_FILE) as file:
            file.write(self._rejected)
        return folder

    @contextmanager
    def locate(self) -> Iterator[Path]:
        """Give the folder of the result; one that is in memory is written to a temporary folder for as long."""
        if self.path is not None:
            yield self.path
            return
        with TemporaryDirectory(prefix="hydrometer-") as temporary:
            yield self.save(Path(temporary) / "result")

    @property
    def folder(self) -> ResultFolder:
        """The records and tables as they are written."""
        return self._folder

    @property
    def run(self) -> RunRecord:
        """How the run went: inputs, settings, what was rejected, what could not be seen."""
        return self._folder.run

    @property
    def candidates(self) -> list[CandidateGroup]:
        """Every group that was tested, campaigns or not, with the reasons."""
        return self._folder.candidates

    @cached_property
    def members(self) -> pa.Table:
        """The accounts of each campaign, a row each, the most probable first."""
        return self._sort(self._folder.members, MEMBERS)

    @cached_property
    def harvested(self) -> pa.Table:
        """The exchanges that carry a campaign's demand."""
        return self._sort(self._folder.harvested, HARVESTED)

    @cached_property
    def considered(self) -> pa.Table:
        """Every account of every candidate group, members or not."""
        return self._sort(self._folder.considered, CONSIDERED)

    @cached_property
    def indicators(self) -> pa.Table:
        """The values that a campaign's accounts share, as partners are told of them."""
        return self._sort(self._folder.indicators, INDICATORS)

    @cached_property
    def templates(self) -> pa.Table:
        """The sketches of what a campaign's exchanges share."""
        return self._sort(self._folder.templates, TEMPLATES)

    @cached_property
    def blocks(self) -> pa.Table:
        """How many accounts of the whole traffic each network block has."""
        return self._sort(self._folder.blocks, BLOCKS)

    def explain(self, *, account: str | None = None, campaign: str | None = None) -> Explanation:
        """Return in plain words why a campaign is one, or why an account is in it or not.

        Raises:
            InputError: not exactly one of the two is named, or the result has none of that id.
        """
        if campaign is not None and account is None:
            return explain_campaign(self._folder, campaign)
        if account is not None and campaign is None:
            return explain_account(self._folder, account)
        raise InputError("one campaign or one account is explained at a time", mend="Name either, and not both.")

    def report(self) -> str:
        """Return the report: one HTML page that needs nothing but itself."""
        return render_result_page(self._folder)

    def __getitem__(self, campaign: str) -> Campaign:
        """Return the campaign of that id; raises KeyError where there is none."""
        return self.campaigns[campaign]

    def __iter__(self) -> Iterator[Campaign]:
        """Go through the campaigns."""
        return iter(self.campaigns)

    def __len__(self) -> int:
        """Return the number of campaigns."""
        return len(self.campaigns)

    def __repr__(self) -> str:
        """Return one line, and one for each campaign."""
        accounts = sum(campaign.accounts for campaign in self)
        harvested = sum(campaign.harvested for campaign in self)
        campaigns = "1 campaign" if len(self) == 1 else f"{len(self)} campaigns"
        line = f"Result: {campaigns}, {accounts:,} accounts, {harvested:,} exchanges harvested"
        if self.watches:
            line += f"; watched, nobody accused: {len(self.watches)}"
        return "\n".join([line, *(f"  {_describe_campaign(campaign)}" for campaign in (*self, *self.watches))])

    def _repr_html_(self) -> str:
        """Return the overview of the report, as notebooks show it."""
        return str(render_overview_fragment(self._folder))

    @staticmethod
    def _sort(table: pa.Table, declared: TableSpec) -> pa.Table:
        return sort_table(table, declared)


def _describe_campaign(campaign: Campaign) -> str:
    if campaign.verdict == "watch":
        return f"{campaign.id}: watch. {phrase_suspicion(campaign)}"
    return (
        f"{campaign.id}: {describe_probability(campaign.probability)}, {campaign.accounts:,} accounts, "
        f"{campaign.harvested:,} of {campaign.exchanges:,} exchanges harvested"
    )


def _read_rejected_rows(folder: Path) -> bytes:
    """Return rejected.jsonl; a result that was copied without it is one all the same."""
    file = folder / REJECTED_FILE
    return file.read_bytes() if file.is_file() else b""
