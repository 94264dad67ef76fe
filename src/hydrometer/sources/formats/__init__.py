"""The formats, one module each: every module here that has a `READER` is a format, and so is one of a plug-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hydrometer.plugins import PluginKind, load_plugins
from hydrometer.sources.format_reader import FormatReader

if TYPE_CHECKING:
    from collections.abc import Mapping


class SourceFormatModule(Protocol):
    """What a module of a source format has."""

    READER: FormatReader


SOURCE_PLUGINS: PluginKind[SourceFormatModule] = PluginKind(
    noun="source format",
    group="hydrometer.sources",
    package="hydrometer.sources.formats",
    members={"READER": FormatReader},
    name_of=lambda module: module.READER.name,
    marker="READER",
)


def load_readers() -> Mapping[str, FormatReader]:
    """Return the readers by name: the built-in ones sorted, then those of other packages.

    Raises:
        InputError: a plug-in cannot be imported, has no reader, or has the name of another.
    """
    return {plugin.name: plugin.module.READER for plugin in load_plugins(SOURCE_PLUGINS)}
