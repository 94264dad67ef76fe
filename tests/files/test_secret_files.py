"""Files of secrets: their owner's alone, or refused."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from hydrometer.contract import InputError
from hydrometer.files import read_secret, write_secret

if TYPE_CHECKING:
    from pathlib import Path


def test_a_secret_comes_back_and_is_its_owners(tmp_path: Path) -> None:
    file = tmp_path / "new" / "secret"
    write_secret(file, b"s", "a secret", new=True)
    assert read_secret(file, "the secret") == b"s"
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(InputError, match="there is a secret already"):
        write_secret(file, b"t", "a secret", new=True)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610])
def test_a_secret_that_others_may_read_is_refused_with_a_mend(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"s")
    file.chmod(mode)
    with pytest.raises(InputError, match=f"the secret may be read by others. Run: chmod 600 {file}"):
        read_secret(file, "the secret")


def test_what_is_no_file_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the secret"):
        read_secret(tmp_path, "the secret")
    with pytest.raises(InputError, match=r"cannot be used: No such file .*Name a key"):
        read_secret(tmp_path / "none", "the secret", problem="cannot be used", mend="Name a key.")
