"""Every reader over its cases: `cases/<reader>/<case>/` holds files, `<case>.expected.json` what they must give."""

from __future__ import annotations

import json
import random
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.contract.settings import ReadSettings
from hydrometer.sources import Rejects, open_traffic
from hydrometer.sources.formats import load_readers
from hydrometer.sources.record_readers import read_csv_header, read_csv_records, read_json_records

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(case for case in CASES.glob("*/*") if case.is_dir())


def outcome(case: Path, settings: ReadSettings) -> dict[str, Any]:
    """What reading a case gives, absent values left out."""
    traffic = open_traffic(case, settings=settings)
    rejects = Rejects()
    batches = list(traffic.batches(rejects))
    assert all(batch.schema == EXCHANGES.schema for batch in batches)
    accounts = traffic.accounts(rejects)
    return {
        "exchanges": _shown(pa.Table.from_batches(batches, EXCHANGES.schema)),
        "accounts": _shown(accounts),
        "rejected": rejects.counts,
        "repaired": rejects.repaired,
        "notes": rejects.notes,
        "ignored": sorted(rejects.ignored_columns),
    }


def _shown(table: pa.Table) -> list[dict[str, Any]]:
    rows = [{name: value for name, value in row.items() if value is not None} for row in table.to_pylist()]
    shown: list[dict[str, Any]] = json.loads(json.dumps(rows, default=lambda value: value.isoformat()))
    return shown


def expected(case: Path) -> Any:
    return json.loads((case.parent / f"{case.name}.expected.json").read_text("utf-8"))


@pytest.mark.parametrize("case", FOLDERS, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_case_gives_what_it_must(case: Path) -> None:
    assert outcome(case, ReadSettings()) == expected(case)


# Texts in OTLP logs join their spans only within a buffer that batch_rows bounds.
@pytest.mark.parametrize(
    "case", [case for case in FOLDERS if case.parent.name != "otlp"], ids=lambda case: f"{case.parent.name}-{case.name}"
)
def test_the_size_of_batches_changes_nothing(case: Path) -> None:
    assert outcome(case, ReadSettings(batch_rows=1)) == expected(case)
    assert outcome(case, ReadSettings(batch_bytes=1)) == expected(case)


def test_every_reader_has_cases_and_every_case_a_reader() -> None:
    assert {case.parent.name for case in FOLDERS} == set(load_readers())


@pytest.mark.parametrize("case", FOLDERS, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_first_record_is_recognised_by_its_own_reader_alone(case: Path) -> None:
    for file in sorted(case.glob("[!a]*")):
        if file.suffix == ".csv":
            first: dict[str, Any] = dict.fromkeys(read_csv_header(file))
        else:
            first = next(islice(read_json_records(file, Rejects()), 1)).fields
        assert [name for name, reader in load_readers().items() if reader.recognises(first)] == [case.parent.name]


JUNK: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e300,
    "",
    "x",
    "[1",
    "{}",
    '["a"]',
    [],
    [[]],
    [None],
    {},
    {"key": []},
    {"role": 1},
)


def spoilt(value: Any, draw: random.Random, chance: float) -> Any:
    """A copy of a JSON value with some of its parts replaced by junk."""
    if draw.random() < chance:
        return draw.choice(JUNK)
    if isinstance(value, dict):
        return {key: spoilt(held, draw, chance) for key, held in value.items()}
    if isinstance(value, list):
        return [spoilt(held, draw, chance) for held in value]
    return value


@pytest.mark.parametrize("case", FOLDERS, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_junk_anywhere_in_a_record_is_rejected_or_mended(case: Path, tmp_path: Path) -> None:
    draw = random.Random(case.name)
    reader = load_readers()[case.parent.name]
    file = next(file for file in sorted(case.iterdir()) if not file.name.startswith("accounts"))
    read = read_csv_records if file.suffix == ".csv" else read_json_records
    whole = [record.fields for record in read(file, Rejects())]
    for chance in (0.02, 0.1, 0.3):
        lines = [{name: spoilt(value, draw, chance) for name, value in fields.items()} for fields in whole * 20]
        path = tmp_path / "log.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in [whole[0], *lines]), "utf-8")
        traffic, rejects = open_traffic(path, settings=ReadSettings(), source=reader.name), Rejects()
        kept = sum(batch.num_rows for batch in traffic.batches(rejects))
        if reader.name != "otlp":
            other_calls = sum(times for what, times in rejects.notes.items() if what.startswith("call that"))
            assert kept + sum(rejects.counts.values()) + other_calls == len(lines) + 1
        traffic.accounts(rejects).validate(full=True)
