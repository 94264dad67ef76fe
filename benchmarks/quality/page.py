"""docs/benchmark.md of the records of a run."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from hydrometer.detection.campaigns.score_calibration import load_calibration
from quality import crowds, tables
from quality.baselines import runner
from quality.drawings import draw
from quality.harvests import exchanges
from quality.plan import EVERY, HELD_OUT, TEST_SEED, TUNED, VARIED
from shared_page import kept_part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quality.trial import Record

LIBRARIES = ("hydrometer", "duckdb", "numba", "numpy", "pyarrow", "scipy", "splink")
READING = Path(__file__).with_name("reading.md")
"""What the figures do not say of themselves: written by hand, and read again whenever they change."""


def write_page(records: Sequence[Record], folder: Path, seconds: float, workers: int) -> None:
    """Write benchmark.md and its drawings into `folder`."""
    ordered = sorted(records, key=lambda record: (record.scenario, record.seed, record.detector))
    drawings = draw(ordered, folder)
    sections = [
        _head(ordered, seconds, workers),
        ("Hydrometer", tables.headline(ordered)),
        ("By rung", f"![Account F1 by rung]({drawings[0]})\n\n{tables.by_rung(ordered)}\n{tables.standing(ordered)}"),
        ("Honest communities", f"{crowds.communities(ordered)}\n{crowds.crowd_standing(ordered)}"),
        ("Several operators in one world", crowds.several(ordered)),
        ("Scenarios that no tuning saw", tables.by_scenario(ordered, HELD_OUT)),
        ("Other scenarios", tables.by_scenario(ordered, (*TUNED, VARIED))),
        ("Innocent worlds", tables.innocents(ordered)),
        (
            "False accusations",
            f"Honest accounts flagged per 100,000, in brackets how many.\n\n![Archetypes]({drawings[3]})\n\n{tables.accusations(ordered)}",
        ),
        ("Without a family of evidence", f"![Ablation]({drawings[2]})\n\n{tables.ablation(ordered)}"),
        ("Harvested exchanges", exchanges(ordered)),
        ("How soon", tables.days(ordered)),
        ("Reliability of the probabilities", f"![Reliability]({drawings[1]})\n\n{tables.calibration(ordered, EVERY)}"),
        ("Seconds a world", tables.seconds(ordered)),
    ]
    parts = [sections[0], READING.read_text("utf-8").replace("../../docs/", "")]
    parts += [f"## {title}\n\n{text}" for title, text in sections[1:] if text.strip()]
    page = folder / "benchmark.md"
    kept = kept_part(page)
    page.write_text("\n".join(str(part) for part in (*parts, *([f"{kept}\n"] if kept else []))), "utf-8")


def _head(records: Sequence[Record], seconds: float, workers: int) -> str:
    worlds = {(record.scenario, record.seed) for record in records}
    seeds = sorted({seed for _, seed in worlds})
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    provenance = load_calibration().provenance
    tuned = "".join(f"- {name} ({kind.SOURCE}): `{runner.chosen(name)}`\n" for name, kind in runner.BASELINES.items())
    return f"""# The benchmark

Written by `make bench-quality`; do not edit.

{len(worlds)} simulated worlds, test seeds {seeds[0]} to {seeds[-1]}, {seconds / 60:.0f} minutes in {workers} processes on {os.cpu_count()} cores
({platform.machine()}, {platform.system()}). Python {platform.python_version()}, {versions}.
Training seeds are below 100, test seeds from {TEST_SEED} on. Calibrated by `{provenance["command"]}`.
{_list(HELD_OUT)} were seen by no tuning. An interval is of 95 %, over worlds
([evaluation.md](evaluation.md)). How well operators are named is measured by `make bench-attribution`, at the end of this page and in
[benchmark-attribution.md](benchmark-attribution.md).

Settings of the baselines, chosen by `PYTHONPATH=benchmarks python -m quality.baselines.tune`:

{tuned}"""


def _list(names: Sequence[str]) -> str:
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}"
