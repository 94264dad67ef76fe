"""What a sharing format must do.

To add one: a module in `formats/` with a `FORMAT`, and its cases in `tests/intelligence/exchange/formats/`; or such a module
in a package of its own, named by an entry point `hydrometer.formats` (docs/plugins.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hydrometer.plugins import PluginKind, load_plugins

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


class ReleaseFormatModule(Protocol):
    """What a module of an exchange format has."""

    FORMAT: ReleaseFormat


FORMAT_PLUGINS: PluginKind[ReleaseFormatModule] = PluginKind(
    noun="exchange format",
    group="hydrometer.formats",
    package="hydrometer.intelligence.exchange.formats",
    members={"FORMAT": ReleaseFormat},
    name_of=lambda module: module.FORMAT.name,
    marker="FORMAT",
)


def find_formats() -> dict[str, ReleaseFormat]:
    """Return every format by its name.

    Raises:
        InputError: a plug-in cannot be imported, has no format, or has the name of another.
    """
    return {plugin.name: plugin.module.FORMAT for plugin in load_plugins(FORMAT_PLUGINS)}
