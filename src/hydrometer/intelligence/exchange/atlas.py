"""What harvesting is in MITRE ATLAS, format 6.0.0 of its data; ids are pinned, since they move between releases."""

from __future__ import annotations

from typing import NamedTuple


class AtlasTechnique(NamedTuple):
    """A technique of ATLAS."""

    id: str
    name: str

    @property
    def url(self) -> str:
        """Its page."""
        return f"https://atlas.mitre.org/techniques/{self.id}"


TECHNIQUES = (
    AtlasTechnique("AML.T0021", "Establish Accounts"),
    AtlasTechnique("AML.T0040", "AI Model Inference API Access"),
    AtlasTechnique("AML.T0024.002", "Extract AI Model"),
)
"""What every campaign that is shared does: many accounts, the API, the outputs."""
