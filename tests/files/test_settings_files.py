"""Settings of runs and of gateways as TOML files hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hydrometer.contract.errors import InputError
from hydrometer.contract.gateway import GatewaySettings
from hydrometer.contract.settings import Settings
from hydrometer.files.settings_files import load_gateway_settings, load_settings

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


def test_what_is_wrong_with_a_setting_is_named(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text("[read]\nno_such = 1\n")
    with pytest.raises(InputError, match=r"read\.no_such: unknown setting"):
        load_settings(file)
    file.write_text("[read]\nbatch_rows = 0\n")
    with pytest.raises(InputError, match=r"read\.batch_rows: "):
        load_settings(file)


def test_what_is_wrong_with_a_setting_of_the_gateways_is_named(tmp_path: Path) -> None:
    assert load_gateway_settings(None) == GatewaySettings()
    file = tmp_path / "gateways.toml"
    file.write_text("no_such = 1\n")
    with pytest.raises(InputError, match="unknown setting `no_such`"):
        load_gateway_settings(file)
    file.write_text("[failing_by]\nnginx = 'perhaps'\n")
    with pytest.raises(InputError, match=r"column failing_by \(a value\)"):
        load_gateway_settings(file)
