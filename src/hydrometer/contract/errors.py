"""Errors that a user can mend: where, what, and how."""

from __future__ import annotations


class InputError(Exception):
    """Unusable input or settings; the message says where, what and how to mend it, and the command ends with status 2."""

    def __init__(self, problem: str, *, mend: str, file: str = "", row: int | None = None, column: str = "") -> None:
        location = file
        if row is not None:
            location += f":{row}"
        if column:
            location += f" column {column}" if location else f"column {column}"
        super().__init__(f"{location}: {problem}. {mend}" if location else f"{problem}. {mend}")
        self.problem, self.mend, self.file, self.row, self.column = problem, mend, file, row, column
