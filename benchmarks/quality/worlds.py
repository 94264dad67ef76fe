"""Worlds for trials, as folders with their truth beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hydrometer import __version__
from hydrometer.contract.progress import Silent
from hydrometer.contract.settings import Settings
from hydrometer.simulate import make_folder
from hydrometer.simulate.scenarios import ALL
from quality.plan import VARIED
from quality.varied import varied

if TYPE_CHECKING:
    from pathlib import Path

ONE_THREAD = Settings(threads=1, exhibits=False)


def make(scenario: str, seed: int, honest: int, folder: Path) -> Path:
    """Write the world of a scenario, a seed and so many honest accounts, with texts, and return its folder."""
    recipe = varied(seed, honest) if scenario == VARIED else msgspec.structs.replace(ALL[scenario], honest=honest)
    make_folder(recipe, seed, folder, sketching=None, workers=1, version=__version__, progress=Silent())
    return folder
