"""`hydrometer evaluate` on real results, from the detector and from elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from hydrometer import api
from hydrometer.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path


def ran(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


@pytest.fixture(scope="module")
def detected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `detect` finds in the bundled sample."""
    out = tmp_path_factory.mktemp("sample") / "result"
    result = CliRunner().invoke(app, ["detect", str(api.sample()), "--out", str(out), "--quiet", "--no-exhibits"])
    assert result.exit_code == 0
    return out


def folder(place: Path, campaigns: dict[str, str], operators: dict[str, str], honest: str) -> tuple[Path, Path]:
    """Write a result of members alone, and the truth about a world."""
    truth, result = place / "world.truth", place / "result"
    truth.mkdir(parents=True)
    result.mkdir()
    rows = [(account, name, "operator") for name, accounts in operators.items() for account in accounts.split()]
    rows += [(account, "", "person") for account in honest.split()]
    columns = {name: [row[n] for row in rows] for n, name in enumerate(("account_id", "operator", "kind"))}
    pq.write_table(pa.table(columns), truth / "accounts.parquet")
    members = [(name, account) for name, accounts in campaigns.items() for account in accounts.split()]
    named = {name: [row[n] for row in members] for n, name in enumerate(("campaign_id", "account_id"))}
    pq.write_table(pa.table(named), result / "members.parquet")
    return result, place / "world"


def row(text: str, name: str) -> list[str]:
    return next(line.removeprefix(name).split() for line in text.splitlines() if line.startswith(f"{name} "))


def test_what_detect_finds_in_the_sample_is_scored_whole(detected: Path, tmp_path: Path) -> None:
    result = ran(detected, api.sample(), "--json", "--draw", tmp_path / "drawing.svg")
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    score = said["scores"][0]
    members = pq.read_table(detected / "members.parquet")
    truth = pq.read_table(api.sample().with_name("world.truth") / "accounts.parquet")
    owner = dict(zip(truth["account_id"].to_pylist(), truth["operator"].to_pylist(), strict=True))
    flagged = {
        account
        for account, probability in zip(
            *(members[name].to_pylist() for name in ("account_id", "probability")), strict=True
        )
        if probability >= 0.5
    }
    assert score["accounts"]["flagged"] == len(flagged)
    assert score["accounts"]["hits"] == sum(bool(owner[account]) for account in flagged)
    assert said["measures"]["account_recall"]["denominator"] == sum(map(bool, owner.values()))
    harvested = pq.read_table(detected / "harvested.parquet", columns=["exchange_id", "probability"])
    claimed = {
        e
        for e, p in zip(harvested["exchange_id"].to_pylist(), harvested["probability"].to_pylist(), strict=True)
        if p >= 0.5
    }
    assert said["measures"]["exchange_precision"]["denominator"] == len(claimed)
    assert sum(held["cases"] for held in said["campaign_reliability"]) >= score["campaigns"]["campaigns"] > 0
    assert (tmp_path / "drawing.svg").read_text("utf-8").startswith("<svg")


def test_several_worlds_are_pooled_and_told_in_a_table(tmp_path: Path) -> None:
    first = folder(tmp_path / "one", {"X": "a1 a2 a3"}, {"A": "a1 a2 a3"}, "p1 p2")
    second = folder(tmp_path / "two", {"X": "a1 p1"}, {"A": "a1 a2 a3"}, "p1 p2")
    result = ran(*first, *second)
    assert result.exit_code == 0
    assert result.stdout.startswith("2 worlds; an account is flagged from probability 0.5 on\n")
    assert row(result.stdout, "operators found")[:7] == ["0.500", "0.095", "–", "0.905", "1", "of", "2"]
    assert row(result.stdout, "account precision")[:7] == ["0.800", "0.500", "–", "1.000", "4", "of", "5"]
    assert row(result.stdout, "person")[:4] == ["1", "of", "4", "25,000.0"]
    assert row(result.stdout, str(second[1]))[:3] == ["A", "not", "found"]
    assert "Absent: harvested.parquet: exchanges and templates are not scored (in 2 of 2 worlds)" in result.stdout


def test_many_operators_have_a_row_when_they_were_not_found(tmp_path: Path) -> None:
    operators = {f"O{n:02}": f"a{n} b{n}" for n in range(20)}
    pair = folder(tmp_path, {name: accounts for name, accounts in operators.items() if name != "O07"}, operators, "p1")
    said = ran(*pair).stdout
    assert row(said, "O07")[:2] == ["not", "found"]
    assert "O08" not in said
    assert "Found: 19 more operators; --json has them all." in said


def test_the_threshold_reaches_the_score(detected: Path) -> None:
    all_of_it = json.loads(ran(detected, api.sample(), "--json", "--at", "1").stdout)
    assert all_of_it["at"] == 1.0
    assert all_of_it["scores"][0]["accounts"]["flagged"] == 0
    assert all_of_it["measures"]["account_precision"]["value"] is None


def test_the_same_twice_is_the_same_text(detected: Path) -> None:
    assert ran(detected, api.sample(), "--json").stdout == ran(detected, api.sample(), "--json").stdout


def test_what_cannot_be_scored_ends_with_a_message_and_status_2(detected: Path, tmp_path: Path) -> None:
    odd = ran(detected)
    assert odd.exit_code == 2
    assert "RESULT WORLD" in odd.output
    missing = ran(detected, tmp_path / "world")
    assert missing.exit_code == 2
    assert "world.truth/accounts.parquet: is missing." in missing.stderr
    twice = ran(detected, api.sample(), detected, api.sample())
    assert twice.exit_code == 2
    assert "is given twice" in twice.stderr
    unwritable = ran(detected, api.sample(), "--draw", tmp_path / "no" / "such.svg")
    assert unwritable.exit_code == 2
    assert "such.svg: cannot be written" in unwritable.stderr
    assert ran(detected, api.sample(), "--at", "2").exit_code == 2


def test_names_from_a_foreign_result_cannot_steer_the_terminal(tmp_path: Path) -> None:
    pair = folder(tmp_path, {"[red]\x1b[31m": "a1 a2"}, {"A": "a1 a2"}, "p1")
    said = ran(*pair).stdout
    assert "[red]\\x1b[31m" in said
    assert "\x1b" not in said
