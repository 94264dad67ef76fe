"""Settings, errors and tables as they are declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.cli.output.declared_settings import list_settings
from hydrometer.contract.errors import InputError
from hydrometer.contract.exchange_columns import EXCHANGES, TEXTS
from hydrometer.contract.fingerprint_columns import FINGERPRINTS, TRAFFIC
from hydrometer.contract.settings import Settings
from hydrometer.files.settings_files import load_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_file_every_setting_has_its_default() -> None:
    assert load_settings(None) == Settings()
    assert load_settings(None, seed=None, memory=None) == Settings()


def test_the_command_line_is_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text("seed = 1\nthreads = 3\n[read]\nbatch_rows = 10\n")
    chosen = load_settings(file, seed=2)
    assert (chosen.seed, chosen.threads, chosen.read.batch_rows) == (2, 3, 10)
    assert chosen.read.batch_bytes == Settings().read.batch_bytes


@pytest.mark.parametrize("memory", ["4GB", "512MiB", "1.5 TB"])
def test_memory_takes_sizes(memory: str) -> None:
    assert load_settings(None, memory=memory).memory == memory


@pytest.mark.parametrize("memory", ["", "4", "GB", "-1GB", "4GB; DROP TABLE x", "80%"])
def test_memory_takes_nothing_else(memory: str) -> None:
    with pytest.raises(InputError, match="command line: memory: "):
        load_settings(None, memory=memory)


@pytest.mark.parametrize("kind", ["missing", "folder", "binary"])
def test_an_unreadable_file_is_named(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    if kind == "folder":
        file.mkdir()
    elif kind == "binary":
        file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError) as caught:
        load_settings(file)
    assert caught.value.file == str(file)
    assert caught.value.mend


@given(seed=st.integers(0, 2**63 - 1), rows=st.integers(1, 10**9), share=st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_declared_tells_the_values_that_settings_have(seed: int, rows: int, share: float) -> None:
    data = {"seed": seed, "read": {"batch_rows": rows}, "fingerprint": {"elicitation_threshold": share}}
    told = {(s.section, s.name): s.value for s in list_settings(msgspec.convert(data, Settings))}
    assert told["", "seed"] == seed
    assert told["read", "batch_rows"] == rows
    assert told["fingerprint", "elicitation_threshold"] == share
    assert len(told) == sum(len(v) if isinstance(v, dict) else 1 for v in msgspec.to_builtins(Settings()).values())


def test_every_setting_says_what_it_means() -> None:
    assert [s.name for s in list_settings(Settings()) if not s.meaning or not s.section_meaning] == []


def test_an_input_error_says_where_what_and_how() -> None:
    assert str(InputError("not a time", file="a.jsonl", row=7, column="started_at", mend="Write ISO 8601.")) == (
        "a.jsonl:7 column started_at: not a time. Write ISO 8601."
    )
    assert str(InputError("no rows", mend="Name a file with rows.")) == "no rows. Name a file with rows."


def test_texts_stop_at_the_fingerprint() -> None:
    assert set(TEXTS) <= set(EXCHANGES.names)
    assert not set(TEXTS) & set(TRAFFIC.names)
    assert TRAFFIC.names == [name for name in EXCHANGES.names if name not in TEXTS] + FINGERPRINTS.names


def test_needed_columns_take_no_null() -> None:
    schema = EXCHANGES.schema
    assert [field.name for field in schema if not field.nullable] == EXCHANGES.needed
    assert EXCHANGES.column("started_at").type == pa.timestamp("us", tz="UTC")
    with pytest.raises(KeyError, match="exchanges has no column nothing"):
        EXCHANGES.column("nothing")
