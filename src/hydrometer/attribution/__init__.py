"""Who is behind a campaign, and how sure that is: dossiers weighed as competing hypotheses."""

from __future__ import annotations

from hydrometer.attribution.attribute import attribute
from hydrometer.attribution.case import Case, Network, cases

__all__ = ["Case", "Network", "attribute", "cases"]
