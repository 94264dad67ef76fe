"""The same traffic gives the same result, however it is laid out, cut up, ordered or stripped of its texts."""

from __future__ import annotations

import dataclasses
import gzip
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from fixtures.detected_worlds import Labelled, Outcome, detected, lines, written
from hydrometer import api
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXACT = (
    "members.parquet",
    "harvested.parquet",
    "considered.parquet",
    "indicators.parquet",
    "templates.parquet",
    "blocks.parquet",
    "candidates.json",
)


def test_a_second_run_on_other_cores_writes_the_same_bytes(
    small: Labelled, small_outcome: Outcome, site_key: Path, tmp_path: Path
) -> None:
    again = detected(small.folder, tmp_path / "result", site_key, threads=1)
    for name in EXACT:
        assert (again.out / name).read_bytes() == (small_outcome.out / name).read_bytes(), name
    assert again.campaigns == small_outcome.campaigns


def test_neither_the_order_of_rows_nor_the_number_of_files_matters(
    small: Labelled, small_outcome: Outcome, site_key: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    traffic = tmp_path / "world"
    traffic.mkdir()
    for table, name, parts in ((small.world.exchanges, "exchanges", 5), (small.world.accounts, "accounts", 2)):
        for number, rows in enumerate(np.array_split(rng.permutation(table.num_rows), parts)):
            pq.write_table(table.take(rows), traffic / f"{name}-{number}.parquet")
    (traffic / "models.json").write_bytes(orjson.dumps(small.world.releases))
    shuffled = detected(traffic, tmp_path / "result", site_key)
    assert shuffled.groups == small_outcome.groups
    assert shuffled.campaigns == small_outcome.campaigns
    for name in EXACT:
        assert (shuffled.out / name).read_bytes() == (small_outcome.out / name).read_bytes(), name


def as_jsonl(table: pa.Table, path: Path) -> None:
    path.with_name(path.name + ".jsonl.gz").write_bytes(gzip.compress(lines(table.to_pylist()), 1))


def as_csv(table: pa.Table, path: Path) -> None:
    for index, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            told = [None if v is None else orjson.dumps(v).decode() for v in table.column(index).to_pylist()]
            table = table.set_column(index, field.name, pa.array(told, pa.string()))
    pa_csv.write_csv(table, path.with_name(path.name + ".csv"))


@pytest.mark.parametrize("write", [as_jsonl, as_csv])
def test_the_container_does_not_matter(
    write: Any, small: Labelled, small_outcome: Outcome, site_key: Path, tmp_path: Path
) -> None:
    traffic = tmp_path / "world"
    traffic.mkdir()
    write(small.world.exchanges, traffic / "exchanges")
    write(small.world.accounts, traffic / "accounts")
    (traffic / "models.json").write_bytes(orjson.dumps(small.world.releases))
    outcome = detected(traffic, tmp_path / "result", site_key)
    assert outcome.run.rejected == {}
    assert outcome.groups == small_outcome.groups
    assert sorted(outcome.taken) == sorted(small_outcome.taken)


def texts_in(folder: Path) -> Iterator[str]:
    """Whatever a file of a folder holds that could be a text."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            for name in table.column_names:
                if not pa.types.is_integer(table.schema.field(name).type):
                    yield "\n".join(
                        map(
                            str,
                            pc.unique(
                                table[name].cast(pa.string())
                                if _plain(table, name)
                                else table[name].combine_chunks().flatten()
                            ).to_pylist(),
                        )
                    )
        elif path.is_file():
            yield path.read_text("utf-8")


def _plain(table: pa.Table, name: str) -> bool:
    return not pa.types.is_list(table.schema.field(name).type)


def test_fingerprints_alone_give_the_same_campaigns_and_hold_no_text(
    small: Labelled, small_outcome: Outcome, site_key: Path, tmp_path: Path
) -> None:
    summary = api.fingerprint(
        small.folder,
        tmp_path / "lake",
        Settings(),
        site_key=site_key,
        mapping=None,
        source=None,
        progress=SilentProgress(),
    )
    assert summary.rows == {"exchanges": small.world.exchanges.num_rows, "accounts": small.world.accounts.num_rows}
    assert summary.rejected == {}
    outcome = detected(tmp_path / "lake", tmp_path / "result", site_key)
    assert outcome.groups == small_outcome.groups
    assert sorted(outcome.taken) == sorted(small_outcome.taken)
    assert not {"exchanges.prompt", "exchanges.system_prompt"} & set(outcome.run.absent_columns)
    assert outcome.run.signals_off == small_outcome.run.signals_off
    probes = set()
    for column in ("prompt", "system_prompt"):
        for text in pc.unique(small.world.exchanges[column].drop_null()).to_pylist()[::7]:
            probes |= {text[:40], text[-40:]} if len(text) >= 40 else set()
    assert len(probes) > 500
    held = "\n".join([*texts_in(tmp_path / "lake"), *texts_in(tmp_path / "result")])
    assert small.world.exchanges["account_id"][0].as_py() in held
    assert not [probe for probe in probes if probe in held]


@pytest.mark.parametrize("days", [(0, 10), (5, 14)])
def test_a_campaign_keeps_its_id_when_days_are_added(
    days: tuple[int, int], small: Labelled, small_outcome: Outcome, site_key: Path, tmp_path: Path
) -> None:
    exchanges = small.world.exchanges
    begin = pc.min(exchanges["started_at"]).as_py()
    since, until = (pa.scalar(begin + timedelta(days=day), exchanges["started_at"].type) for day in days)
    some = exchanges.filter(
        pc.and_(pc.greater_equal(exchanges["started_at"], since), pc.less(exchanges["started_at"], until))
    )
    traffic = written(tmp_path / "some", some, small.world.accounts, small.world.releases)
    before = detected(traffic, tmp_path / "result", site_key)
    assert len(before.campaigns) == 1
    after = detected(small.folder, tmp_path / "result", site_key)
    assert list(after.groups) == list(before.groups)
    assert after.members == small_outcome.members
    once_more = detected(small.folder, tmp_path / "result", site_key)
    assert list(once_more.groups) == list(before.groups)
    assert [c.exchanges for c in once_more.campaigns] == [c.exchanges for c in small_outcome.campaigns]


def test_another_site_key_changes_no_verdict(small: Labelled, small_outcome: Outcome, tmp_path: Path) -> None:
    outcome = detected(small.folder, tmp_path / "result", tmp_path / "another.key")
    assert outcome.groups == small_outcome.groups


def test_a_campaign_takes_its_id_from_the_result_that_the_folder_holds(
    small: Labelled, site_key: Path, small_outcome: Outcome, tmp_path: Path
) -> None:
    out = tmp_path / "result"
    renamed = small_outcome.read()
    name = "HY-named-before"
    column = renamed.members.schema.get_field_index("campaign_id")
    members = renamed.members.set_column(column, "campaign_id", [[name] * renamed.members.num_rows])
    campaigns = [msgspec.structs.replace(campaign, id=name) for campaign in renamed.campaigns]
    dataclasses.replace(renamed, campaigns=campaigns, members=members).write(out)
    assert list(detected(small.folder, out, site_key).groups) == [name]
