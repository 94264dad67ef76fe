"""The keys of snapshots and heads: files that only their owner reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hydrometer.contract.errors import InputError
from hydrometer.enforcement.signing_keys import format_key_id, make_keys, read_signing_key, read_verify_key

if TYPE_CHECKING:
    from pathlib import Path


def test_keys_are_files_that_only_their_owner_reads(tmp_path: Path) -> None:
    secret, public = make_keys(tmp_path / "keys" / "site")
    assert secret.stat().st_mode & 0o777 == 0o600
    assert read_signing_key(secret).verify_key == read_verify_key(public)
    with pytest.raises(InputError, match="there already"):
        make_keys(secret)
    secret.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        read_signing_key(secret)
    public.write_text("nonsense")
    with pytest.raises(InputError, match="64 hexadecimal digits"):
        read_verify_key(public)
    with pytest.raises(InputError, match="cannot be read"):
        read_verify_key(tmp_path / "absent")


def test_a_key_is_called_by_its_first_digits(tmp_path: Path) -> None:
    _, public = make_keys(tmp_path / "site")
    assert public.read_text("ascii").startswith(format_key_id(read_verify_key(public)))
