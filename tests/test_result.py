"""A result is written whole, the same for the same findings, and read back or refused with a mend."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.report_builders import Result, result, run
from hydrometer.contract.errors import InputError
from hydrometer.contract.result_records import (
    BLOCKS,
    CONSIDERED,
    HARVESTED,
    INDICATORS,
    MEMBERS,
    RESULT_FORMAT,
    TEMPLATES,
)
from hydrometer.files.atomic_write import PARTIAL
from hydrometer.result import FILES, ResultFolder, sort_table

if TYPE_CHECKING:
    from pathlib import Path

PARQUET = ("members.parquet", "harvested.parquet", "considered.parquet")
BESIDE = ("indicators.parquet", "templates.parquet", "blocks.parquet")
UNTIMED = (*PARQUET, "candidates.json")


def folder(made: Result, **changes: Any) -> ResultFolder:
    fields = {
        name: getattr(made, name) for name in ("campaigns", "run", "candidates", "members", "harvested", "considered")
    }
    for table in (INDICATORS, TEMPLATES, BLOCKS):
        fields[table.name] = table.schema.empty_table()
    return ResultFolder(**(fields | changes))


@pytest.fixture(scope="module")
def made() -> Result:
    return result()


def shuffled(table: pa.Table) -> pa.Table:
    """Return the rows in reverse, in two chunks, with other string types and some metadata."""
    backwards = table.take(list(reversed(range(table.num_rows))))
    half = table.num_rows // 2
    parts = pa.concat_tables([backwards.slice(0, half), backwards.slice(half)])
    schema = pa.schema(
        [f.with_type(pa.large_string()) if f.type == pa.string() else f for f in parts.schema],
        metadata={b"made": b"now"},
    )
    return parts.cast(schema)


def test_what_is_written_is_read_back(made: Result, tmp_path: Path) -> None:
    folder(made).write(tmp_path / "new" / "out", report="<!doctype html>é")
    found = ResultFolder.read(tmp_path / "new" / "out")
    assert found.campaigns == made.campaigns
    assert found.candidates == made.candidates
    assert found.run == made.run
    assert found.members.equals(sort_table(made.members, MEMBERS))
    assert found.harvested.equals(sort_table(made.harvested, HARVESTED))
    assert found.considered.equals(sort_table(made.considered, CONSIDERED))
    held = {path.name for path in (tmp_path / "new" / "out").iterdir()}
    assert held == {*PARQUET, *BESIDE, "campaigns.json", "candidates.json", "run.json", "report.html"}
    assert (tmp_path / "new" / "out" / "report.html").read_text("utf-8") == "<!doctype html>é"


def test_the_same_findings_give_the_same_bytes(made: Result, tmp_path: Path) -> None:
    folder(made).write(tmp_path / "a")
    later = msgspec.structs.replace(made.run, started_at=datetime(2027, 1, 1, tzinfo=UTC), stages=[])
    tables = {name: shuffled(getattr(made, name)) for name in ("members", "harvested", "considered")}
    folder(made, run=later, **tables).write(tmp_path / "b")
    for name in UNTIMED:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    one, other = (orjson.loads((tmp_path / which / "campaigns.json").read_bytes()) for which in "ab")
    assert one["campaigns"] == other["campaigns"]
    assert one["run"] != other["run"]


def test_rows_are_in_their_declared_order(made: Result) -> None:
    members = sort_table(shuffled(made.members), MEMBERS)
    keys = [(r["campaign_id"], -r["probability"], r["account_id"]) for r in members.to_pylist()]
    assert keys == sorted(keys)
    assert members.schema.equals(MEMBERS.schema, check_metadata=True)


def test_any_tool_can_read_the_tables(made: Result, tmp_path: Path) -> None:
    folder(made).write(tmp_path)
    for name, table in zip(PARQUET, (MEMBERS, HARVESTED, CONSIDERED), strict=True):
        assert pq.read_schema(tmp_path / name).equals(table.schema)
    found = orjson.loads((tmp_path / "campaigns.json").read_bytes())
    assert list(found) == ["campaigns", "run"]
    assert found["run"] == orjson.loads((tmp_path / "run.json").read_bytes())
    assert found["run"]["format"] == RESULT_FORMAT


def test_an_earlier_result_is_replaced_and_its_report_goes(made: Result, tmp_path: Path) -> None:
    folder(made).write(tmp_path, report="old")
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    (tmp_path / ("run.json" + PARTIAL)).write_text("half", "utf-8")
    empty = folder(made, campaigns=[], members=made.members.slice(0, 0))
    empty.write(tmp_path)
    assert ResultFolder.read(tmp_path).campaigns == []
    assert not (tmp_path / "report.html").exists()
    assert (tmp_path / "notes.txt").read_text("utf-8") == "mine"


def test_rows_rejected_while_reading_are_left_alone(made: Result, tmp_path: Path) -> None:
    (tmp_path / "rejected.jsonl").write_text("{}\n", "utf-8")
    folder(made).write(tmp_path)
    assert (tmp_path / "rejected.jsonl").read_text("utf-8") == "{}\n"


@pytest.mark.parametrize(
    "held", [["thesis.tex"], ["thesis.tex", "run.json"], ["thesis.tex", "run.json", "campaigns.json"]]
)
def test_a_folder_of_something_else_is_refused_untouched(made: Result, tmp_path: Path, held: list[str]) -> None:
    for name in held:
        (tmp_path / name).write_text('{"version": "9"}', "utf-8")
    with pytest.raises(InputError, match=r"is no earlier result\. Name a new or an empty folder"):
        folder(made).write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(held)


def test_a_file_in_place_of_the_folder_is_refused(made: Result, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", "utf-8")
    with pytest.raises(InputError, match="is a file, not a folder"):
        folder(made).write(tmp_path / "out")
    with pytest.raises(InputError, match="cannot be used"):
        folder(made).write(tmp_path / "out" / "deeper")


def test_a_place_that_cannot_be_written_is_told(made: Result, tmp_path: Path) -> None:
    folder(made).write(tmp_path)
    (tmp_path / "members.parquet").unlink()
    (tmp_path / "members.parquet").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        folder(made).write(tmp_path)
    assert not list(tmp_path.glob(f"*{PARTIAL}"))


def test_a_failed_write_leaves_the_earlier_file(made: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(made).write(tmp_path)
    before = (tmp_path / "members.parquet").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(InputError, match="No space left on device"):
        folder(made, members=made.members.slice(0, 3)).write(tmp_path)
    assert (tmp_path / "members.parquet").read_bytes() == before
    assert not list(tmp_path.glob(f"*{PARTIAL}"))


def test_a_missing_folder_or_file_is_named(made: Result, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone: no such folder\. Name the folder"):
        ResultFolder.read(tmp_path / "gone")
    for name in (*UNTIMED, "campaigns.json", "run.json"):
        folder(made).write(tmp_path)
        (tmp_path / name).unlink()
        with pytest.raises(InputError, match=f"{name}: is missing"):
            ResultFolder.read(tmp_path)


@pytest.mark.parametrize("name", [*UNTIMED, "campaigns.json", "run.json"])
def test_a_damaged_file_is_named(made: Result, tmp_path: Path, name: str) -> None:
    folder(made).write(tmp_path)
    whole = (tmp_path / name).read_bytes()
    for broken in (b"", whole[: len(whole) // 2], b"\xff" * 40):
        (tmp_path / name).write_bytes(broken)
        with pytest.raises(InputError, match=f"{name}: is damaged: "):
            ResultFolder.read(tmp_path)


def test_another_layout_is_refused_before_anything_else(made: Result, tmp_path: Path) -> None:
    folder(made).write(tmp_path)
    (tmp_path / "run.json").write_bytes(orjson.dumps({"format": 9, "version": "7.1", "new": []}))
    with pytest.raises(InputError, match=r"run\.json: has layout 9 of hydrometer 7\.1; this one reads layouts 2 and 3"):
        ResultFolder.read(tmp_path)


def test_a_result_of_layout_2_opens_without_facts_or_watches(made: Result, tmp_path: Path) -> None:
    folder(made, run=run(format=2)).write(tmp_path)
    pq.write_table(pq.read_table(tmp_path / "members.parquet").drop_columns(["facts"]), tmp_path / "members.parquet")
    listed = orjson.loads((tmp_path / "campaigns.json").read_bytes())
    for each in listed["campaigns"]:
        for name in ("verdict", "suspected_accounts", "would_decide", "innocent_explanation"):
            del each[name]
        for item in each["evidence"]:
            for name in ("kind", "cause", "cover"):
                del item[name]
    (tmp_path / "campaigns.json").write_bytes(orjson.dumps(listed))
    found = ResultFolder.read(tmp_path)
    assert found.campaigns == made.campaigns
    assert found.watches == []
    assert found.members["facts"].to_pylist() == [[]] * found.members.num_rows


def test_a_watch_has_no_row_in_any_table(made: Result, tmp_path: Path) -> None:
    first, second, third = made.campaigns
    watch = msgspec.structs.replace(third, verdict="watch", suspected_accounts=(2, 5))
    with pytest.raises(ValueError, match=r"members\.parquet names hydra-e5330d, which is a watch"):
        folder(made, campaigns=[first, second], watches=[watch]).write(tmp_path / "a")
    with pytest.raises(ValueError, match="hydra-e5330d is among the campaigns and no campaign"):
        folder(made, campaigns=[first, second, watch])
    with pytest.raises(ValueError, match="hydra-e5330d"):
        folder(made, campaigns=[first, second], watches=[third])
    tables = {
        name: getattr(made, name).filter(pc.not_equal(getattr(made, name)["campaign_id"], watch.id))
        for name in ("members", "harvested")
    }
    folder(made, campaigns=[first, second], watches=[watch], **tables).write(tmp_path / "b")
    found = ResultFolder.read(tmp_path / "b")
    assert (found.campaigns, found.watches) == ([first, second], [watch])
    pq.write_table(sort_table(made.harvested, HARVESTED), tmp_path / "b" / "harvested.parquet")
    with pytest.raises(InputError, match=r"harvested\.parquet: names hydra-e5330d.*as a watch that accuses nobody"):
        ResultFolder.read(tmp_path / "b")


def test_files_of_two_runs_are_not_mixed(made: Result, tmp_path: Path) -> None:
    folder(made).write(tmp_path)
    (tmp_path / "run.json").write_bytes(msgspec.json.encode(run(seed=8)))
    with pytest.raises(InputError, match=r"run\.json: is of another run than campaigns\.json"):
        ResultFolder.read(tmp_path)


def test_members_of_an_unknown_campaign_are_refused(made: Result, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="members name campaign hydra-1b90fa"):
        folder(made, campaigns=made.campaigns[:1]).write(tmp_path)
    assert not list(tmp_path.iterdir())
    folder(made).write(tmp_path)
    rows = [row | {"campaign_id": "other"} for row in made.members.to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows, schema=MEMBERS.schema), tmp_path / "members.parquet")
    with pytest.raises(InputError, match=r"members\.parquet: names campaign other, which campaigns\.json lacks"):
        ResultFolder.read(tmp_path)


def test_a_column_missing_or_of_another_type_is_named(made: Result, tmp_path: Path) -> None:
    folder(made).write(tmp_path)
    pq.write_table(made.harvested.drop_columns(["probability"]), tmp_path / "harvested.parquet")
    with pytest.raises(InputError, match=r"harvested\.parquet column probability: is missing"):
        ResultFolder.read(tmp_path)
    text = made.harvested.set_column(3, "probability", made.harvested.column("probability").cast(pa.string()))
    pq.write_table(text, tmp_path / "harvested.parquet")
    with pytest.raises(InputError, match=r"column probability: is string, not double"):
        ResultFolder.read(tmp_path)


def test_a_stage_that_breaks_the_contract_is_stopped(made: Result, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="members lacks reasons"):
        folder(made, members=made.members.drop_columns(["reasons"])).write(tmp_path)
    nulls = made.harvested.set_column(0, "exchange_id", pa.nulls(made.harvested.num_rows, pa.string()))
    with pytest.raises(ValueError, match="exchange_id holds 120 nulls"):
        folder(made, harvested=nulls).write(tmp_path)
    infinite = msgspec.structs.replace(made.candidates[0], coordination=float("inf"))
    with pytest.raises(ValueError, match=r"could not be read back.*coordination"):
        folder(made, candidates=[infinite]).write(tmp_path)
    assert not list(tmp_path.iterdir())


def test_only_known_names_are_written(made: Result, tmp_path: Path) -> None:
    folder(made).write(tmp_path, report="")
    assert {path.name for path in tmp_path.iterdir()} <= set(FILES)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "é"]), st.text(max_size=6), st.floats(0, 1), st.integers(0, 10**6)),
        unique_by=lambda row: row[:2],
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_never_shows(rows: list[tuple[str, str, float, int]], random: Any) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)

    def built(entries: list[tuple[str, str, float, int]]) -> pa.Table:
        filled = [
            {name: 0.5 for name in MEMBERS.names if name.startswith("bits_")}
            | {"campaign_id": campaign, "account_id": account, "probability": probability, "exchanges": seconds}
            | {
                "first_seen": start,
                "last_seen": start + timedelta(seconds=seconds),
                "harvested": 0,
                "reasons": [account],
            }
            for campaign, account, probability, seconds in entries
        ]
        return pa.Table.from_pylist(filled, schema=MEMBERS.schema)

    other = list(rows)
    random.shuffle(other)
    assert sort_table(built(rows), MEMBERS).equals(sort_table(built(other), MEMBERS))
