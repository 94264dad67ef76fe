"""From a file of traffic to a folder without texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

import hydrometer as hy
from hydrometer import api
from hydrometer.contract.errors import InputError
from hydrometer.contract.fingerprint_columns import FOLD_KEY, TRAFFIC
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import FingerprintSettings, Settings
from hydrometer.detection.ingestion.fingerprinted_traffic import locate_default_site_key
from hydrometer.fingerprint import FOLD_VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.contract import RunRecord
    from hydrometer.detection.ingestion import FingerprintSummary

START = datetime(2026, 4, 6, tzinfo=UTC)


def exchange(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "exchange_id": f"ex_{number:04d}",
        "started_at": START + timedelta(minutes=number),
        "account_id": f"acct_{number % 3}",
        "model": "atlas-large-4",
        "prompt": f"Tell the story of lighthouse number {number} to a child who cannot sleep at night.",
        **changes,
    }


def traffic(folder: Path, rows: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    (folder / "exchanges.jsonl").write_bytes(b"".join(orjson.dumps(r, option=orjson.OPT_APPEND_NEWLINE) for r in rows))
    return folder


def fingerprinted(source: Path, out: Path, key: Path, settings: Settings | None = None) -> FingerprintSummary:
    return api.fingerprint(
        source, out, settings or Settings(), site_key=key, mapping=None, source=None, progress=SilentProgress()
    )


def run_of(source: Path, out: Path) -> RunRecord:
    hy.detect(source, out, site_key=out.with_name("key"), progress=SilentProgress())
    return hy.Result.load(out).run


def test_every_exchange_is_kept_without_its_texts(tmp_path: Path) -> None:
    rows = [exchange(n) for n in range(40)] + [exchange(40, account_id=None)]
    summary = fingerprinted(traffic(tmp_path / "in", rows), tmp_path / "out", tmp_path / "key")
    assert summary.rows == {"exchanges": 40, "accounts": 0}
    assert sum(summary.rejected.values()) == 1
    table = pq.read_table(tmp_path / "out" / "exchanges.parquet")
    assert table.schema.equals(TRAFFIC.schema)
    assert table["exchange_id"].to_pylist() == [row["exchange_id"] for row in rows[:40]]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "accounts.parquet",
        "exchanges.parquet",
        "models.json",
        "rejected.jsonl",
    ]


def test_releases_travel_with_the_fingerprints(tmp_path: Path) -> None:
    source = traffic(tmp_path / "in", [exchange(n) for n in range(5)])
    (source / "models.json").write_text('[{"model": "atlas-large-4", "released_at": "2026-04-06T00:01:00Z"}]')
    fingerprinted(source, tmp_path / "out", tmp_path / "key")
    ((told,),) = [orjson.loads((tmp_path / "out" / "models.json").read_bytes())]
    assert told["model"] == "atlas-large-4"
    assert datetime.fromisoformat(told["released_at"]) == START + timedelta(minutes=1)


def test_sites_hashes_never_meet(tmp_path: Path) -> None:
    source = traffic(tmp_path / "in", [exchange(n) for n in range(10)])
    held = []
    for site in ("one", "two"):
        fingerprinted(source, tmp_path / site, tmp_path / f"{site}.key")
        table = pq.read_table(tmp_path / site / "exchanges.parquet")
        held.append({*table["prompt_hash"].to_pylist(), *table["sketch"].combine_chunks().flatten().to_pylist()})
    assert not held[0] & held[1]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    source = traffic(tmp_path / "in", [exchange(0)])
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not an empty folder"):
        fingerprinted(source, out, tmp_path / "key")
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_fingerprints_are_not_fingerprinted_again_but_read_as_they_are(tmp_path: Path) -> None:
    source = traffic(tmp_path / "in", [exchange(n) for n in range(10)])
    fingerprinted(source, tmp_path / "once", tmp_path / "key")
    fingerprinted(tmp_path / "once", tmp_path / "twice", tmp_path / "key")
    once, twice = (pq.read_table(tmp_path / name / "exchanges.parquet") for name in ("once", "twice"))
    assert twice.equals(once)


def test_texts_that_were_cut_are_told(tmp_path: Path) -> None:
    long = " ".join(f"word{number}" for number in range(200))
    source = traffic(tmp_path / "in", [exchange(n, prompt=long) if n < 7 else exchange(n) for n in range(10)])
    settings = Settings(fingerprint=replace(FingerprintSettings(), max_words=128))
    found = api.detect(
        source,
        tmp_path / "out",
        settings,
        site_key=tmp_path / "key",
        mapping=None,
        source=None,
        progress=SilentProgress(),
    )
    (cut,) = [cap for cap in found.run.caps if "max_words" in cap]
    assert cut.startswith("7 texts")


@pytest.mark.parametrize("name", ["result [1]", "50% *off*", "it's"])
def test_the_names_of_folders_are_taken_as_they_are(name: str, tmp_path: Path) -> None:
    source = traffic(tmp_path / f"in {name}", [exchange(n) for n in range(10)])
    found = api.detect(
        source,
        tmp_path / f"out {name}",
        Settings(),
        site_key=tmp_path / "key",
        mapping=None,
        source=None,
        progress=SilentProgress(),
    )
    assert found.run.rows["exchanges"] == 10


def test_a_result_folder_with_a_question_mark_is_refused_in_words(tmp_path: Path) -> None:
    source = traffic(tmp_path / "in", [exchange(n) for n in range(10)])
    with pytest.raises(InputError, match="question mark"):
        api.detect(
            source,
            tmp_path / "what?",
            Settings(),
            site_key=tmp_path / "key",
            mapping=None,
            source=None,
            progress=SilentProgress(),
        )


def test_the_site_key_is_kept_where_the_system_keeps_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert locate_default_site_key() == tmp_path / "hydrometer" / "site.key"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert locate_default_site_key() == tmp_path / ".config" / "hydrometer" / "site.key"


def test_the_steps_are_named_once_and_say_what_they_make() -> None:
    steps = api.list_steps(Settings())
    assert len({step.name for step in steps}) == len(steps)
    assert all(step.meaning and "SELECT" in step.sql for step in steps)


def test_the_sample_is_there() -> None:
    assert (api.sample() / "exchanges.parquet").is_file()


def test_fingerprints_say_by_which_fold_they_are_made(tmp_path: Path) -> None:
    source = traffic(tmp_path / "in", [exchange(n) for n in range(40)])
    fingerprinted(source, tmp_path / "out", tmp_path / "key")
    stored = pq.read_table(tmp_path / "out" / "exchanges.parquet")
    assert stored.schema.metadata[FOLD_KEY] == str(FOLD_VERSION).encode()
    told = run_of(tmp_path / "out", tmp_path / "now")
    assert told.versions["fold of texts"] == str(FOLD_VERSION)
    assert not [note for note in told.notes if "fold" in note]
    assert run_of(source, tmp_path / "texts").versions["fold of texts"] == str(FOLD_VERSION)


def test_fingerprints_of_earlier_versions_are_read_with_a_note(tmp_path: Path) -> None:
    source = traffic(tmp_path / "in", [exchange(n) for n in range(40)])
    fingerprinted(source, tmp_path / "out", tmp_path / "key")
    file = tmp_path / "out" / "exchanges.parquet"
    table = pq.read_table(file)
    pq.write_table(table.replace_schema_metadata(None), file)
    told = run_of(tmp_path / "out", tmp_path / "then")
    assert told.versions["fold of texts"] == "0"
    assert [note for note in told.notes if "fingerprints of fold 0" in note]
