"""The error of a part of Hydrometer that needs a package of an extra, as a user sees it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from hydrometer.contract import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def require_extra(extra: str, what: str, *, file: str = "", column: str = "") -> Iterator[None]:
    """Explain the imports of the block that fail: `what` needs a package of the extra.

    Raises:
        InputError: a package is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "hydrometer"):
            raise
        raise InputError(
            f"{what} needs {package}, which is not installed",
            file=file,
            column=column,
            mend=f"Run: pip install 'hydrometer[{extra}]'",
        ) from None
