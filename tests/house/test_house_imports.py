"""The house's imports, and that each rule catches what it forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures import import_rules
from fixtures.house_findings import PACKAGE, Finding, planted, sources
from fixtures.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Rule = Callable[[Path], list[Finding]]

RULES: list[Rule] = [
    import_rules.direction,
    import_rules.third_party_homes,
    import_rules.no_network,
    import_rules.no_relative,
    import_rules.no_late,
]


def told(found: list[Finding]) -> str:
    return "\n".join(map(str, found))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule) -> None:
    found = rule(PACKAGE)
    assert not found, told(found)


def test_the_house_imports_only_what_it_declares() -> None:
    found = import_rules.declared_only(PACKAGE, ROOT / "pyproject.toml")
    assert not found, told(found)


def test_the_rules_see_the_house() -> None:
    seen = {source.room for source in sources(PACKAGE)}
    assert {"contract", "cli"} <= seen
    reached = {name for source in sources(PACKAGE) for _, name in import_rules.imports(source, PACKAGE)}
    assert {"hydrometer.flow", "hydrometer.contract.settings", "typer"} <= reached


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("contract/a.py", "import hydrometer.flow"),
        ("contract/a.py", "from hydrometer.detection.signals import x"),
        ("signals/a.py", "from hydrometer.detection.campaigns.operator_separation import x"),
        ("signals/a.py", "from hydrometer import campaigns"),
        ("signals/a.py", "from hydrometer import flow"),
        ("signals/a.py", "from hydrometer.engines import duckdb"),
        ("engines/a.py", "import hydrometer.detection.population.measuring_steps as steps"),
        ("flow.py", "from hydrometer.cli import app"),
        ("cli/a.py", "def f():\n    from hydrometer.sources import reader"),
        ("cli/deep/a.py", "from hydrometer.service import app"),
        ("service/a.py", "from hydrometer.cli import app"),
        ("__init__.py", "from hydrometer.flow import detect"),
        ("attic/a.py", "x = 1"),
        ("thing.py", "x = 1"),
    ],
)
def test_a_wrong_direction_is_caught(file: str, text: str, tmp_path: Path) -> None:
    assert len(import_rules.direction(planted(tmp_path, {file: text}))) == 1


def test_right_directions_pass(tmp_path: Path) -> None:
    files = {
        "contract/a.py": "from hydrometer.contract import table",
        "signals/a.py": "from hydrometer import __version__\nfrom hydrometer.detection.signals.b import x",
        "flow.py": "from hydrometer.detection.signals import a\nfrom hydrometer.contract import table",
        "cli/a.py": "def f():\n    from hydrometer import flow",
        "__main__.py": "from hydrometer.cli.app import main",
    }
    assert import_rules.direction(planted(tmp_path, files)) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("signals/a.py", "import duckdb"),
        ("flow.py", "from duckdb import connect"),
        ("store/a.py", "import pyspark.sql"),
        ("report/a.py", "from rich.table import Table"),
        ("contract/a.py", "import typer"),
    ],
)
def test_a_third_party_part_outside_its_room_is_caught(file: str, text: str, tmp_path: Path) -> None:
    assert len(import_rules.third_party_homes(planted(tmp_path, {file: text}))) == 1


def test_a_third_party_part_in_its_room_passes(tmp_path: Path) -> None:
    files = {"engines/a.py": "import duckdb", "cli/a.py": "import rich.table", "signals/a.py": "import pyarrow"}
    assert import_rules.third_party_homes(planted(tmp_path, files)) == []


@pytest.mark.parametrize(
    "text",
    [
        "import socket",
        "import urllib.request",
        "from urllib import request",
        "from http.client import x",
        "import httpx",
    ],
)
def test_a_way_out_is_caught(text: str, tmp_path: Path) -> None:
    assert len(import_rules.no_network(planted(tmp_path, {"sources/a.py": text}))) == 1
    assert (
        import_rules.no_network(
            planted(tmp_path / "other", {"service/a.py": text, "sources/b.py": "import urllib.parse"})
        )
        == []
    )


def test_an_undeclared_dependency_is_caught(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(
        '[project]\ndependencies = ["numpy>=2"]\n'
        '[project.optional-dependencies]\ndev = ["pytest"]\nspark = ["pyspark>=4; python_version > \'3\'"]\n'
    )
    package = planted(
        tmp_path,
        {
            "signals/a.py": "import json\nimport numpy.linalg\nimport pandas\nimport pytest",
            "engines/b.py": "import pyspark",
        },
    )
    found = import_rules.declared_only(package, pyproject)
    assert [f.what.split()[0] for f in found] == ["pandas", "pytest"]


def test_a_relative_import_is_caught(tmp_path: Path) -> None:
    package = planted(tmp_path, {"signals/a.py": "from . import b\nfrom ..contract import table\nimport os"})
    assert [f.line for f in import_rules.no_relative(package)] == [1, 2]


def test_a_late_import_is_caught_where_it_is_not_declared(tmp_path: Path) -> None:
    late = "import os\ndef f():\n    def g():\n        import numpy\n    import pyspark  # late: an extra\n"
    package = planted(
        tmp_path,
        {
            "engines/a.py": late,
            "cli/a.py": late,
            "signals/a.py": "class A:\n    async def f(self):\n        from x import y",
        },
    )
    assert [(f.file, f.line) for f in import_rules.no_late(package)] == [
        ("hydrometer/engines/a.py", 4),
        ("hydrometer/signals/a.py", 3),
    ]
