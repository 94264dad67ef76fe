"""Words of estimative probability, as in Intelligence Community Directive 203."""

from __future__ import annotations

LIKELIHOOD = (
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "roughly even chance"),
    (0.80, "likely"),
    (0.95, "very likely"),
)
"""Upper bounds and terms of ICD 203; above the last one: almost certain."""


def describe_probability(probability: float) -> str:
    """Return the term for a probability (0 to 1); on a boundary the stronger one."""
    for bound, term in LIKELIHOOD:
        if probability < bound:
            return term
    return "almost certain"
