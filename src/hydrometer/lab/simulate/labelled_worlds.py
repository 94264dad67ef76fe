"""Labelled worlds as folders, with texts or with fingerprints in their place."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from hydrometer.contract import EXCHANGES
from hydrometer.detection.ingestion import locate_default_site_key
from hydrometer.fingerprint import Fingerprinter, SiteKey
from hydrometer.lab.simulate import ALL, make_world_folder
from hydrometer.lab.simulate.fingerprint_pool import SketchingMethod
from hydrometer.lab.simulate.scenario_loader import describe_scenario, load_scenario
from hydrometer.lab.simulate.scenario_scaling import WorldSize, scale_scenario
from hydrometer.lab.simulate.world_folder import refuse_occupied

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.contract import FingerprintSettings, Progress, Settings
    from hydrometer.lab.simulate.world_folder import WorldCounts


__all__ = ["TextSketcher", "WorldRequest", "WorldSize", "scenarios", "simulate"]


@dataclass
class TextSketcher:
    """Fingerprints loose texts as exchanges; goes to worker processes, and makes its fingerprinter there."""

    settings: FingerprintSettings
    key: SiteKey = field(repr=False)

    @cached_property
    def _fingerprinter(self) -> Fingerprinter:
        return Fingerprinter(self.settings, self.key)

    def __call__(self, system: Sequence[str | None], prompt: Sequence[str | None]) -> pa.RecordBatch:
        """Return TRAFFIC rows of these system prompts and prompts; every other column is null."""
        texts = {"system_prompt": system, "prompt": prompt}
        columns = [
            pa.array(texts[c.name], c.type) if c.name in texts else pa.nulls(len(prompt), c.type)
            for c in EXCHANGES.columns
        ]
        return self._fingerprinter.fingerprint_batch(pa.RecordBatch.from_arrays(columns, names=EXCHANGES.names))


def scenarios() -> dict[str, str]:
    """Return the known scenarios, a line each."""
    return {name: describe_scenario(scenario) for name, scenario in ALL.items()}


def build_sketching(settings: Settings, site_key: Path | None) -> SketchingMethod:
    """Return how worlds are fingerprinted with these settings and this key.

    Raises:
        InputError: an unusable key.
    """
    fingerprint_settings = settings.fingerprint
    sketcher = TextSketcher(fingerprint_settings, SiteKey.load_or_create(site_key or locate_default_site_key()))
    return SketchingMethod(
        sketcher,
        fingerprint_settings.max_sketch,
        fingerprint_settings.lead_words,
        fingerprint_settings.elicitation_threshold,
    )


@dataclass(frozen=True, kw_only=True)
class WorldRequest:
    """Which world to write, and where."""

    scenario: str
    """The name of a scenario, or a file with its recipe."""
    seed: int
    out: Path
    """Folder of the world; the truth lies beside it."""
    size: WorldSize = field(default_factory=WorldSize)
    """As large as the scenario says, where nothing is given."""
    sketches_only: bool = False
    """Whether it holds fingerprints, keyed with the site key, in place of texts."""
    site_key: Path | None = None
    """The default key of the user where none is named."""


def simulate(request: WorldRequest, settings: Settings, progress: Progress) -> WorldCounts:
    """Write the labelled world of a scenario and a seed, and the truth beside it.

    Raises:
        InputError: an impossible scenario, an unusable key, or something in the folders already.
    """
    scenario = load_scenario(request.scenario)
    refuse_occupied(request.out)
    if request.size != WorldSize():
        progress.stage("measure volumes")
        scenario = scale_scenario(scenario, request.size, request.seed)
    return make_world_folder(
        scenario,
        request.seed,
        request.out,
        sketching=build_sketching(settings, request.site_key) if request.sketches_only else None,
        workers=settings.cores,
        progress=progress,
    )
