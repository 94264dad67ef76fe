"""From a detection to what is done: backtests, what people decide, the audit log, and back to detection."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from hydrometer import api
from hydrometer.cli.app import app
from hydrometer.contract.cases import Constraint
from hydrometer.contract.errors import InputError
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.enforcement.audit.audit_log import AuditLog
from hydrometer.enforcement.audit.chain_verification import verify_log
from hydrometer.enforcement.audit.log_entries import record_snapshot
from hydrometer.enforcement.audit.log_reader import read_entries
from hydrometer.enforcement.backtest.policy_backtest import BacktestRequest, run_backtest, write_backtest
from hydrometer.enforcement.casebook.case_service import CaseService, resolve_audit_folder
from hydrometer.enforcement.casebook.casebook_queries import Casebook
from hydrometer.enforcement.snapshots.snapshot_build import SnapshotOptions
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from hydrometer.contract.backtest_records import Backtest

HALF = datetime(2026, 4, 12, tzinfo=UTC)
POLICY = """
version: 1
rules:
  - {name: held, when: verdict.member && verdict.probability >= 0.5, action: verify, reason: please verify}
  - {name: upheld, when: verdict.reviewed, action: block, person: true, reason: on hold}
  - {name: everybody, when: request.model != '' && request.n > 5, action: throttle, reason: too many}
  - {name: long, when: request.words > 4000 && !request.reasoning, action: withhold_reasoning, reason: too long}
budgets:
  - {name: hourly, over: account, requests: 40, seconds: 3600, reason: too fast}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of the bundled sample, a policy, and the site key that both went by."""
    made = tmp_path_factory.mktemp("responding")
    api.detect(
        api.sample(),
        made / "result",
        Settings(exhibits=False),
        site_key=made / "site.key",
        mapping=None,
        source=None,
        progress=SilentProgress(),
    )
    (made / "policy.yaml").write_text(POLICY)
    return made


def asked(folder: Path, **changes: Any) -> BacktestRequest:
    given: dict[str, Any] = {
        "policy": folder / "policy.yaml",
        "result": folder / "result",
        "traffic": api.sample(),
        "site_key": folder / "site.key",
        "truth": api.sample(),
        "known_from": HALF,
        "thresholds": False,
    }
    return BacktestRequest(**(given | changes))


def record_of(folder: Path, **changes: Any) -> Backtest:
    return run_backtest(asked(folder, **changes), SilentProgress()).record


def test_a_backtest_counts_what_the_truth_and_the_time_say(folder: Path) -> None:
    # Whoever is likelier a member than not, so that both campaigns of the sample count.
    options = SnapshotOptions(member=0.5)
    tried = run_backtest(asked(folder, thresholds=True, snapshot_options=options), SilentProgress())
    record = tried.record
    truth = pq.read_table(api.sample().with_name("world.truth") / "exchanges.parquet")
    harvest = truth.filter(pc.is_valid(truth["campaign"]))
    assert record.harvest.requests == harvest.num_rows
    times = pq.read_table(api.sample() / "exchanges.parquet", columns=["exchange_id", "started_at"])
    before = times.join(harvest, "exchange_id", join_type="inner").filter(pc.field("started_at") < HALF)
    assert record.unknown == before.num_rows
    assert sum(record.harvest.actions.values()) == record.harvest.requests
    assert 0.9 * (record.harvest.requests - record.unknown) < record.harvest.stopped
    assert record.harvest.stopped <= record.harvest.requests
    assert record.honest.touched_accounts <= 0.02 * record.honest.accounts
    assert sum(each.effect.requests for each in record.groups) == record.honest.requests
    assert sum(each.harvest for each in record.days) == record.harvest.requests
    assert [each.rule for each in record.rules] == ["held", "upheld", "everybody", "long", "hourly"]
    moved = {each.threshold: each for each in record.thresholds}
    assert {each.rule for each in record.thresholds} == {"held"}
    assert moved[0.5].current
    stopped = [moved[threshold].stopped for threshold in sorted(moved)]
    assert stopped == sorted(stopped, reverse=True)
    assert any("request.n;" in note and "everybody" in note for note in record.notes)
    assert any("as known from 2026-04-12" in note for note in record.notes)


def test_a_backtest_is_written_as_a_page_a_record_and_decisions(folder: Path, tmp_path: Path) -> None:
    tried = run_backtest(asked(folder), SilentProgress())
    write_backtest(tried, tmp_path / "out")
    page = (tmp_path / "out" / "backtest.html").read_text("utf-8")
    assert "<script" not in page
    assert "default-src 'none'" in page
    told = json.loads((tmp_path / "out" / "backtest.json").read_text())
    assert told["harvest"]["stopped"] == tried.record.harvest.stopped
    decisions = pq.read_table(tmp_path / "out" / "decisions.parquet")
    assert decisions.num_rows == sum(count for effect in (tried.record.rules) for count in [effect.requests])
    assert decisions["started_at"].to_pylist() == sorted(decisions["started_at"].to_pylist())
    assert run_backtest(asked(folder), SilentProgress()).record.harvest == tried.record.harvest


def test_before_a_result_was_known_nothing_is_held_against_anybody(folder: Path) -> None:
    record = record_of(folder, known_from=None)
    assert record.harvest.actions.get("verify", 0) == 0
    assert record.unknown >= record.harvest.requests - 1
    assert any("before a result was known" in note for note in record.notes)
    assert not record.results[0].as_if


def test_without_a_truth_the_result_says_what_is_a_harvest(folder: Path) -> None:
    record = record_of(folder, truth=None, as_if_upheld=True)
    result = ResultFolder.read(folder / "result")
    assert record.truth == "result"
    assert record.harvest.requests == result.harvested.num_rows
    assert record.harvest.actions["block"] > 0
    assert {each.group for each in record.groups} >= {"free", "pro"} or len(record.groups) > 1


def test_traffic_without_a_table_of_accounts_has_customers_of_no_known_plan(folder: Path) -> None:
    record = record_of(folder, truth=None, traffic=api.sample() / "exchanges.parquet")
    assert [each.group for each in record.groups] == ["no plan known"]
    assert record.harvest.stopped > 0


def test_too_much_traffic_is_sampled_by_account_and_says_so(folder: Path) -> None:
    whole, part = record_of(folder), record_of(folder, sample_limit=4_000)
    assert part.sampled_share < 1
    assert part.replayed < whole.replayed
    assert part.harvest.requests == whole.harvest.requests
    assert part.honest.accounts == pytest.approx(whole.honest.accounts, rel=0.35)
    assert any("were replayed, and their counts multiplied" in note for note in part.notes)


def test_a_result_of_an_earlier_day_comes_first(folder: Path) -> None:
    record = record_of(folder, more_results=[folder / "result"], known_from=HALF)
    assert [each.as_if for each in record.results] == [True, False]
    assert record.harvest == record_of(folder).harvest


def test_a_folder_of_results_is_known_day_by_day(folder: Path, tmp_path: Path) -> None:
    for day in ("2026-04-18", "2026-04-19"):
        shutil.copytree(folder / "result", tmp_path / "days" / day)
    record = record_of(folder, result=tmp_path / "days", known_from=None)
    assert [Path(each.result).name for each in record.results] == ["2026-04-18", "2026-04-19"]
    with pytest.raises(InputError, match="holds 2 results"):
        run_backtest(asked(folder, result=tmp_path / "days"), SilentProgress())


def ran(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_policies_from_the_command_line(folder: Path, tmp_path: Path) -> None:
    example = tmp_path / "policy.yaml"
    example.write_text(ran("policy", "show").stdout)
    assert ran("policy", "check", example).exit_code == 0
    assert ran("policy", "test", example).stdout == "6 of 6 tests passed\n"
    assert "verify-likely-members" in ran("policy", "show", example).stdout
    example.write_text(example.read_text() + "  - {name: wrong, given: {}, expect: block}\n")
    failed = ran("policy", "test", example)
    assert failed.exit_code == 2
    assert "wrong: expected block, got allow" in failed.stdout
    example.write_text("version: 1\nrulez: []\n")
    refused = ran("policy", "check", example)
    assert refused.exit_code == 2
    assert f"{example}:2:1: does not know `rulez`. Did you mean `rules`?" in refused.stdout
    shown = ran(
        "policy", "backtest", folder / "policy.yaml", folder / "result", api.sample(), "--quiet", "--json",
        "--no-thresholds", "--as-if-known-from", "2026-04-12", "--site-key", folder / "site.key",
    )  # fmt: skip
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["results"][0]["as_if"]


def test_from_a_decision_to_an_appeal_to_detection(folder: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.db"
    result = ResultFolder.read(folder / "result")
    campaign = result.campaigns[0].id
    account = result.members.filter(pc.field("campaign_id") == campaign)["account_id"][0].as_py()
    where = ("--casebook", book)
    decided = ran("decide", folder / "result", campaign, "uphold", "--by", "ann", "--why", "seen before", *where)
    assert decided.exit_code == 0, decided.output
    opened = ran(
        "appeal", "open", campaign, "--account", account, "--by", "x", "--statement", "a school", "--json", *where
    )
    appeal = json.loads(opened.stdout)["appeal"]
    refused = ran("appeal", "overturn", appeal, "--by", "ann", "--why", "indeed", *where)
    assert refused.exit_code == 2
    assert "--alone" in refused.stderr
    assert ran("appeal", "overturn", appeal, "--by", "bob", "--why", "indeed", *where).exit_code == 0
    shown = ran("appeal", "show", appeal, *where).stdout
    assert "overturned by bob: indeed" in shown
    assert f"{account}: " in shown
    with Casebook(str(book)) as opened_book:
        judged = opened_book.judged_accounts()
    assert judged.cleared == (account,)
    assert (account, campaign) not in judged.upheld
    assert [entry.body.get("step", entry.kind) for entry in read_entries(resolve_audit_folder(str(book), None))] == [
        "review",
        "opened",
        "overturned",
    ]
    found = api.detect(
        api.sample(),
        tmp_path / "again",
        Settings(exhibits=False),
        site_key=folder / "site.key",
        mapping=None,
        source=None,
        progress=SilentProgress(),
        constraints=str(book),
    )
    assert found.run.notes["accounts cleared by a person"] == 1
    assert found.run.notes["accounts that a person found an operator's: members"] > 10
    assert "accounts that a person found honest: members all the same" not in found.run.notes
    members = ResultFolder.read(tmp_path / "again").members["account_id"].to_pylist()
    assert account not in members
    assert len(members) > 20


def test_an_appeal_against_a_decision_of_a_gateway_finds_it_in_the_log(tmp_path: Path) -> None:
    with AuditLog(tmp_path / "gateway") as log:
        body = {"account": "a", "case": "K7Q2", "action": "verify", "rule": "held", "campaign": "HY-1", "why": "member"}
        log.append_all([("decision", {**body, "case": "other"}), ("decision", body)])
    desk = CaseService(str(tmp_path / "book.db"))
    with pytest.raises(InputError, match="no case K7Q2"):
        desk.open_appeal("K7Q2", None, by="a", statement="why")
    appeal, account = desk.open_appeal("K7Q2", None, by="a", statement="why", logs=[tmp_path / "gateway"])
    assert account == "a"
    case, kept, reviews, appeals = desk.read_case_file("K7Q2")
    assert (case.kind, case.action, case.rule, reviews) == ("decision", "verify", "held", [])
    assert kept[0].body["why"] == "member"
    assert appeals[0].id == appeal
    assert verify_log(tmp_path / "book.db.audit").lines == 1


def test_a_change_that_is_not_logged_is_not_made(tmp_path: Path) -> None:
    place = tmp_path / "book.db"
    (tmp_path / "book.db.audit").write_text("in the way")
    desk = CaseService(str(place))
    with pytest.raises(InputError, match="cannot be used"):
        desk.review("HY-1", "uphold", by="ann", why="seen")
    with pytest.raises(InputError, match="needs a folder for its audit log"):
        resolve_audit_folder("postgresql://me@host/name", None)
    with pytest.raises(InputError, match="is not there"), CaseService(str(tmp_path / "none.db")).open_casebook():
        pass


def test_where_the_log_cannot_be_written_nothing_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(tmp_path / "book.db")
    pair = Constraint(kind="cleared", account="a", by="ann", why="known")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    Casebook(place).close()
    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", full)
        with pytest.raises(InputError, match="cannot be used: No space left"):
            CaseService(place).add_constraint(pair)
    with AuditLog(tmp_path / "book.db.audit"), monkeypatch.context() as broken:
        broken.setattr("hydrometer.enforcement.audit.audit_log.AuditLog.append", lambda *_: full(0))
        broken.setattr("hydrometer.enforcement.audit.audit_log._try_lock", lambda _: True)
        with pytest.raises(InputError, match="nothing was changed: No space left"):
            CaseService(place).add_constraint(pair)
    with Casebook(place) as book:
        assert book.judged_accounts().cleared == ()
    assert CaseService(place).add_constraint(pair)
    assert verify_log(tmp_path / "book.db.audit").whole


def test_a_snapshot_is_logged_with_its_policy_when_that_is_new(tmp_path: Path) -> None:
    policy, log = tmp_path / "policy.yaml", tmp_path / "log"
    for text in ("version: 1", "version: 1", "version: 1\nmode: shadow"):
        policy.write_text(text)
        record_snapshot(log, policy, {"version": "v"})
    assert [entry.kind for entry in read_entries(log)] == ["policy", "snapshot", "snapshot", "policy", "snapshot"]
    assert [entry.body["mode"] for entry in read_entries(log) if entry.kind == "policy"] == ["observe", "shadow"]


def test_the_audit_log_from_the_command_line(folder: Path, tmp_path: Path) -> None:
    where = ("--casebook", tmp_path / "book.db")
    for who in ("cleared", "again"):
        assert ran("casebook", "constrain", "cleared", who, "--by", "ann", "--why", "known", *where).exit_code == 0
    assert ran("casebook", "revoke", "again", "--by", "ann", "--why", "not so", *where).exit_code == 0
    assert json.loads(ran("casebook", "export", *where).stdout)["constraints"][0]["account"] == "cleared"
    log = tmp_path / "book.db.audit"
    anchor = tmp_path / "anchor.json"
    anchor.write_text(ran("audit", "anchor", log).stdout)
    assert "3 lines, 1 to 3: whole; 2 anchors held" in ran("audit", "verify", log, "--anchor", anchor).stdout
    assert "revoked 1" in ran("audit", "tail", log, "-n", "1").stdout
    assert json.loads(ran("audit", "show", log, "2").stdout)["body"]["account"] == "again"
    assert ran("audit", "show", log, "9").exit_code == 2
    (file,) = log.glob("*.jsonl")
    file.write_bytes(file.read_bytes().replace(b"known", b"KNOWN", 1))
    altered = ran("audit", "verify", log, "--json")
    assert altered.exit_code == 2
    assert "altered" in json.loads(altered.stdout)["faults"][0]["what"]
    assert ran("casebook", "revoke", "cleared", "--by", "ann", "--why", "x", *where).exit_code == 2
    assert ran("review", "none", "sometimes", "--by", "a", "--why", "b", *where).exit_code == 2
    assert ran("policy", "shadow", log).stdout.startswith("0 requests of 0 accounts")
    assert "At step" in ran("casebook", "upgrade", *where).stdout
