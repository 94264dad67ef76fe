"""The site's key is made once, kept private, and refused when it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hydrometer.contract.errors import InputError
from hydrometer.fingerprint import SiteKey

if TYPE_CHECKING:
    from pathlib import Path


def test_a_key_is_made_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "site" / "key"
    made = SiteKey.load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_bytes()) == 16
    assert SiteKey.load_or_create(path) == made
    assert SiteKey.load_or_create(tmp_path / "other") != made


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    SiteKey.load_or_create(path)
    path.chmod(0o640)
    with pytest.raises(InputError, match="chmod 600"):
        SiteKey.load_or_create(path)


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_key_of_wrong_length_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"k" * length)
    path.chmod(0o600)
    with pytest.raises(InputError, match="16 bytes"):
        SiteKey.load_or_create(path)


def test_a_folder_is_not_a_key(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot use"):
        SiteKey.load_or_create(tmp_path)


def test_hexadecimal_keys() -> None:
    key = SiteKey.from_hex("000102030405060708090a0b0c0d0e0f")
    assert key == SiteKey(bytes(range(16)))
    assert key.words == (0x0706050403020100, 0x0F0E0D0C0B0A0908)
    for wrong in ("", "zz" * 16, "00" * 15):
        with pytest.raises(InputError):
            SiteKey.from_hex(wrong)


def test_a_key_does_not_show_itself() -> None:
    assert "07" not in repr(SiteKey(bytes(range(16))))
