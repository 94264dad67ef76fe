"""The formats, one module each: every module here that has a `READER` is a format."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.sources.reader import Reader


def readers() -> dict[str, Reader]:
    """Find the readers of this folder, by name, sorted."""
    found: dict[str, Reader] = {}
    for module in pkgutil.iter_modules(__path__):
        reader: Reader | None = getattr(importlib.import_module(f"{__name__}.{module.name}"), "READER", None)
        if reader is not None:
            found[reader.name] = reader
    return dict(sorted(found.items()))
