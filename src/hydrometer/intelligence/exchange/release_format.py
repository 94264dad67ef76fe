"""What a sharing format must do.

To add one: a module in `formats/` with a `FORMAT`, and its cases in `tests/sharing/`.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydrometer.intelligence.exchange import formats

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.intelligence.exchange.campaign_release import CampaignRelease


@dataclass(frozen=True, slots=True)
class ReleaseFormat:
    """A format that a release is written in."""

    name: str
    suffix: str
    """Of files in it."""
    encode: Callable[[CampaignRelease], bytes]
    """The same release makes the same bytes. Raises InputError when an extra is missing."""
    meaning: str
    lost: str = ""
    """What of a release the format does not hold."""
    left_out: Callable[[CampaignRelease], dict[str, int]] | None = None
    """What is left out of what the format could hold, counted by reason."""


def find_formats() -> dict[str, ReleaseFormat]:
    """Return every format by its name."""
    release_formats = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(formats.__path__)):
        one: ReleaseFormat = importlib.import_module(f"{formats.__name__}.{module}").FORMAT
        release_formats[one.name] = one
    return release_formats
