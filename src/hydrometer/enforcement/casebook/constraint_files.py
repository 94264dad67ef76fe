"""Constraints on detection: as they are typed, in files, and from a casebook."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import msgspec

from hydrometer.contract import CONSTRAINTS_FORMAT, Constraint, ConstraintFile, ConstraintKind, InputError
from hydrometer.files import explain_write_errors, read_bytes, write_whole

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


def make_constraint(kind: str, account: str, other: str, campaign: str, *, by: str, why: str) -> Constraint:
    """Return a constraint made of what was typed.

    Raises:
        InputError: there is no such kind.
    """
    for each in get_args(ConstraintKind):
        if each == kind:
            return Constraint(kind=each, account=account, other=other, campaign=campaign, by=by, why=why)
    raise InputError(f"there is no constraint `{kind}`", mend=f"There are {', '.join(get_args(ConstraintKind))}.")


def write_constraints(constraints: ConstraintFile, out: Path) -> None:
    """Write constraints and labels to a file.

    Raises:
        InputError: it cannot be written.
    """
    with explain_write_errors(out, mend="Name a file that you may write."):
        write_whole(out, msgspec.json.format(msgspec.json.encode(constraints, order="deterministic"), indent=1) + b"\n")


def _read_casebook_constraints(casebook: str) -> ConstraintFile:
    from hydrometer.enforcement.casebook.casebook_queries import Casebook  # late: most detections read no database

    with Casebook(casebook) as book:
        return book.constraints()
