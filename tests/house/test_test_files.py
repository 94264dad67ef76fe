"""Tests mirror the modules, have names of their own, and share by fixtures only."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from fixtures.planted_package import plant_package
from fixtures.project import ROOT, TESTS
from house_mirror import TestMirror as Mirror  # pytest would collect the class by its own name
from house_mirror import read_list

if TYPE_CHECKING:
    from pathlib import Path


def test_every_module_has_its_test_or_a_reason() -> None:
    ceiling, reasons = read_list(ROOT)
    wrong = Mirror(ROOT).check_list(reasons)
    assert not wrong, "\n".join(wrong)
    assert len(reasons) == ceiling, "the list only shrinks: give the module its test, or lower the ceiling"


def list_foreign_imports(tests: Path) -> list[str]:
    """Return the imports of test files by other files: what several tests need is in fixtures/."""
    names = {path.stem for path in tests.rglob("*.py") if path.name.startswith("test_")}
    return [
        f"{path.relative_to(tests)}: {name}"
        for path in sorted(tests.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or "."])
        if name.rpartition(".")[2] in names or (isinstance(node, ast.ImportFrom) and node.level)
    ]


def list_shared_files(tests: Path) -> list[str]:
    """Return the Python files that are neither a test, nor pytest's own, nor in fixtures/ or beside cases."""
    return [
        str(path.relative_to(tests))
        for path in sorted(tests.rglob("*.py"))
        if not path.name.startswith("test_")
        and path.name != "conftest.py"
        and path.relative_to(tests).parts[0] != "fixtures"
    ]


def list_repeated_names(tests: Path) -> list[str]:
    """Return the test files that have the name of another: pytest and mypy know them by it."""
    paths: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        paths.setdefault(path.name, []).append(str(path.relative_to(tests)))
    return [", ".join(same) for same in paths.values() if len(same) > 1]


def test_no_test_imports_another() -> None:
    assert list_foreign_imports(TESTS) == []


def test_what_tests_share_is_in_fixtures() -> None:
    assert list_shared_files(TESTS) == []


def test_test_files_have_names_of_their_own() -> None:
    assert list_repeated_names(TESTS) == []


def test_planted_test_files_are_caught(tmp_path: Path) -> None:
    files = {
        "a/test_x.py": "from test_y import z\nimport b.test_y\nfrom . import q\nfrom fixtures.x import y",
        "b/test_x.py": "",
        "b/test_y.py": "",
        "b/builders.py": "import a.test_x as other",
        "b/conftest.py": "",
        "fixtures/x.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    assert list_foreign_imports(tmp_path) == [
        "a/test_x.py: test_y",
        "a/test_x.py: b.test_y",
        "a/test_x.py: .",
        "b/builders.py: a.test_x",
    ]
    assert list_shared_files(tmp_path) == ["b/builders.py"]
    assert list_repeated_names(tmp_path) == ["a/test_x.py, b/test_x.py"]


@pytest.fixture
def planted_mirror(tmp_path: Path) -> Mirror:
    """A package of which most modules have no test of their own."""
    plant_package(
        tmp_path,
        {
            "lab/__init__.py": "from hydrometer.lab.exported import make_world as make_world",
            "lab/mirrored.py": "from hydrometer.lab.inner import x\n",
            "lab/inner.py": "from hydrometer.lab.innermost import x\n\ndef f(): ...",
            "lab/innermost.py": "from hydrometer.lab.inner import y\n\ndef f(): ...",
            "lab/exported.py": "def make_world(): ...",
            "lab/records.py": "class WorldRecord: ...",
            "lab/alone.py": "def f(): ...",
            "lab/train.py": "def f(): ...\n\nif __name__ == '__main__':\n    f()",
            "sources/formats/__init__.py": "def find_formats(): ...",
            "sources/formats/plain.py": "READER = 1",
        },
    )
    tests = {
        "lab/test_mirrored.py": "",
        "lab/test_worlds.py": "from hydrometer.lab import make_world\nRUN = 'hydrometer.lab.train'",
        "sources/test_format_cases.py": "",
        "sources/formats/test_formats.py": "",
    }
    for name, text in tests.items():
        (tmp_path / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests" / name).write_text(text, "utf-8")
    return Mirror(tmp_path)


REASONS = {
    "lab/exported.py": "tests/lab/test_worlds.py",
    "lab/inner.py": "through lab/mirrored.py",
    "lab/innermost.py": "through lab/inner.py",
    "lab/records.py": "declarations only",
    "lab/train.py": "run by developers",
    "sources/formats/": "run by tests/sources/test_format_cases.py",
}


def test_the_list_of_unmirrored_modules_is_drafted_and_checked(planted_mirror: Mirror) -> None:
    assert planted_mirror.check_list(REASONS) == ["lab/alone.py: no test, and not in tests/house/unmirrored.toml"]
    assert (
        planted_mirror.draft_list({"lab/train.py": "run by developers", "lab/gone.py": "declarations only"}) == REASONS
    )


@pytest.mark.parametrize(
    ("entry", "reason", "wrong"),
    [
        ("lab/alone.py", "tests/lab/test_worlds.py", "tests/lab/test_worlds.py does not import it"),
        ("lab/alone.py", "tests/lab/test_gone.py", "tests/lab/test_gone.py is not there"),
        ("lab/alone.py", "too hard to test", "too hard to test is not there"),
        ("lab/alone.py", "declarations only", "has functions"),
        ("lab/alone.py", "run by developers", "is no command"),
        ("lab/alone.py", "run by tests/lab/test_worlds.py", "is no plug-in or command, and tests/lab/test_worlds.py"),
        ("lab/alone.py", "through lab/mirrored.py", "lab/mirrored.py does not import it"),
        ("lab/alone.py", "through lab/gone.py", "lab/gone.py is not there"),
        ("lab/inner.py", "through lab/innermost.py", "lab/inner.py is only tested through it"),
        ("lab/", "run by tests/lab/test_worlds.py", "is no folder of plug-ins that a test runs"),
        ("lab/mirrored.py", "declarations only", "has its test or is not there"),
        ("lab/gone.py", "declarations only", "has its test or is not there"),
        ("sources/formats/", "run by tests/gone.py", "tests/gone.py is not there"),
    ],
)
def test_a_reason_that_does_not_hold_is_caught(entry: str, reason: str, wrong: str, planted_mirror: Mirror) -> None:
    said = planted_mirror.check_list({**REASONS, "lab/alone.py": "run by tests/lab/test_worlds.py", entry: reason})
    assert any(line.startswith(f"{entry}: ") and wrong in line for line in said), said
    named = planted_mirror.check_list({**REASONS, "lab/train.py": "run by tests/lab/test_worlds.py"})
    assert not [line for line in named if line.startswith("lab/train.py")]
