"""Folders and files as traffic: discovery, batches, accounts, errors."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fixtures.sources_samples import sample_accounts, sample_exchanges
from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.errors import InputError
from hydrometer.contract.exchange_columns import EXCHANGES, TEXTS
from hydrometer.contract.fingerprint_columns import TRAFFIC
from hydrometer.contract.settings import ReadSettings
from hydrometer.sources import FileTraffic, Rejects, open_traffic
from hydrometer.sources.file_traffic import _group_into_batches
from hydrometer.sources.format_reader import RawExchange

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ReadSettings(batch_rows=7)
NOON = 1_772_452_800
NEEDED = {"exchange_id": "e1", "started_at": "2026-03-02T00:00:00Z", "account_id": "a1", "model": "m"}


def table_of(traffic: FileTraffic, rejects: Rejects | None = None) -> pa.Table:
    batches = list(traffic.batches(rejects if rejects is not None else Rejects()))
    return pa.Table.from_batches(batches, (TRAFFIC if traffic.fingerprinted else EXCHANGES).schema)


def jsonl(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_parquet_comes_back_whole_in_bounded_batches(tmp_path: Path) -> None:
    exchanges = sample_exchanges(100)
    pq.write_table(exchanges, tmp_path / "exchanges.parquet", row_group_size=33)
    traffic = open_traffic(tmp_path, settings=SMALL)
    batches = list(traffic.batches(Rejects()))
    assert max(batch.num_rows for batch in batches) <= 7
    assert pa.Table.from_batches(batches).equals(exchanges)
    assert traffic.rows_hint == 100


def test_every_container_gives_the_same_table(tmp_path: Path) -> None:
    exchanges = sample_exchanges(40)
    rows = exchanges.set_column(1, "started_at", exchanges.column(1).cast(pa.int64())).to_pylist()
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    (tmp_path / "exchanges.jsonl").write_bytes(lines)
    (tmp_path / "exchanges2.jsonl.gz").write_bytes(gzip.compress(lines))
    traffic = open_traffic(tmp_path, settings=SMALL)
    assert table_of(traffic).equals(pa.concat_tables([exchanges, exchanges]))
    assert traffic.rows_hint is None
    assert table_of(traffic).equals(table_of(traffic))


def test_batch_bytes_bounds_batches_and_a_huge_prompt_stays_whole(tmp_path: Path) -> None:
    prompts = ["x" * 10_000_000, *["y" * 1_000] * 50]
    rows = [NEEDED | {"exchange_id": f"e{i}", "prompt": prompt} for i, prompt in enumerate(prompts)]
    jsonl(tmp_path / "exchanges-a.jsonl", *rows)
    table = pa.Table.from_pylist([row | {"started_at": 1_772_438_400} for row in rows])
    pq.write_table(table, tmp_path / "exchanges-b.parquet")
    batches = list(open_traffic(tmp_path, settings=ReadSettings(batch_bytes=20_000)).batches(Rejects()))
    assert all(batch.num_rows == 1 or batch.nbytes <= 20_000 for batch in batches)
    lengths = [len(prompt) for batch in batches for prompt in batch.column("prompt").to_pylist()]
    assert lengths == [len(prompt) for prompt in prompts] * 2


def test_a_few_large_prompts_among_small_ones_do_not_burst_a_batch(tmp_path: Path) -> None:
    prompts = ["y"] * 500 + ["x" * 15_000] * 10
    rows = [NEEDED | {"exchange_id": f"e{i}", "started_at": NOON, "prompt": prompt} for i, prompt in enumerate(prompts)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "exchanges.parquet")
    batches = list(open_traffic(tmp_path, settings=ReadSettings(batch_bytes=50_000)).batches(Rejects()))
    assert max(batch.nbytes for batch in batches) <= 50_000
    assert sum(batch.num_rows for batch in batches) == 510


def test_records_are_gathered_within_both_bounds() -> None:
    drafts = [RawExchange(line, {}, None, size) for line, size in enumerate([10, 10, 10, 90, 1, 1, 1, 1], 1)]
    groups = list(_group_into_batches(iter(drafts), ReadSettings(batch_rows=3, batch_bytes=25)))
    assert [[draft.line for draft in group] for group in groups] == [[1, 2], [3], [4], [5, 6, 7], [8]]


def test_a_folder_tells_what_it_holds(tmp_path: Path) -> None:
    jsonl(tmp_path / "exchanges.jsonl", NEEDED | {"colour": "red", "prompt": None, "turns": 2})
    jsonl(tmp_path / "accounts.jsonl", {"account_id": "a1", "plan": "pro", "shoe": 43})
    (tmp_path / "models.json").write_text('[{"model": "m", "released_at": "2026-02-01"}]')
    (tmp_path / "intel").mkdir()
    (tmp_path / "intel" / "bundle.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("read me")
    (tmp_path / "_SUCCESS").write_text("")
    pq.write_table(pa.table({"exchange_id": ["e1"]}), tmp_path / "harvested.parquet")
    traffic = open_traffic(tmp_path, settings=SMALL)
    rejects = Rejects()
    assert table_of(traffic, rejects).num_rows == 1
    assert traffic.accounts(rejects).to_pylist()[0]["plan"] == "pro"
    assert traffic.releases == {"m": datetime(2026, 2, 1, tzinfo=UTC)}
    names = ["exchanges.jsonl", "accounts.jsonl", "models.json", "intel/bundle.json"]
    assert traffic.inputs == [str(tmp_path / name) for name in names]
    needed = {f"exchanges.{name}" for name in EXCHANGES.needed}
    assert rejects.filled_columns == needed | {"exchanges.turns", "accounts.account_id", "accounts.plan"}
    assert rejects.ignored_columns == {"exchanges.colour", "accounts.shoe"}
    assert sorted(rejects.notes) == [
        f"file of no known format, not read: {n}" for n in ("harvested.parquet", "notes.txt")
    ]


def test_fingerprints_in_place_of_texts(tmp_path: Path) -> None:
    exchanges = sample_exchanges(5).drop_columns(list(TEXTS))
    fingerprinted = exchanges.append_column("prompt_hash", pa.array([-1, 2, 3, 4, 5], pa.int64()))
    pq.write_table(fingerprinted, tmp_path / "exchanges-a.parquet")
    traffic = open_traffic(tmp_path, settings=SMALL)
    assert traffic.fingerprinted
    assert table_of(traffic).column("prompt_hash").to_pylist() == [-1, 2, 3, 4, 5]
    jsonl(tmp_path / "exchanges-b.jsonl", NEEDED | {"sketch": [-3, 4], "elicitation_confidence": 0.5})
    assert table_of(open_traffic(tmp_path, settings=SMALL)).column("sketch").to_pylist()[-1] == [-3, 4]
    jsonl(tmp_path / "exchanges-c.jsonl", NEEDED | {"prompt": "hi"})
    with pytest.raises(InputError, match=r"carries fingerprints, exchanges-c.jsonl texts"):
        open_traffic(tmp_path, settings=SMALL)


def test_accounts_have_one_row_each(tmp_path: Path) -> None:
    jsonl(tmp_path / "exchanges.jsonl", NEEDED)
    pq.write_table(sample_accounts(), tmp_path / "accounts-1.parquet")
    jsonl(
        tmp_path / "accounts-2.jsonl",
        {"account_id": "acct_3", "created_at": "2026-01-02", "org_id": "later"},
        {"account_id": "acct_3", "created_at": "2026-01-01", "org_id": "first"},
        {"account_id": "aaa", "agreements": ["distillation"]},
        {"account_id": "aaa", "agreements": ["distillation"]},
        {"account_id": ""},
    )
    (tmp_path / "accounts-3.csv.gz").write_bytes(gzip.compress(b"account_id,plan\nzzz,pro\n"))
    rejects = Rejects()
    accounts = open_traffic(tmp_path, settings=SMALL).accounts(rejects)
    assert accounts.schema.equals(ACCOUNTS.schema)
    ids = accounts.column("account_id").to_pylist()
    assert ids == ["aaa", *(f"acct_{index}" for index in range(10)), "zzz"]
    assert accounts.to_pylist()[4]["org_id"] == "first"
    # The table's own row of the account has no time of creation: it comes last and is counted, too.
    assert rejects.counts == {"account_id: another row tells otherwise of the same account": 2, "account_id: blank": 1}


def test_account_tables_stand_and_exchanges_fill_their_gaps(tmp_path: Path) -> None:
    facts = {"user_api_key_hash": "h1", "user_api_key_user_email": "ana@example.com", "user_api_key_org_id": "org_2"}
    jsonl(tmp_path / "log.jsonl", {"id": "1", "startTime": 1_772_438_400, "model": "m", "metadata": facts})
    (tmp_path / "accounts.csv").write_text("account_id,org_id\nh1,org_1\n")
    traffic, rejects = open_traffic(tmp_path, settings=SMALL), Rejects()
    assert table_of(traffic, rejects).num_rows == 1
    row = traffic.accounts(rejects).to_pylist()[0]
    assert (row["org_id"], row["email_local"], row["email_domain"]) == ("org_1", "ana", "example.com")
    assert rejects.notes == {"exchanges tell otherwise of an account than its table, which stands": 1}
    assert "accounts.email_domain" in rejects.filled_columns


def test_rejected_rows_are_written_with_their_place(tmp_path: Path) -> None:
    file = jsonl(
        tmp_path / "exchanges.jsonl",
        NEEDED | {"account_id": "  ", "prompt": "secret"},
        NEEDED,
        NEEDED | {"started_at": 5},
    )
    out = tmp_path / "rejected.jsonl"
    with Rejects(out) as rejects:
        assert table_of(open_traffic(file, settings=SMALL), rejects).num_rows == 1
    assert [json.loads(line) for line in out.read_text().splitlines()] == [
        {"file": str(file), "line": 1, "column": "account_id", "reason": "blank", "exchange_id": "e1"},
        {
            "file": str(file),
            "line": 3,
            "column": "started_at",
            "reason": "before 2015 or after 2100",
            "exchange_id": "e1",
        },
    ]


def test_rows_of_parquet_are_counted_through_row_groups(tmp_path: Path) -> None:
    ids = [f"e{row}" for row in range(20)]
    accounts = ["a"] * 17 + [" "] + ["a"] * 2
    table = pa.table(
        {"exchange_id": ids, "started_at": [1_772_438_400] * 20, "account_id": accounts, "model": ["m"] * 20}
    )
    pq.write_table(table, tmp_path / "exchanges.parquet", row_group_size=6)
    out = tmp_path / "rejected.jsonl"
    with Rejects(out) as rejects:
        assert (
            table_of(
                open_traffic(tmp_path / "exchanges.parquet", settings=ReadSettings(batch_rows=4)), rejects
            ).num_rows
            == 19
        )
    assert json.loads(out.read_text())["line"] == 18


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("exchanges.parquet", b"PAR1 but not really", "not a readable Parquet file"),
        (
            "exchanges.csv",
            b"exchange_id,started_at,model\n1,2,3\n",
            r"exchanges.csv:1 column account_id: needed column",
        ),
        ("exchanges.jsonl", b'{"exchange_id":"a","model":"m","account_id":"k"}\n', "column started_at: needed column"),
        ("other.jsonl", b'{"when": 1, "who": 2}\n', "unknown format; the first record holds when, who"),
        ("other.jsonl", b"\x00\x01\x02", "no record can be read"),
        ("exchanges.jsonl.gz", gzip.compress(json.dumps(NEEDED).encode() * 99, mtime=0)[:-12], "truncated gzip"),
    ],
    ids=["parquet", "csv", "jsonl", "unknown", "binary", "gzip"],
)
def test_unusable_files_are_named_with_the_mend(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        table_of(open_traffic(tmp_path / name, settings=SMALL))
    assert caught.value.file == str(tmp_path / name)
    assert caught.value.mend


def test_inputs_that_hold_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no exchanges found"):
        open_traffic(tmp_path, settings=SMALL)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(InputError, match=r"not a known format: notes.txt"):
        open_traffic(tmp_path, settings=SMALL)
    with pytest.raises(InputError, match="no such file or folder"):
        open_traffic(tmp_path / "none", settings=SMALL)
    with pytest.raises(InputError, match=r"unknown source 'kafka'.*Known sources: bedrock, canonical, litellm,"):
        open_traffic(tmp_path, settings=SMALL, source="kafka")


@pytest.mark.parametrize("name", ["exchanges.jsonl", "exchanges.csv", "anything.json"])
def test_an_empty_file_holds_no_rows(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"")
    rejects = Rejects()
    assert table_of(open_traffic(tmp_path / name, settings=SMALL), rejects).num_rows == 0
    assert rejects.notes == {"empty file": 1}


def test_a_parquet_table_without_rows(tmp_path: Path) -> None:
    pq.write_table(EXCHANGES.schema.empty_table(), tmp_path / "exchanges.parquet")
    traffic = open_traffic(tmp_path, settings=SMALL)
    rejects = Rejects()
    assert table_of(traffic, rejects).num_rows == 0
    assert rejects.filled_columns == set()


def test_faulty_releases_are_named(tmp_path: Path) -> None:
    jsonl(tmp_path / "exchanges.jsonl", NEEDED)
    for content, message in (
        ("{", "not JSON"),
        ("{}", "not a list"),
        ('[{"model": "m", "released_at": "x"}]', "models.json:1"),
    ):
        (tmp_path / "models.json").write_text(content)
        with pytest.raises(InputError, match=message):
            open_traffic(tmp_path, settings=SMALL)


def test_a_named_source_stands_over_the_content(tmp_path: Path) -> None:
    both = {
        "exchange_id": "x",
        "id": "1",
        "startTime": 1_772_438_400,
        "model": "m",
        "metadata": {"user_api_key_hash": "h"},
    }
    file = jsonl(tmp_path / "log.jsonl", both)
    assert table_of(open_traffic(file, settings=SMALL, source="litellm")).column("exchange_id").to_pylist() == ["1"]


def test_trusted_proxies_choose_the_hop(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "exchanges.jsonl", NEEDED | {"client_ip": "6.6.6.6, 203.0.113.7, 10.0.0.1"})
    for hops, address in ((0, "10.0.0.1"), (1, "203.0.113.7")):
        traffic = open_traffic(file, settings=ReadSettings(trusted_proxies=hops))
        assert table_of(traffic).column("client_ip").to_pylist() == [address]
