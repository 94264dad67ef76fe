"""Worlds as folders: whole or not at all, the same for any number of workers, and labelled beside, never inside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hydrometer import __version__
from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.errors import InputError
from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.contract.progress import SilentProgress
from hydrometer.lab.simulate import OperatorSpec, Scenario, make_world, make_world_folder, shards

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = Scenario(
    name="small", honest=240, operators=(OperatorSpec(name="hydra", accounts=20, rate=4, innocent=0.3),)
)


def make(folder: Path, workers: int = 1, progress: SilentProgress | None = None) -> None:
    make_world_folder(SCENARIO, 5, folder, sketching=None, workers=workers, progress=progress or SilentProgress())


def files(folder: Path) -> dict[str, bytes]:
    return {
        f"{shown}/{path.name}": path.read_bytes()
        for shown, place in (("W", folder), ("W.truth", folder.with_name(folder.name + ".truth")))
        for path in sorted(place.iterdir())
    }


def test_a_small_world_is_one_file_with_the_tables_of_make_world(tmp_path: Path) -> None:
    make(tmp_path / "w")
    world = make_world(SCENARIO, 5)
    assert sorted(files(tmp_path / "w")) == [
        "W.truth/accounts.parquet",
        "W.truth/exchanges.parquet",
        "W.truth/world.json",
        "W/accounts.parquet",
        "W/exchanges.parquet",
        "W/models.json",
    ]
    for table, place in (
        (world.exchanges, "w/exchanges.parquet"),
        (world.accounts, "w/accounts.parquet"),
        (world.truth_accounts, "w.truth/accounts.parquet"),
        (world.truth_exchanges, "w.truth/exchanges.parquet"),
    ):
        assert pq.read_table(tmp_path / place).equals(table), place
    assert pq.read_schema(tmp_path / "w" / "exchanges.parquet").equals(EXCHANGES.schema)
    assert pq.read_schema(tmp_path / "w" / "accounts.parquet").equals(ACCOUNTS.schema)


def test_the_truth_says_how_the_world_was_made(tmp_path: Path) -> None:
    make(tmp_path / "w")
    about = json.loads((tmp_path / "w.truth" / "world.json").read_text())
    truth = pq.read_table(tmp_path / "w.truth" / "accounts.parquet")
    exchanges = pq.read_table(tmp_path / "w.truth" / "exchanges.parquet")
    assert about["scenario"]["operators"][0]["name"] == "hydra"
    assert (about["seed"], about["hydrometer"], about["texts"]) == (5, __version__, True)
    assert about["accounts"] == truth.num_rows == sum(about["accounts_by_kind"].values())
    assert about["exchanges"] == exchanges.num_rows == sum(about["exchanges_by_kind"].values())
    assert about["accounts_by_kind"]["hydra"] == 20
    assert about["harvested"] == exchanges.num_rows - exchanges["campaign"].null_count
    assert about["harvested_by_operator"] == {"hydra": about["harvested"]}


def test_any_number_of_workers_makes_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "EXCHANGES_PER_SHARD", 2_000)
    make(tmp_path / "one", workers=1)
    make(tmp_path / "two", workers=2)
    assert len(list((tmp_path / "one").glob("exchanges-*.parquet"))) >= 3
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_the_files_of_a_large_world_are_the_parts_of_make_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "EXCHANGES_PER_SHARD", 2_000)
    make(tmp_path / "w")
    written = pa.concat_tables([pq.read_table(path) for path in sorted((tmp_path / "w").glob("exchanges-*"))])
    world = make_world(SCENARIO, 5)
    assert written.sort_by("exchange_id").equals(world.exchanges.sort_by("exchange_id"))
    assert pq.read_table(tmp_path / "w" / "accounts.parquet").equals(world.accounts)


@pytest.mark.parametrize("occupied", ["w", "w.truth"])
def test_an_occupied_folder_is_left_as_it_is(tmp_path: Path, occupied: str) -> None:
    (tmp_path / occupied).mkdir()
    (tmp_path / occupied / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="empty"):
        make(tmp_path / "w")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["mine.txt", occupied]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    make(tmp_path / "w")
    assert (tmp_path / "w" / "exchanges.parquet").exists()


class _Impatient(SilentProgress):
    """Interrupts when the second part is done."""

    def __init__(self) -> None:
        self.parts = 0

    def advance(self, rows: int) -> None:
        self.parts += 1
        if self.parts == 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.setattr(shards, "EXCHANGES_PER_SHARD", 2_000)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "w", workers=workers, progress=_Impatient())
    assert list(tmp_path.iterdir()) == []
