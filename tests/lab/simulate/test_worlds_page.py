"""docs/worlds.md is what the simulator declares."""

from __future__ import annotations

import runpy

from fixtures.project import ROOT
from hydrometer.lab.simulate import ALL, OperatorSpec, Scenario
from hydrometer.lab.simulate.archetype_plugins import load_archetypes


def test_the_page_is_current() -> None:
    page = runpy.run_path(str(ROOT / "scripts" / "make_worlds_docs.py"))["page"]()
    assert (ROOT / "docs" / "worlds.md").read_text("utf-8") == page


def test_the_page_has_every_archetype_knob_and_scenario() -> None:
    page = (ROOT / "docs" / "worlds.md").read_text("utf-8")
    for name in (*load_archetypes(), *OperatorSpec.__struct_fields__, *Scenario.__struct_fields__, *ALL):
        assert f"| `{name}` |" in page, name
