"""Constraints on their way to detection: a file, a casebook, or neither."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hydrometer.contract.cases import Constraint
from hydrometer.contract.errors import InputError
from hydrometer.enforcement.casebook.casebook_queries import Casebook
from hydrometer.enforcement.casebook.constraint_files import load_constraints, write_constraints

if TYPE_CHECKING:
    from pathlib import Path


def test_a_casebook_and_its_export_tell_the_same(tmp_path: Path) -> None:
    place, file = str(tmp_path / "book.db"), tmp_path / "constraints.json"
    with Casebook(place) as book:
        with book.changes() as change:
            change.constrain(Constraint(kind="cleared", account="a", by="ann", why="known"), datetime.now(UTC))
        write_constraints(book.constraints(), file)
    assert load_constraints(place) == load_constraints(str(file))
    assert [each.account for each in load_constraints(place).constraints] == ["a"]
    with pytest.raises(InputError, match="cannot be written"):
        write_constraints(load_constraints(place), tmp_path / "none" / "file")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": 2}', b'{"constraints": [{"kind": "x", "account": "a"}]}'])
def test_what_is_neither_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "constraints.json"
    file.write_bytes(content)
    with pytest.raises(InputError, match="no file of constraints"):
        load_constraints(str(file))
    with pytest.raises(InputError, match="cannot be read"):
        load_constraints(str(tmp_path / "none"))
