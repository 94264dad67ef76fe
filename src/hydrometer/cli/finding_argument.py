"""What a person found, as it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from hydrometer.contract import InputError, ReviewFinding

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse_finding(text: str, allowed: Sequence[str] = get_args(ReviewFinding)) -> ReviewFinding:
    """Return what was found.

    Raises:
        InputError: it is none of `allowed`.
    """
    for each in get_args(ReviewFinding):
        if each == text and each in allowed:
            finding: ReviewFinding = each
            return finding
    raise InputError(f"`{text}` is no finding", mend=f"Say {' or '.join(allowed)}.")
