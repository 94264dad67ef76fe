"""Labelled worlds as folders, with texts or with fingerprints in their place."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from hydrometer import __version__
from hydrometer.contract.exchanges import EXCHANGES
from hydrometer.fingerprint import Fingerprinter, SiteKey
from hydrometer.flow.reading import default_site_key
from hydrometer.simulate import ALL, make_folder
from hydrometer.simulate.folder import refuse_occupied
from hydrometer.simulate.recipe import find_scenario, told
from hydrometer.simulate.scaling import Size, scaled
from hydrometer.simulate.stock import Sketching

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.contract.progress import Progress
    from hydrometer.contract.settings import FingerprintSettings, Settings
    from hydrometer.simulate.folder import Counts


__all__ = ["Size", "TextSketcher", "scenarios", "simulate"]


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
        return self._fingerprinter.batch(pa.RecordBatch.from_arrays(columns, names=EXCHANGES.names))


def scenarios() -> dict[str, str]:
    """The known scenarios, a line each."""
    return {name: told(scenario) for name, scenario in ALL.items()}


def sketching(settings: Settings, site_key: Path | None) -> Sketching:
    """How worlds are fingerprinted with these settings and this key.

    Raises:
        InputError: an unusable key.
    """
    chosen = settings.fingerprint
    sketcher = TextSketcher(chosen, SiteKey.load_or_create(site_key or default_site_key()))
    return Sketching(sketcher, chosen.max_sketch, chosen.lead_words, chosen.elicitation_threshold)


def simulate(
    scenario: str,
    seed: int,
    out: Path,
    settings: Settings,
    *,
    size: Size,
    sketches_only: bool,
    site_key: Path | None,
    progress: Progress,
) -> Counts:
    """Write the labelled world of a scenario (its name, or a file with its recipe) and a seed to `out`, and the truth
    beside it.

    With `sketches_only` it holds fingerprints, keyed with the site key, in place of texts.

    Raises:
        InputError: an impossible scenario, an unusable key, or something in the folders already.
    """
    recipe = find_scenario(scenario)
    refuse_occupied(out)
    if size != Size():
        progress.stage("measure volumes")
        recipe = scaled(recipe, size, seed)
    return make_folder(
        recipe,
        seed,
        out,
        sketching=sketching(settings, site_key) if sketches_only else None,
        workers=settings.cores,
        version=__version__,
        progress=progress,
    )
