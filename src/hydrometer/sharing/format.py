"""What a sharing format must do.

To add one: a module in `formats/` with a `FORMAT`, and its cases in `tests/sharing/`.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydrometer.sharing import formats

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.sharing.release import Release


@dataclass(frozen=True, slots=True)
class Format:
    """A format that a release is written in."""

    name: str
    suffix: str
    """Of files in it."""
    encode: Callable[[Release], bytes]
    """The same release makes the same bytes. Raises InputError when an extra is missing."""
    meaning: str
    lost: str = ""
    """What of a release the format does not hold."""
    left_out: Callable[[Release], dict[str, int]] | None = None
    """What is left out of what the format could hold, counted by reason."""


def find_formats() -> dict[str, Format]:
    """Return every format by its name."""
    found = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(formats.__path__)):
        one: Format = importlib.import_module(f"{formats.__name__}.{module}").FORMAT
        found[one.name] = one
    return found
