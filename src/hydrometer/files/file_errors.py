"""The errors of files that cannot be read or written, as a user sees them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from hydrometer.contract import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def make_read_error(error: OSError, file: Path | str, *, mend: str) -> InputError:
    """Return the error of a file that cannot be read."""
    return InputError(f"cannot be read: {error.strerror or error}", file=str(file), mend=mend)


def make_write_error(error: OSError, file: Path | str, *, mend: str) -> InputError:
    """Return the error of a file that cannot be written."""
    return InputError(f"cannot be written: {error.strerror or error}", file=str(file), mend=mend)


@contextmanager
def explain_read_errors(file: Path | str, *, mend: str, missing: str = "") -> Iterator[None]:
    """Raise an OSError of the block as an InputError of `file`.

    missing: the problem where there is no such file; empty for what the system says of it.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        yield
    except FileNotFoundError as error:
        if missing:
            raise InputError(missing, file=str(file), mend=mend) from None
        raise make_read_error(error, file, mend=mend) from None
    except OSError as error:
        raise make_read_error(error, file, mend=mend) from None


@contextmanager
def explain_write_errors(file: Path | str, *, mend: str) -> Iterator[None]:
    """Raise an OSError of the block as an InputError of `file`.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise make_write_error(error, file, mend=mend) from None
