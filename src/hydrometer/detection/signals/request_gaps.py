"""How each account spreads its requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.detection.population.gap_kernels import measure_short_gaps

if TYPE_CHECKING:
    from hydrometer.detection.population.population import Floats, Population


def list_short_gap_shares(population: Population) -> Floats:
    """Return the share of each account's gaps that are shorter than a twentieth of its mean gap; NaN where unknown."""
    events = population.events
    shares: Floats = measure_short_gaps(events.starts, events.counts, events.time)
    return shares
