"""What people found of accounts, on its way to detection: from a file, or from the casebook itself."""

from __future__ import annotations

from pathlib import Path

import msgspec

from hydrometer.contract.cases import CONSTRAINTS_FORMAT, Constraints
from hydrometer.contract.errors import InputError

SQLITE = b"SQLite format 3\0"


def load_constraints(place: str) -> Constraints:
    """Return the constraints in a file that `hydrometer casebook export` wrote, or those in force in a casebook.

    Raises:
        InputError: it cannot be read, or is neither.
    """
    if "://" in place:
        return _in_force(place)
    try:
        data = Path(place).read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", file=place, mend="Name a file of constraints, or a casebook."
        ) from None
    if data.startswith(SQLITE):
        return _in_force(place)
    try:
        return msgspec.json.decode(data, type=Constraints)
    except msgspec.DecodeError as error:
        raise InputError(
            f"is no file of constraints: {error}",
            file=place,
            mend=f"`hydrometer casebook export` writes one, of format {CONSTRAINTS_FORMAT}.",
        ) from None


def _in_force(place: str) -> Constraints:
    from hydrometer.store.casebook import Casebook  # late: most detections read no database

    with Casebook(place) as book:
        return book.constraints()
