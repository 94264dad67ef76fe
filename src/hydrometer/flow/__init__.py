"""What every face of Hydrometer calls; `detecting` has the stages in their order.

A name is imported when it is asked for: a guard or an exchange with partners needs no detector, and would hold its memory.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.flow.detecting import detect, explain, fingerprint, sample, steps
    from hydrometer.flow.evaluation import evaluate
    from hydrometer.flow.reading import FingerprintSummary
    from hydrometer.flow.worlds import Size, scenarios, simulate

__all__ = [
    "FingerprintSummary",
    "Size",
    "detect",
    "evaluate",
    "explain",
    "fingerprint",
    "sample",
    "scenarios",
    "simulate",
    "steps",
]

_HOMES = {
    **dict.fromkeys(("detect", "explain", "fingerprint", "sample", "steps"), "detecting"),
    "evaluate": "evaluation",
    "FingerprintSummary": "reading",
    **dict.fromkeys(("Size", "scenarios", "simulate"), "worlds"),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
