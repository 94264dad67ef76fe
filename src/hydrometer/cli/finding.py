"""What a person found, as it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from hydrometer.contract.cases import Finding
from hydrometer.contract.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence


def finding_of(text: str, allowed: Sequence[str] = get_args(Finding)) -> Finding:
    """Return what was found.

    Raises:
        InputError: it is none of `allowed`.
    """
    for each in get_args(Finding):
        if each == text and each in allowed:
            found: Finding = each
            return found
    raise InputError(f"`{text}` is no finding", mend=f"Say {' or '.join(allowed)}.")
