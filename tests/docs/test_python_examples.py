"""Every block of docs/python.md and every cell of the notebook is run, in order, as a reader would."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

import hydrometer as hy
from fixtures.project import ROOT
from fixtures.sample_result import configuration
from fixtures.serving_parts import Files

if TYPE_CHECKING:
    from pathlib import Path

NOTEBOOK = ROOT / "examples" / "first_look.ipynb"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that holds what the examples name: logs, dossiers, a snapshot and its key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(configuration()))
    shutil.copytree(hy.sample(), tmp_path / "logs", ignore=shutil.ignore_patterns("intel"))
    shutil.copytree(hy.sample() / "intel", tmp_path / "intel")
    files = Files(tmp_path)
    files.write()
    files.snapshot.rename("verdicts.snapshot")
    files.public.rename("guard.pub")
    return tmp_path


def test_every_block_of_the_document_runs(desk: Path) -> None:
    blocks = BLOCK.findall((ROOT / "docs" / "python.md").read_text("utf-8"))
    assert len(blocks) >= 8
    names: dict[str, Any] = {}
    for number, block in enumerate(blocks, 1):
        exec(compile(block, f"docs/python.md, block {number}", "exec"), names)  # noqa: S102 -- our own document


def test_every_cell_of_the_notebook_runs(desk: Path) -> None:
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 5
    names: dict[str, Any] = {}
    for number, cell in enumerate(cells, 1):
        exec(compile(cell, f"first_look.ipynb, cell {number}", "exec"), names)  # noqa: S102 -- our own notebook


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    assert notebook["nbformat"] == 4
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code")
