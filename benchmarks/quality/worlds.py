"""Worlds for trials, as folders with their truth beside them, and the key under which each is fingerprinted."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.lab.simulate import make_world_folder
from hydrometer.lab.simulate.named_scenarios import ALL
from quality.plan import VARIED
from quality.varied import varied

if TYPE_CHECKING:
    from pathlib import Path

ONE_THREAD = Settings(threads=1, exhibits=False)


def make(scenario: str, seed: int, honest: int, folder: Path) -> Path:
    """Write the world of a scenario, a seed and so many honest accounts, with texts, and return its folder."""
    recipe = varied(seed, honest) if scenario == VARIED else msgspec.structs.replace(ALL[scenario], honest=honest)
    make_world_folder(recipe, seed, folder, sketching=None, workers=1, progress=SilentProgress())
    return folder


def site_key(scenario: str, seed: int, folder: Path) -> Path:
    """Write the site key of a trial, and return where it lies: a key decides which shingles are sampled, and the same
    trial must come out the same."""
    place = folder / "site.key"
    place.touch(mode=0o600)
    place.write_bytes(blake2b(f"{scenario} {seed}".encode(), digest_size=16).digest())
    return place
