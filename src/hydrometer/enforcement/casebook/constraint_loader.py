"""What people found of accounts, on its way to detection: from a file, or from the casebook itself."""

from __future__ import annotations

from pathlib import Path

import msgspec

from hydrometer.contract import CONSTRAINTS_FORMAT, ConstraintFile, InputError
from hydrometer.files import read_bytes

SQLITE = b"SQLite format 3\0"


def load_constraints(source: str) -> ConstraintFile:
    """Return the constraints in a file that `hydrometer casebook export` wrote, or those in force in a casebook.

    Raises:
        InputError: it cannot be read, or is neither.
    """
    if "://" in source:
        return _read_casebook_constraints(source)
    data = read_bytes(Path(source), mend="Name a file of constraints, or a casebook.")
    if data.startswith(SQLITE):
        return _read_casebook_constraints(source)
    try:
        return msgspec.json.decode(data, type=ConstraintFile)
    except msgspec.DecodeError as error:
        raise InputError(
            f"is no file of constraints: {error}",
            file=source,
            mend=f"`hydrometer casebook export` writes one, of format {CONSTRAINTS_FORMAT}.",
        ) from None


def _read_casebook_constraints(casebook: str) -> ConstraintFile:
    from hydrometer.enforcement.casebook.casebook_queries import Casebook  # late: most detections read no database

    with Casebook(casebook) as book:
        return book.constraints()
