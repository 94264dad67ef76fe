"""The commands, on a stand-in for the flow."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from fixtures import api_stand_in
from hydrometer import __version__
from hydrometer.cli.app import app
from hydrometer.cli.output.declared_settings import list_settings
from hydrometer.contract.settings import Settings
from hydrometer.files.settings_files import load_settings


@pytest.fixture(autouse=True)
def _flow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def put(target: object, name: str, value: object) -> None:
        monkeypatch.setattr(target, name, value, raising=False)

    api_stand_in.install(put)
    api_stand_in.CALLS.clear()
    monkeypatch.chdir(tmp_path)


def ran(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def test_version_is_the_packages() -> None:
    assert ran("--version").stdout == f"hydrometer {__version__}\n"


def test_a_place_for_spark_is_passed_on_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def fingerprint(traffic: object, out: object, settings: Settings, **_: object) -> Any:
        asked.update(traffic=traffic, out=out, engine=settings.engine)
        return api_stand_in.FingerprintSummary({}, {})

    monkeypatch.setattr("hydrometer.api.fingerprint", fingerprint)
    result = ran("fingerprint", "s3://bucket//logs", "--out", "table:prod.prints", "--engine", "spark")
    assert result.exit_code == 0, result.output
    assert asked == {"traffic": "s3://bucket//logs", "out": "table:prod.prints", "engine": "spark"}
    assert ran("fingerprint", "logs", "--out", "prints").exit_code == 0
    assert asked == {"traffic": Path("logs"), "out": Path("prints"), "engine": "embedded"}


def test_an_engine_that_there_is_not_is_told() -> None:
    result = ran("detect", "logs", "--out", "result", "--engine", "abacus")
    assert result.exit_code == 2
    assert "engine" in result.stderr
    assert "hydrometer settings" in result.stderr


def test_every_command_has_a_line_of_help() -> None:
    result = ran("--help")
    assert result.exit_code == 0
    for command in ("demo", "detect", "explain", "fingerprint", "settings"):
        line = next(line for line in result.stdout.splitlines() if line.strip().startswith(f"{command} "))
        assert len(line.split()) > 3


def test_detect_prints_campaigns_surest_first_and_all_that_limits_them() -> None:
    result = ran("detect", "logs", "--out", "result")
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines() if line.strip().startswith("H-")]
    assert [row[0] for row in rows] == ["H-0001", "H-0002"]
    assert " ".join(rows[0]) == (
        "H-0001 0.96 almost certain 1,240 90,500 88,123 code 61%, maths 30%, chat 5% 2026-02-01 – 2026-02-19"
    )
    for line in (
        "Read: 100,000 exchanges, 2,000 accounts",
        "Rejected: 12 rows, started_at is not a time",
        "Absent columns: ja4",
        "Off: relay: no column user_agent; relays cannot be seen",
        "Limit reached: sketches cut at 256 hashes: 4 exchanges",
        "Report: result/report.html",
    ):
        assert line in result.stdout.splitlines()


def test_detect_without_campaigns_says_so_and_what_was_off() -> None:
    result = ran("detect", "quiet", "--out", "result")
    assert result.exit_code == 0
    assert result.stdout.startswith("No campaigns found.\n")
    assert "Off: relay" in result.stdout


def test_nothing_in_traffic_can_steer_the_terminal() -> None:
    result = ran("detect", "odd", "--out", "result")
    assert "H-[red]\\x1b[31m\\u202e" in result.stdout
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout


def test_detect_json_is_only_json_and_progress_goes_to_stderr() -> None:
    result = ran("detect", "logs", "--out", "result", "--json")
    said = json.loads(result.stdout)
    assert [c["id"] for c in said["campaigns"]] == ["H-0002", "H-0001"]
    assert said["campaigns"][1]["likelihood"] == "almost certain"
    assert said["run"]["rejected"] == {"started_at is not a time": 12}
    assert said["run"]["signals_off"][0]["signal"] == "relay"
    assert "read: done, 1,000 rows" in result.stderr


def test_progress_in_a_pipe_is_plain_lines() -> None:
    lines = ran("detect", "logs", "--out", "result").stderr.splitlines()
    assert lines[0] == "read: begun, 1,000 rows"
    assert lines[1].startswith("read: done, 1,000 rows in ")
    assert lines[2:4] == ["signals: begun", "note: no column ja4"]
    assert lines[4].startswith("signals: done in ")
    assert len(lines) == 5


def test_quiet_shows_no_progress_but_the_result() -> None:
    result = ran("detect", "logs", "--out", "result", "--quiet")
    assert result.stderr == ""
    assert "H-0001" in result.stdout


def test_options_reach_the_flow() -> None:
    Path("my.toml").write_text("seed = 1\n[fingerprint]\nshingle_words = 5\n")
    ran(
        *("detect", "logs", "--out", "result", "--settings", "my.toml", "--seed", "9", "--threads", "2"),
        *("--memory", "1GB", "--no-exhibits", "--source", "otel", "--mapping", "map.toml", "--site-key", "key"),
    )
    call = api_stand_in.CALLS[-1]
    settings = call["settings"]
    assert isinstance(settings, Settings)
    assert (settings.seed, settings.threads, settings.memory, settings.exhibits) == (9, 2, "1GB", False)
    assert settings.fingerprint.shingle_words == 5
    assert (call["source"], call["mapping"], call["site_key"]) == ("otel", Path("map.toml"), Path("key"))


def test_explain_steps_prints_the_sql_of_these_settings_and_runs_nothing() -> None:
    result = ran("detect", "logs", "--out", "result", "--explain-steps", "--seed", "11")
    assert result.stdout == (
        "-- accounts_seen: every account\nSELECT DISTINCT account_id FROM traffic;\n\n-- seeded: the seed\nSELECT 11;\n"
    )
    assert api_stand_in.CALLS == []
    assert not Path("result").exists()
    steps = json.loads(ran("detect", "logs", "--out", "result", "--explain-steps", "--json").stdout)
    assert [step["name"] for step in steps] == ["accounts_seen", "seeded"]


def test_unusable_input_is_one_message_and_status_2() -> None:
    result = ran("detect", "bad", "--out", "result")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == "Error: bad:7 column started_at: not a time. Write ISO 8601.\n"


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[read]\nbatch_rows = 0", "read.batch_rows: Expected `int` >= 1"),
        ("[read]\nrows = 1", "read.rows: unknown setting"),
        ("seeds = 1", "seeds: unknown setting"),
        ("memory = 4", "memory: Expected `str`, got `int`"),
        ("seed = = 1", "not TOML"),
    ],
)
def test_unusable_settings_name_file_and_setting(toml: str, said: str) -> None:
    Path("my.toml").write_text(toml)
    result = ran("detect", "logs", "--out", "result", "--settings", "my.toml")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: my.toml: ")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_bad_value_on_the_command_line_is_not_blamed_on_the_file() -> None:
    Path("my.toml").write_text("seed = 1")
    result = ran("detect", "logs", "--out", "result", "--settings", "my.toml", "--threads=-1")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: command line: threads: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["detect"],
        ["detect", "logs"],
        ["detect", "logs", "--out", "result", "--seed", "x"],
        ["explain", "result"],
        ["explain", "result", "--campaign", "a", "--account", "b"],
        ["nothing"],
    ],
)
def test_usage_errors_are_status_2(arguments: list[str]) -> None:
    result = ran(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr


def test_a_defect_before_anything_is_written_is_not_hidden() -> None:
    result = ran("detect", "early", "--out", "result")
    assert isinstance(result.exception, ZeroDivisionError)


def test_a_defect_after_something_was_written_is_status_3_with_its_traceback() -> None:
    result = ran("detect", "late", "--out", "result")
    assert result.exit_code == 3
    assert "ZeroDivisionError: a defect after the first file" in result.stderr
    assert result.stderr.endswith("Failed; what was done is in result. It is not complete.\n")
    assert "signals: stopped" in result.stderr


def test_a_defect_beside_an_older_result_does_not_claim_it() -> None:
    ran("detect", "logs", "--out", "result")
    result = ran("detect", "early", "--out", "result")
    assert isinstance(result.exception, ZeroDivisionError)


def test_fingerprint_counts_what_it_kept_and_what_it_rejected() -> None:
    result = ran("fingerprint", "logs", "--out", "prints", "--seed", "3")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "exchanges: 1,000 rows",
        "accounts: 40 rows",
        "Rejected: 3 rows, no account_id",
        "Written to prints",
    ]
    said = json.loads(ran("fingerprint", "logs", "--out", "prints", "--json").stdout)
    assert said == {"out": "prints", "rows": {"exchanges": 1000, "accounts": 40}, "rejected": {"no account_id": 3}}


def test_explain_speaks_of_a_campaign_or_an_account() -> None:
    Path("result").mkdir()
    assert ran("explain", "result", "--campaign", "H-1").stdout.startswith("About campaign H-1:\n")
    said = ran("explain", "result", "--account", "acc")
    assert said.stdout == "About account acc:\nit shares a rare card.\\x1b[2J\n"
    assert json.loads(ran("explain", "result", "--account", "acc", "--json").stdout) == {
        "subject": "account acc",
        "at": "2026-02-01T00:00:00Z",
        "share": None,
    }
    assert ran("explain", "nowhere", "--account", "acc").exit_code == 2


def test_settings_round_trip() -> None:
    printed = ran("settings").stdout
    Path("my.toml").write_text(printed)
    assert load_settings(Path("my.toml")) == Settings()
    assert tomllib.loads(printed) == msgspec.to_builtins(Settings())


def test_settings_print_every_setting_with_its_meaning() -> None:
    printed = " ".join(ran("settings").stdout.replace("\n# ", " ").split())
    every = list_settings(Settings())
    assert len(every) > 10
    for setting in every:
        assert setting.meaning
        assert setting.meaning in printed
    as_json = json.loads(ran("settings", "--json").stdout)
    assert [(s["section"], s["name"], s["value"]) for s in as_json] == [(s.section, s.name, s.value) for s in every]


def test_a_changed_setting_is_read_back() -> None:
    printed = ran("settings").stdout
    Path("my.toml").write_text(printed.replace("batch_rows = 8192", "batch_rows = 99"))
    assert load_settings(Path("my.toml")).read.batch_rows == 99


def test_demo_runs_on_the_sample_and_says_where_the_report_is() -> None:
    result = ran("demo")
    assert result.exit_code == 0
    assert api_stand_in.CALLS[-1]["traffic"] == Path("sample")
    assert "H-0001" in result.stdout
    assert result.stdout.splitlines()[-1] == f"Open {Path('demo/report.html').resolve().as_uri()}"
    assert ran("demo", "--out", "elsewhere").exit_code == 0
    assert Path("elsewhere/report.html").exists()
