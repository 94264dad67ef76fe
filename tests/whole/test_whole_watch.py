"""A watch accuses nobody: what each consumer of a result makes of one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import hydrometer as hy
from fixtures.page_reader import read
from fixtures.sample_result import site_key
from fixtures.watched_results import COURSE, WOULD_DECIDE, WatchedResult, write_watched_result
from hydrometer.cli.app import app
from hydrometer.enforcement.signing_keys import make_keys, read_verify_key
from hydrometer.enforcement.snapshots.snapshot_file import unpack_snapshot
from hydrometer.intelligence.exchange import ShareRequest, add_campaign, share_campaign

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """
version: 1
mode: enforce
appeal: https://provider.example/appeal
rules:
  - {name: members, when: verdict.member, action: verify, reason: please verify}
  - {name: successors, when: verdict.successor, action: withhold_reasoning, reason: limited}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> WatchedResult:
    return write_watched_result(tmp_path_factory.mktemp("watched") / "result")


def ran(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def test_the_result_holds_it_apart_and_reads_back(made: WatchedResult) -> None:
    result = hy.Result.load(made.path)
    assert [each.id for each in result] == [made.campaign.id]
    assert [each.id for each in result.watches] == [made.watch.id]
    listed = json.loads((made.path / "campaigns.json").read_bytes())["campaigns"]
    assert [(each["id"], each["verdict"]) for each in listed] == [
        (made.campaign.id, "campaign"),
        (made.watch.id, "watch"),
    ]
    assert "watched, nobody accused: 1" in repr(result)
    with pytest.raises(KeyError):
        result[made.watch.id]


def test_the_report_shows_it_plainly_and_names_no_account_of_it(made: WatchedResult) -> None:
    page = read((made.path / "report.html").read_text("utf-8"))
    assert page.one("h1").text.endswith("; 1 watch, nobody accused")
    said = page.by_id("watches").text
    assert "Watches: suspected, nobody accused" in said
    assert f"Between 4 and 9 of {made.watch.accounts} accounts may be run by one hand" in said
    for text in (
        WOULD_DECIDE,
        "a course",
        COURSE.explains[0],
        COURSE.fails_to_explain[0],
        "Operation: ",
        "Affiliation: ",
    ):
        assert text in said
    assert not [account for account in made.watched if account in page.text]
    assert [row[0] for row in page.one("table", "campaigns").rows()] == [made.campaign.id]


def test_explain_tells_of_it_and_of_its_accounts_without_accusing_them(made: WatchedResult) -> None:
    told = ran("explain", str(made.path), "--campaign", made.watch.id)
    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    assert lines[0] == f"Watch {made.watch.id}"
    assert lines[1].startswith("Suspected, nobody accused. Between 4 and 9 of ")
    assert f"  - {WOULD_DECIDE}" in lines
    assert "The best innocent explanation: a course" in lines
    assert (
        json.loads(ran("explain", str(made.path), "--campaign", made.watch.id, "--json").stdout)["probability"] is None
    )
    account = ran("explain", str(made.path), "--account", made.watched[0])
    assert account.exit_code == 0
    assert account.stdout.splitlines()[1].startswith("Member of no campaign.")
    assert f"the group became watch {made.watch.id}. A watch accuses nobody" in account.stdout
    assert "likely (" not in account.stdout.split("In group")[1].split("\n\n")[0]


def test_explain_refuses_an_account_that_neither_result_nor_traffic_has(made: WatchedResult) -> None:
    account = made.members[0]
    mistyped = ran("explain", str(made.path), "--account", f"{account}x")
    assert mistyped.exit_code == 2
    assert "neither in this result nor in its traffic" in mistyped.stderr
    assert account in mistyped.stderr
    result = hy.Result.load(made.path)
    somewhere = set(result.considered["account_id"].to_pylist())
    strangers = set(pq.read_table(hy.sample() / "exchanges.parquet")["account_id"].to_pylist()) - somewhere
    told = ran("explain", str(made.path), "--account", min(strangers))
    assert told.exit_code == 0
    assert "Never in any candidate group." in told.stdout


def test_it_is_not_shared_in_any_format(made: WatchedResult, tmp_path: Path) -> None:
    for form in ("stix", "misp", "ocsf", "csv"):
        with pytest.raises(hy.InputError, match=f"{made.watch.id} is a watch, not a campaign"):
            share_campaign(ShareRequest(made.path, made.watch.id, "amber"), form, tmp_path / f"out.{form}")
    with pytest.raises(hy.InputError, match="is a watch"):
        add_campaign(tmp_path / "intel", made.path, made.watch.id)
    refused = ran("share", str(made.path), made.watch.id, "--tlp", "amber", "--out", str(tmp_path / "bundle.json"))
    assert refused.exit_code == 2
    assert not (tmp_path / "bundle.json").exists()
    shared = share_campaign(ShareRequest(made.path, made.campaign.id, "amber"), "stix")
    assert made.watch.id.encode() not in shared.content
    assert not [account for account in made.watched if account.encode() in shared.content]


def test_no_case_is_opened_by_it(made: WatchedResult, tmp_path: Path) -> None:
    book = hy.Casebook(tmp_path / "cases.db")
    with pytest.raises(hy.InputError, match=f"{made.watch.id} is a watch, not a campaign"):
        book.decide(made.path, made.watch.id, "uphold", by="ada", why="they look alike")
    case = book.decide(made.path, made.campaign.id, "uphold", by="ada", why="one card")
    assert not set(case.accounts) & set(made.watched)


def test_a_guard_learns_nothing_of_it(made: WatchedResult, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY, "utf-8")
    make_keys(tmp_path / "signing")
    written = ran(
        "guard", "snapshot", str(made.path), "--policy", str(tmp_path / "policy.yaml"),
        "--key", str(tmp_path / "signing"), "--accounts", str(hy.sample()), "--site-key", str(site_key()),
        "--out", str(tmp_path / "snapshot"),
    )  # fmt: skip
    assert written.exit_code == 0, written.output
    snapshot = unpack_snapshot((tmp_path / "snapshot").read_bytes(), [read_verify_key(tmp_path / "signing.pub")])
    assert [each.id for each in snapshot.campaigns] == [made.campaign.id]
    with hy.Guard(tmp_path / "snapshot", tmp_path / "signing.pub", site_key=site_key()) as guard:
        request = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
        assert {guard.decide(request, account).done for account in made.watched} == {"allow"}
        assert "verify" in {guard.decide(request, account).done for account in made.members}


def test_it_is_not_attributed(made: WatchedResult) -> None:
    attributed = hy.attribute(hy.Result.load(made.path), hy.sample() / "intel")
    assert [each.id for each in attributed.campaigns] == [made.campaign.id]
    assert [each.attribution.status for each in attributed.watches] == [made.watch.attribution.status]


def test_an_evaluation_counts_it_neither_as_found_nor_as_false(made: WatchedResult) -> None:
    summary = hy.evaluate(made.path, hy.sample())
    assert summary.watches == 1
    (score,) = summary.scores
    assert (score.watches, score.campaigns.campaigns, score.campaigns.false) == (1, 1, 0)
    assert sum(row.found for row in score.operators) == 1
    assert "listed campaigns without members" not in summary.notes
    assert "1; neither found nor false" in ran("evaluate", str(made.path), str(hy.sample())).stdout


def test_detect_counts_campaigns_and_watches_apart(made: WatchedResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrometer.api.detect", lambda *_, **__: hy.Result.load(made.path))
    told = ran("detect", "logs", "--out", str(made.path), "--quiet")
    assert told.exit_code == 0, told.output
    assert "1 watch: suspected, nobody accused, no account named" in told.stdout
    assert f"{made.watch.id}: Between 4 and 9 of " in told.stdout
    assert "1.00" not in told.stdout
    assert f"{min(made.campaign.probability, 0.99):.2f} " in " ".join(told.stdout.split())
    said = json.loads(ran("detect", "logs", "--out", str(made.path), "--quiet", "--json").stdout)
    assert [each["id"] for each in said["campaigns"]] == [made.campaign.id]
    assert [each["suspected_accounts"] for each in said["watches"]] == [[4, 9]]
