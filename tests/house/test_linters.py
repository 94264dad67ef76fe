"""What linters hold of the house's rules: each rule catches a planted violation, as pyproject.toml sets it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.project import ROOT

BIN = Path(sys.executable).parent
FIRST = '"""A module."""\n\nfrom __future__ import annotations\n\n'


def list_rules(file: str, text: str) -> set[str]:
    """Return the rules of ruff that a file would break at this path."""
    command = [str(BIN / "ruff"), "check", "--output-format", "concise", "--no-cache", "--stdin-filename", file, "-"]
    done = subprocess.run(command, input=text, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode in {0, 1}, done.stderr
    return set(re.findall(r"^\S+:\d+:\d+: ([A-Z]+\d+) ", done.stdout, re.MULTILINE))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("D100", "from __future__ import annotations\n\nx = 1\n"),
        ("D101", FIRST + "class SomeThing:\n    x = 1\n"),
        ("D103", FIRST + "def do_it() -> None:\n    pass\n"),
        ("D401", FIRST + 'def do_it() -> None:\n    """The thing is done."""\n'),
        ("I002", '"""A module."""\n\nx = 1\n'),
        ("TID252", FIRST + "from . import b\n\nb()\n"),
        ("TID252", FIRST + "from ..contract import b\n\nb()\n"),
        ("TID251", FIRST + "import socket\n\nsocket.socket()\n"),
        ("TID251", FIRST + "from urllib.request import urlopen\n\nurlopen()\n"),
        ("TID251", FIRST + "from http.client import x\n\nx()\n"),
        ("TID251", FIRST + "import httpx\n\nhttpx.get()\n"),
        ("PLR0913", FIRST + "def _f(a: int, b: int, c: int, d: int, e: int, f: int, g: int) -> None: ...\n"),
        ("E722", FIRST + "try:\n    x = 1\nexcept:\n    x = 2\n"),
        ("BLE001", FIRST + "try:\n    x = 1\nexcept Exception:\n    x = 2\n"),
        ("BLE001", FIRST + "try:\n    x = 1\nexcept (ValueError, BaseException):\n    x = 2\n"),
    ],
)
def test_ruff_catches(rule: str, text: str) -> None:
    assert rule in list_rules("src/hydrometer/report/some_part.py", text)


def test_ruff_lets_rooms_that_speak_open_connections_and_kernels_take_arrays() -> None:
    speaking = FIRST + "import socket\n\nsocket.socket()\n"
    many = FIRST + "def _f(a: int, b: int, c: int, d: int, e: int, f: int, g: int) -> None: ...\n"
    assert "TID251" not in list_rules("src/hydrometer/intelligence/psi/some_part.py", speaking)
    assert "TID251" in list_rules("src/hydrometer/intelligence/exchange/some_part.py", speaking)
    for file in ("report/kernels/some_part.py", "report/some_kernel.py", "report/some_kernels.py", "cli/some_part.py"):
        assert "PLR0913" not in list_rules(f"src/hydrometer/{file}", many)


@pytest.fixture(scope="module")
def copied_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's sources, to plant violations in."""
    folder = tmp_path_factory.mktemp("house") / "src"
    shutil.copytree(ROOT / "src", folder, ignore=shutil.ignore_patterns("__pycache__", "data", "sample"))
    return folder


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("contract/planted.py", "import hydrometer.api", "hydrometer.contract is not allowed to import hydrometer.api"),
        (
            "detection/planted.py",
            "from hydrometer.lab.simulate import simulate",
            "hydrometer.detection is not allowed to import hydrometer.lab",
        ),
        ("sources/planted.py", "import hydrometer.fingerprint", "hydrometer.sources is not allowed to import"),
        ("attic/__init__.py", "", "hydrometer.attic"),
        ("report/planted.py", "import duckdb", "DuckDB and Spark run in engines BROKEN"),
        ("report/planted.py", "from rich.table import Table", "parses arguments and draws tables BROKEN"),
        ("intelligence/exchange/planted.py", "import sqlalchemy", "The casebook alone speaks to databases BROKEN"),
        ("lab/simulate/archetypes/planted.py", "from hydrometer.lab.simulate.archetypes import person", "kind BROKEN"),
        (
            "detection/signals/timing/planted.py",
            "import hydrometer.detection.signals.content.leaning",
            "A plug-in knows no other of its kind BROKEN",
        ),
    ],
)
def test_import_linter_catches(file: str, text: str, said: str, copied_package: Path) -> None:
    planted = copied_package / "hydrometer" / file
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(text, "utf-8")
    try:
        done = subprocess.run(  # noqa: S603 (our own tools)
            [str(BIN / "lint-imports"), "--no-cache", "--no-logo", str(ROOT / "pyproject.toml")],
            cwd=copied_package,
            env={**os.environ, "PYTHONPATH": str(copied_package), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        planted.unlink()
        if planted.name == "__init__.py":
            planted.parent.rmdir()
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in " ".join(done.stdout.split())


def test_deptry_catches_an_undeclared_import(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "src" / "hydrometer").mkdir(parents=True)
    (tmp_path / "src" / "hydrometer" / "planted.py").write_text("import json\nimport numpy\nimport pytest\n", "utf-8")
    command = [str(BIN / "deptry"), "--no-ansi", "src"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 1
    assert "planted.py:3:8: DEP004 'pytest' imported but declared as a dev dependency" in done.stderr
    assert "'numpy' imported" not in done.stderr
