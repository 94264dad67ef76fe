"""Worlds with their truth, and what a detection made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec.structs import replace

from hydrometer import api
from hydrometer.contract.progress import Progress, SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.lab.simulate import SCENARIOS, LabelledWorld, Scenario, make_world
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hydrometer.contract.result_records import Campaign, CampaignFile, RunRecord

SMALL = replace(
    SCENARIOS["ladder2"], honest=300, operators=(replace(SCENARIOS["ladder2"].operators[0], accounts=60, rate=6.0),)
)
"""One operator with 60 accounts among 300 honest ones: some 11,000 exchanges in 14 days."""


@dataclass(frozen=True)
class Labelled:
    """A world in a folder that `detect` reads."""

    world: LabelledWorld
    folder: Path

    @property
    def operators(self) -> dict[str, set[str]]:
        """Account ids by operator."""
        found: dict[str, set[str]] = {}
        truth = self.world.truth_accounts
        for account, operator in zip(truth["account_id"].to_pylist(), truth["operator"].to_pylist(), strict=True):
            if operator:
                found.setdefault(operator, set()).add(account)
        return found

    @property
    def run_by_operators(self) -> set[str]:
        return set().union(*self.operators.values())

    def of_kind(self, kind: str) -> list[str]:
        """Accounts of an honest archetype, by id."""
        truth = self.world.truth_accounts
        accounts: list[str] = truth.filter(pc.equal(truth["kind"], kind))["account_id"].to_pylist()
        return accounts

    def harvest(self) -> set[str]:
        """Exchanges that carry an operator's demand."""
        truth = self.world.truth_exchanges
        return set(truth.filter(pc.is_valid(truth["campaign"]))["exchange_id"].to_pylist())


@dataclass(frozen=True)
class Outcome:
    """What a detection returned, and the folder that it wrote."""

    found: CampaignFile
    out: Path

    @property
    def campaigns(self) -> list[Campaign]:
        return self.found.campaigns

    @property
    def run(self) -> RunRecord:
        return self.found.run

    @property
    def groups(self) -> dict[str, set[str]]:
        """Account ids by campaign, as members.parquet tells them."""
        members = pq.read_table(self.out / "members.parquet")
        found: dict[str, set[str]] = {campaign.id: set() for campaign in self.campaigns}
        for name, account in zip(members["campaign_id"].to_pylist(), members["account_id"].to_pylist(), strict=True):
            found[name].add(account)
        return found

    @property
    def members(self) -> set[str]:
        return set().union(*self.groups.values())

    @property
    def taken(self) -> list[str]:
        """Exchange ids of harvested.parquet."""
        ids: list[str] = pq.read_table(self.out / "harvested.parquet")["exchange_id"].to_pylist()
        return ids

    def read(self) -> ResultFolder:
        return ResultFolder.read(self.out)


def labelled(scenario: Scenario, seed: int, folder: Path) -> Labelled:
    """Make a world and write it."""
    world = make_world(scenario, seed)
    return Labelled(world, written(folder, world.exchanges, world.accounts, world.releases))


def written(
    folder: Path, exchanges: pa.Table, accounts: pa.Table | None, releases: list[dict[str, str]] | None = None
) -> Path:
    """Write tables as a folder that `detect` reads; the tables may lack columns."""
    folder.mkdir(parents=True)
    pq.write_table(exchanges, folder / "exchanges.parquet")
    if accounts is not None:
        pq.write_table(accounts, folder / "accounts.parquet")
    if releases is not None:
        (folder / "models.json").write_bytes(orjson.dumps(releases))
    return folder


def detected(
    traffic: Path,
    out: Path,
    key: Path,
    *,
    threads: int = 0,
    progress: Progress | None = None,
    source: str | None = None,
) -> Outcome:
    """Run `detect` with the settings as they are."""
    found = api.detect(
        traffic,
        out,
        Settings(threads=threads),
        site_key=key,
        mapping=None,
        source=source,
        progress=progress or SilentProgress(),
    )
    return Outcome(found, out)


def lines(rows: Iterable[object]) -> bytes:
    """JSON, one value a line."""
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z) for row in rows)
