"""Bad rows are counted and shown, repeats count once, and hostile texts stay texts."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from fixtures.detected_worlds import Labelled, Outcome, detected, lines, written
from hydrometer.contract.errors import InputError
from hydrometer.contract.exchange_columns import EXCHANGES

if TYPE_CHECKING:
    from pathlib import Path


def test_broken_rows_are_left_out_counted_and_written_down(
    small: Labelled, small_outcome: Outcome, site_key: Path, tmp_path: Path
) -> None:
    rows = small.world.exchanges.to_pylist()
    sound = len(rows)
    secret = "the words of a broken row"  # noqa: S105
    first = {**rows[0], "prompt": secret, "started_at": "2026-04-06T00:00:00Z"}
    broken = [
        {**first, "exchange_id": "no-account", "account_id": None},
        {**first, "exchange_id": "no-time", "started_at": "yesterday"},
        {**first, "exchange_id": None},
        {**first, "exchange_id": "no-model", "model": ""},
    ]
    traffic = tmp_path / "world"
    traffic.mkdir()
    (traffic / "exchanges.jsonl").write_bytes(lines(rows) + lines(broken) + b'{"exchange_id": "cut off')
    pq.write_table(small.world.accounts, traffic / "accounts.parquet")
    (traffic / "models.json").write_bytes(orjson.dumps(small.world.releases))
    outcome = detected(traffic, tmp_path / "result", site_key)
    told = [orjson.loads(line) for line in (outcome.out / "rejected.jsonl").read_bytes().splitlines()]
    assert sorted(row["line"] for row in told) == list(range(sound + 1, sound + 6))
    for row in told:
        assert row["file"].endswith("exchanges.jsonl")
        assert row["reason"]
    assert {row.get("exchange_id") for row in told} >= {"no-account", "no-time", "no-model"}
    assert secret not in (outcome.out / "rejected.jsonl").read_text("utf-8")
    counts: dict[str, int] = {}
    for row in told:
        reason = f"{row['column']}: {row['reason']}" if row["column"] else row["reason"]
        counts[reason] = counts.get(reason, 0) + 1
    assert outcome.run.rejected == counts
    assert orjson.loads((outcome.out / "run.json").read_bytes())["rejected"] == counts
    assert outcome.run.rows["exchanges"] == sound
    assert outcome.groups == small_outcome.groups


def test_a_repeated_exchange_counts_once(
    small: Labelled, small_outcome: Outcome, site_key: Path, tmp_path: Path
) -> None:
    exchanges = small.world.exchanges
    twice = pa.concat_tables([exchanges, exchanges.slice(1_000, 3_000), exchanges.slice(2_000, 500)])
    traffic = written(tmp_path / "world", twice, small.world.accounts, small.world.releases)
    outcome = detected(traffic, tmp_path / "result", site_key)
    assert outcome.run.rows["exchanges"] == exchanges.num_rows
    assert outcome.run.rows["exchanges that repeat an id"] == 3_500
    assert outcome.campaigns == small_outcome.campaigns
    assert outcome.taken == small_outcome.taken


def test_a_folder_of_nothing_but_one_exchange_again_and_again_is_one_exchange(
    small: Labelled, site_key: Path, tmp_path: Path
) -> None:
    one = small.world.exchanges.slice(0, 1)
    outcome = detected(written(tmp_path / "world", pa.concat_tables([one] * 50), None), tmp_path / "result", site_key)
    assert outcome.campaigns == []
    assert outcome.run.rows["exchanges"] == 1
    assert outcome.run.rows["exchanges that repeat an id"] == 49


@pytest.mark.parametrize("accounts", [True, False])
def test_files_without_rows_give_a_result_without_campaigns(
    accounts: bool, small: Labelled, site_key: Path, tmp_path: Path
) -> None:
    known = small.world.accounts if accounts else None
    traffic = written(tmp_path / "world", EXCHANGES.schema.empty_table(), known)
    outcome = detected(traffic, tmp_path / "result", site_key)
    assert outcome.run.status == "done"
    assert outcome.campaigns == []
    assert outcome.run.rows["exchanges"] == 0
    assert (outcome.run.first_exchange, outcome.run.last_exchange) == (None, None)
    assert outcome.read().members.num_rows == 0


def test_an_empty_file_beside_a_full_one_is_noted(
    small: Labelled, small_outcome: Outcome, site_key: Path, tmp_path: Path
) -> None:
    traffic = written(tmp_path / "world", small.world.exchanges, small.world.accounts, small.world.releases)
    (traffic / "exchanges-late.jsonl").write_bytes(b"")
    outcome = detected(traffic, tmp_path / "result", site_key)
    assert outcome.groups == small_outcome.groups
    assert any("empty" in note for note in outcome.run.notes)


def test_a_folder_without_traffic_is_refused_and_a_folder_of_something_else_is_not_overwritten(
    small: Labelled, site_key: Path, tmp_path: Path
) -> None:
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InputError):
        detected(tmp_path / "nothing", tmp_path / "result", site_key)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"thesis\.txt"):
        detected(small.folder, mine, site_key)
    assert [path.name for path in mine.iterdir()] == ["thesis.txt"]


class Tags(HTMLParser):
    """The elements and attributes that a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: dict[str, int] = {}
        self.handlers: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] = self.elements.get(tag, 0) + 1
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def test_hostile_prompts_and_ids_stay_texts(
    small: Labelled, small_outcome: Outcome, site_key: Path, tmp_path: Path
) -> None:
    attack = '</script><img src=x onerror="alert(1)"><svg onload=alert(2)>'
    evil = pa.array(sorted(small.run_by_operators))

    def renamed(table: pa.Table, column: str, joined: pa.Table) -> pa.Table:
        mine = pc.is_in(joined["account_id"], value_set=evil)
        values = pc.if_else(mine, pc.binary_join_element_wise(attack, table[column], " "), table[column])
        return table.set_column(table.schema.get_field_index(column), column, values)

    exchanges = renamed(small.world.exchanges, "prompt", small.world.exchanges)
    exchanges = renamed(exchanges, "model", small.world.exchanges)
    exchanges = renamed(exchanges, "account_id", small.world.exchanges)
    accounts = renamed(small.world.accounts, "email_domain", small.world.accounts)
    accounts = renamed(accounts, "payment_bin", small.world.accounts)
    accounts = renamed(accounts, "account_id", small.world.accounts)
    traffic = written(tmp_path / "world", exchanges, accounts, small.world.releases)
    outcome = detected(traffic, tmp_path / "result", site_key)
    assert len(outcome.members) >= 0.9 * len(small.run_by_operators)
    assert all(account.startswith(attack) for account in outcome.members)
    page = (outcome.out / "report.html").read_text("utf-8")
    assert "onerror" in page
    hostile, plain = Tags(page), Tags((small_outcome.out / "report.html").read_text("utf-8"))
    assert hostile.elements.get("img", 0) == plain.elements.get("img", 0)
    assert hostile.elements.get("script", 0) == plain.elements.get("script", 0)
    assert hostile.handlers == plain.handlers
