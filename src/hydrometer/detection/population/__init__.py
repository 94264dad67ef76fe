"""What is measured of everybody: named SQL steps, the account store beside them, and the arrays that tests read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.detection.population.population import Bools as Bools
    from hydrometer.detection.population.population import Floats as Floats
    from hydrometer.detection.population.population import Ints as Ints
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
