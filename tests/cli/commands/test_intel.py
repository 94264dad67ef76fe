"""`hydrometer intel` and `hydrometer share` as people call them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from hydrometer import api
from hydrometer.cli.app import app
from hydrometer.contract.progress import SilentProgress
from hydrometer.files.settings_files import load_settings

if TYPE_CHECKING:
    from pathlib import Path


def ran(*arguments: str | Path, status: int = 0) -> Any:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exit_code == status, result.output
    return result


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("known")
    settings = load_settings(None, threads=1, exhibits=False)
    api.detect(
        api.sample(),
        out / "result",
        settings,
        site_key=out / "site.key",
        mapping=None,
        source=None,
        progress=SilentProgress(),
    )
    return out / "result"


@pytest.fixture(scope="module")
def campaign(result: Path) -> str:
    name: str = json.loads((result / "campaigns.json").read_text())["campaigns"][0]["id"]
    return name


def table(folder: Path, text: str = "kind,value,valid_until\nasn,64500,2020-01-01\n") -> Path:
    (folder / "sent.csv").write_text(text)
    return folder / "sent.csv"


def test_a_file_is_added_listed_judged_and_retracted(tmp_path: Path) -> None:
    folder = tmp_path / "intel"
    added = json.loads(
        ran("intel", "add", folder, table(tmp_path), "--source", "Hill", "--reliability", "B", "--json").stdout
    )
    assert (added["source"], added["reliability"], added["newer"]) == ("Hill", "B", 0)
    shown = json.loads(ran("intel", "list", folder, "--json").stdout)
    (indicator,) = shown["indicators"]
    assert (indicator["value"], indicator["revoked"]) == ("64500", False)
    assert (
        json.loads(ran("intel", "list", folder, "--valid", "--what", "indicators", "--json").stdout)["indicators"] == []
    )
    assert "64500" in ran("intel", "list", folder, "--kind", "asn", "--source", "Hill").stdout
    assert "indicators: 0" in ran("intel", "list", folder, "--kind", "ja4").stdout
    assert "past its validity" in ran("intel", "expire", folder).stdout
    assert "Withdrawn: 0" in ran("intel", "expire", folder).stdout
    assert "past its validity" in ran("intel", "lint", folder).stdout
    ran("intel", "opine", folder, indicator["id"], "false", "--because", "a customer's")
    (opinion,) = json.loads(ran("intel", "list", folder, "--json").stdout)["opinions"]
    assert (opinion["of"], opinion["stance"]) == (indicator["id"], "disagree")
    (source,) = [one["id"] for one in shown["sources"]]
    assert source in ran("intel", "retract", folder, source, "--why", "poisoned").stdout
    assert "Counts again" in ran("intel", "retract", folder, source, "--undo").stdout


def test_an_actor_and_an_earlier_campaign_become_known(result: Path, campaign: str, tmp_path: Path) -> None:
    release = ("--release", "LynxChat 2=2026-04-01")
    ran(
        "intel",
        "actor",
        tmp_path,
        "Lynx",
        "--alias",
        "GTG-1",
        *release,
        "--timezone",
        "Asia/Singapore",
        "--role",
        "operator",
    )
    made = ran("intel", "add", tmp_path, "--from-result", result, "--campaign", campaign, "--actor", "gtg-1", "--json")
    assert json.loads(made.stdout)["new"] > 0
    shown = json.loads(ran("intel", "list", tmp_path, "--of", "Lynx", "--json").stdout)
    assert shown["actors"][0]["releases"] == [{"product": "LynxChat 2", "day": "2026-04-01"}]
    assert shown["actors"][0]["hours"]["timezone"] == "Asia/Singapore"
    assert [one["name"] for one in shown["campaigns"]] == [campaign]
    assert "0 faults" not in ran("intel", "lint", tmp_path, "--result", result, "--most", "20").stdout


def test_a_campaign_is_shared_previewed_and_taken_back(result: Path, campaign: str, tmp_path: Path) -> None:
    out = tmp_path / "bundle.json"
    said = ran("share", result, "--campaign", campaign, "--tlp", "green", "--out", out)
    assert "Withheld" in said.stdout
    assert "template: its wording" not in said.stdout
    preview = ran("share", result, "--campaign", campaign, "--tlp", "green", "--preview")
    assert preview.stdout == out.read_text()
    assert "Withheld" in preview.stderr
    account = json.loads(ran("share", result, "--campaign", campaign, "--out", out, "--json").stdout)
    assert account["withheld"]
    assert account["leaves"]
    back = tmp_path / "back.json"
    ran("intel", "revoke", out, "--out", back)
    ran("intel", "add", tmp_path / "intel", out, "--source", "Hill")
    before = json.loads(ran("intel", "list", tmp_path / "intel", "--json").stdout)
    assert not any(one["revoked"] for one in before["indicators"])
    ran("intel", "add", tmp_path / "intel", back, "--source", "Hill")
    after = json.loads(ran("intel", "list", tmp_path / "intel", "--json").stdout)
    assert after["indicators"]
    assert all(one["revoked"] for one in [*after["indicators"], *after["campaigns"]])


def test_wordings_that_were_not_read_are_said_to_be(result: Path, campaign: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"k" * 16)
    (tmp_path / "key").chmod(0o600)
    said = ran("share", result, "--campaign", campaign, "--sharing-key", tmp_path / "key", "--preview")
    assert "its wording was not read" in said.stderr
    (tmp_path / "key").chmod(0o644)
    refused = ran("share", result, "--campaign", campaign, "--sharing-key", tmp_path / "key", "--preview", status=2)
    assert "may be read by others" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("intel", "add", "intel"), "--from-result"),
        (("intel", "add", "intel", "sent.csv"), "--source"),
        (("intel", "add", "intel", "sent.csv", "--source", "x", "--reliability", "Z"), "--reliability"),
        (("intel", "add", "intel", "sent.csv", "--source", "x", "--scale", "feet"), "scale feet is not known"),
        (("intel", "add", "intel", "nowhere.json", "--source", "x"), "no such file"),
        (("intel", "add", "intel", "sent.csv", "--source", "x", "--stopped", "soon"), "--stopped"),
        (("intel", "add", "intel", "--from-result", "nowhere"), "--campaign"),
        (("intel", "add", "intel", "--from-result", "nowhere", "--campaign", "x"), "no such folder"),
        (("intel", "actor", "intel", "Lynx", "--release", "x"), "--release"),
        (("intel", "actor", "intel", "Lynx", "--role", "king"), "--role"),
        (("intel", "list", "nowhere"), "no such folder"),
        (("intel", "list", ".", "--what", "all of it"), "--what"),
        (("intel", "retract", ".", "indicator--1"), "nothing has the id"),
        (("intel", "opine", ".", "x", "maybe"), "STANCE"),
        (("intel", "revoke", "sent.csv", "--out", "x.json"), "is no JSON"),
        (("share", "nowhere", "--campaign", "x"), "--preview"),
        (("share", "nowhere", "--campaign", "x", "--preview", "--tlp", "pink"), "--tlp"),
        (("share", "nowhere", "--campaign", "x", "--preview"), "no such folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_says_why(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert said in ran(*arguments, status=2).stderr
    assert not (tmp_path / "intel").exists()


def test_lint_is_strict_when_asked(tmp_path: Path) -> None:
    ran("intel", "add", tmp_path / "intel", table(tmp_path, "kind,value\nnetwork,10.0.0.0/8\n"), "--source", "x")
    assert "too broad" in ran("intel", "lint", tmp_path / "intel").stdout
    ran("intel", "lint", tmp_path / "intel", "--strict", "--json", status=2)


def test_hostile_names_are_spelt_out(tmp_path: Path) -> None:
    ran("intel", "actor", tmp_path, "Ly\x1b[31mnx")
    shown = ran("intel", "list", tmp_path).stdout
    assert "\x1b" not in shown
    assert "\\x1b" in shown


def test_a_folder_of_what_was_sent_is_added_whole(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number in (1, 2):
        (inbox / f"{number}.csv").write_text(f"kind,value\nasn,6450{number}\n")
    made = json.loads(ran("intel", "add", tmp_path / "intel", inbox, "--source", "Hill", "--json").stdout)
    assert made["new"] > 0
    shown = json.loads(ran("intel", "list", tmp_path / "intel", "--json").stdout)
    assert sorted(one["value"] for one in shown["indicators"]) == ["64501", "64502"]
    (inbox / "3.csv").write_text("kind,value\nasn,x\n")
    refused = ran("intel", "add", tmp_path / "intel", inbox, "--source", "Mill", status=2)
    assert "3.csv:2 column value" in refused.stderr
    assert len(json.loads(ran("intel", "list", tmp_path / "intel", "--json").stdout)["sources"]) == 1
    (tmp_path / "empty").mkdir()
    assert "holds no" in ran("intel", "add", tmp_path / "intel", tmp_path / "empty", "--source", "x", status=2).stderr
