"""Words of estimative probability, as in Intelligence Community Directive 203."""

from __future__ import annotations

_UPPER = (
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "roughly even"),
    (0.80, "likely"),
    (0.95, "very likely"),
)


def likelihood(probability: float) -> str:
    """Return the word for a probability (0 to 1); on a boundary the stronger word."""
    for upper, word in _UPPER:
        if probability < upper:
            return word
    return "almost certain"
