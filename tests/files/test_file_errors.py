"""Errors of files, as a user sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hydrometer.contract import InputError
from hydrometer.files import explain_read_errors, explain_write_errors, make_read_error

if TYPE_CHECKING:
    from pathlib import Path


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"cannot be written: No such file or directory\. Free some space"),
        explain_write_errors(tmp_path, mend="Free some space."),
    ):
        (tmp_path / "none" / "a").write_bytes(b"")


def test_errors_of_the_block_that_are_none_of_the_system_pass(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ours"), explain_read_errors(tmp_path, mend="Name a file."):
        raise ValueError("ours")


def test_an_error_without_a_number_says_what_it_holds() -> None:
    assert str(make_read_error(OSError("gone"), "a.json", mend="Name a file.")) == (
        "a.json: cannot be read: gone. Name a file."
    )
