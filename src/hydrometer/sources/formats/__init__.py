"""The formats, one module each: every module here that has a `READER` is a format."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.sources.format_reader import FormatReader


def load_readers() -> dict[str, FormatReader]:
    """Find the readers of this folder, by name, sorted."""
    readers_by_name: dict[str, FormatReader] = {}
    for module in pkgutil.iter_modules(__path__):
        reader: FormatReader | None = getattr(importlib.import_module(f"{__name__}.{module.name}"), "READER", None)
        if reader is not None:
            readers_by_name[reader.name] = reader
    return dict(sorted(readers_by_name.items()))
