"""What moving a threshold would do: the policy with one number changed, over the requests that it can make a difference to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydrometer.contract import Policy

GRID = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_THRESHOLD = re.compile(r"(verdict\.probability\s*>=?\s*)(\d*\.\d+|\d+)")


def parse_threshold(when: str) -> float | None:
    """The first number that a condition wants `verdict.probability` to reach; None where it names none."""
    match = _THRESHOLD.search(when)
    return float(match[2]) if match else None


def vary_thresholds(policy: Policy) -> Iterator[tuple[str, float, bool, Policy]]:
    """Yield (rule or budget, threshold, whether it is the policy's own, the policy with it), rule by rule, ascending.

    The policy's own thresholds come without change, so that what is compared was replayed the same way.
    """
    for kind in ("rules", "budgets"):
        parts = getattr(policy, kind)
        for index, part in enumerate(parts):
            own = parse_threshold(part.when)
            if own is None:
                continue
            for threshold in sorted({*GRID, own}):
                when = _THRESHOLD.sub(rf"\g<1>{threshold}", part.when, count=1)
                changed = [*parts[:index], msgspec.structs.replace(part, when=when), *parts[index + 1 :]]
                yield part.name, threshold, threshold == own, msgspec.structs.replace(policy, **{kind: changed})
