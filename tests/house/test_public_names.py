"""The public names of the package: quick to import, lazy, and the only ones that documents and examples use."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import hydrometer as hy
from fixtures.project import ROOT
from fixtures.sample_result import configuration

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC: list[str] = vars(hy)["__all__"]
MOST_SECONDS = 0.030
"""CPU seconds that `import hydrometer` may add to an interpreter that imports nothing."""
MODULES = (
    "hydrometer",
    "hydrometer.api.case_work",
    "hydrometer.api.detection_result",
    "hydrometer.api.detection_verbs",
    "hydrometer.api.lab_verbs",
    "hydrometer.api.policy_file",
    "hydrometer.api.request_guard",
)
INSIDE = re.compile(r"\bfrom hydrometer\.|\bimport hydrometer\.|\bhydrometer\.[a-z_]+\.[a-z_]+")
"""An import of an inside module, or a dotted path of one."""
COMMAND = re.compile(r"python -m hydrometer\.[a-z_.]+")
"""What developers run; it is no import, and no user needs it."""


def run(code: str) -> str:
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 -- our own code
    return ended.stdout


def documents() -> list[Path]:
    """Return what users read and copy: documents but decisions, examples, the README."""
    docs = (ROOT / "docs").glob("*.md")
    examples = [file for file in (ROOT / "examples").rglob("*") if file.is_file() and file.suffix != ".pyc"]
    return sorted([*docs, *examples, ROOT / "README.md", ROOT / "scripts" / "spark_detect.py"])


@pytest.mark.parametrize("file", documents(), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_inside_name_is_in_a_document(file: Path) -> None:
    text = COMMAND.sub("", file.read_text("utf-8"))
    assert INSIDE.findall(text) == []


def test_documents_use_names_that_there_are() -> None:
    used = set()
    for file in documents():
        text = file.read_text("utf-8")
        used |= set(re.findall(r"\bhy\.([A-Za-z]\w*)", text))
        for names in re.findall(r"from hydrometer import ([\w, ]+)", text):
            used |= {name.strip() for name in names.split(",")}
    assert {"detect", "Result", "Guard"} <= used
    assert used <= set(PUBLIC)


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    for name in PUBLIC:
        assert inspect.getdoc(getattr(hy, name)), name


def test_a_subsystem_takes_no_public_name() -> None:
    importlib.import_module("hydrometer.fingerprint.fingerprinter")
    assert inspect.isfunction(hy.fingerprint)
    assert set(dir(hy)) >= {*PUBLIC, "__version__"}
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        importlib.import_module("hydrometer").__getattr__("nothing")


def test_importing_the_package_is_quick() -> None:
    code = "import time; t = time.process_time(); import hydrometer; print(time.process_time() - t)"
    assert min(float(run(code)) for _ in range(5)) < MOST_SECONDS


def test_a_guard_imports_no_detector() -> None:
    code = "import hydrometer, sys; hydrometer.Guard, hydrometer.GuardMiddleware, hydrometer.LiteLLMGuardrail; print(*sys.modules)"
    modules = run(code).split()
    assert "hydrometer.enforcement.guard.guard_runtime" in modules
    barred = ("detection", "lab", "report", "intelligence", "result", "engines")
    assert [name for name in modules if name.startswith(tuple(f"hydrometer.{part}" for part in barred))] == []
    assert not {"duckdb", "pandas", "pyarrow"} & set(modules)


@pytest.mark.parametrize("name", MODULES)
def test_docstrings_do_what_they_show(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(configuration()))
    began = time.perf_counter()
    outcome = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    )
    assert outcome.failed == 0
    assert outcome.attempted
    assert time.perf_counter() - began < 60
