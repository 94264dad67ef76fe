"""Where the truth about a labelled world lies: beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ENDING = ".truth"


def name_truth_folder(world: Path) -> Path:
    """Return the folder of the truth about the world in the folder `world`."""
    return world.with_name(world.name + ENDING)


def locate_truth_folder(named: Path) -> Path:
    """Return the folder of the truth where a world is named, or that folder itself."""
    path = named if named.name not in {"", ".."} else named.resolve()
    return path if path.suffix == ENDING else name_truth_folder(path)
