"""`hydrometer simulate`, from the arguments to a folder that `detect` reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
from typer.testing import CliRunner

from hydrometer.cli.app import app
from hydrometer.contract.fingerprint_columns import FINGERPRINTS
from hydrometer.lab.simulate import ALL

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ("--accounts", "200", "--days", "5", "--seed", "4", "--threads", "1", "--quiet")


def ran(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, ["simulate", *map(str, arguments)])


def test_a_world_with_its_truth_is_written(tmp_path: Path) -> None:
    result = ran("--scenario", "ladder1", *SMALL, "--out", tmp_path / "w")
    assert result.exit_code == 0
    assert "accounts: 200" in result.stdout
    assert "operator hydra: 10 accounts" in result.stdout
    truth = pq.read_table(tmp_path / "w.truth" / "accounts.parquet")
    assert sum(map(bool, truth["operator"].to_pylist())) == 10
    days = {moment.date() for moment in pq.read_table(tmp_path / "w" / "exchanges.parquet")["started_at"].to_pylist()}
    assert len(days) == 5


def test_the_numbers_can_be_had_as_json(tmp_path: Path) -> None:
    result = ran("--scenario", "ladder1", *SMALL, "--exchanges", "4000", "--json", "--out", tmp_path / "w")
    said = json.loads(result.stdout)
    assert said["rows"]["accounts"] == 200
    assert said["rows"]["exchanges"] == pq.read_metadata(tmp_path / "w" / "exchanges.parquet").num_rows
    assert 3_800 <= said["rows"]["exchanges"] <= 4_200
    assert said["harvested_by_operator"] == {"hydra": said["rows"]["harvested"]}


def test_sketches_hold_no_text_and_are_keyed(tmp_path: Path) -> None:
    hashes = []
    for name in ("a", "b"):
        made = ran(*SMALL, "--sketches-only", "--site-key", tmp_path / f"{name}.key", "--out", tmp_path / name)
        assert made.exit_code == 0
        table = pq.read_table(tmp_path / name / "exchanges.parquet")
        assert "prompt" not in table.column_names
        assert set(FINGERPRINTS.names) <= set(table.column_names)
        hashes.append(set(table["prompt_hash"].to_pylist()))
    assert not hashes[0] & hashes[1]


def test_detect_reads_what_was_simulated(tmp_path: Path) -> None:
    arguments = ("--scenario", "ladder1", "--accounts", "700", "--seed", "4", "--threads", "1", "--quiet")
    ran(*arguments, "--sketches-only", "--site-key", tmp_path / "key", "--out", tmp_path / "w")
    found = CliRunner().invoke(app, ["detect", str(tmp_path / "w"), "--out", str(tmp_path / "r"), "--json", "--quiet"])
    assert found.exit_code == 0
    assert [campaign["accounts"] for campaign in json.loads(found.stdout)["campaigns"]] == [35]


def test_the_list_has_every_scenario() -> None:
    result = ran("--list")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(ALL)
    assert json.loads(ran("--list", "--json").stdout).keys() == ALL.keys()


def test_unusable_arguments_end_with_one_message(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    (tmp_path / "bad.toml").write_text("[[operators]]\nname = 'x'\nrate = 'fast'\n")
    for arguments, complaint in (
        (("--scenario", "ladder9", "--out", tmp_path / "w"), "no such scenario: ladder9"),
        (("--out", tmp_path / "mine"), "is not an empty folder"),
        ((), "--out"),
        (("--scenario", tmp_path / "bad.toml", "--out", tmp_path / "w"), "operators[0].rate"),
        (("--accounts", "0", "--out", tmp_path / "w"), "column accounts"),
        (("--scenario", "innocent", "--harvested", "9", "--out", tmp_path / "w"), "no operator"),
    ):
        result = ran(*arguments, "--quiet")
        assert result.exit_code == 2, complaint
        assert complaint in result.stderr
        assert len(result.stderr.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.toml", "mine"]
