"""What is said of a setting `memory` that is no size."""

from __future__ import annotations

from hydrometer.contract import InputError


def make_size_error(memory: str) -> InputError:
    """Return the error of a size that cannot be understood."""
    return InputError(f"memory {memory!r} is not a size", mend="Write it as 4GB or 800MB.", file="settings")
