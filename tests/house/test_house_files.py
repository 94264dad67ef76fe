"""The house's files, and that each rule catches what it forbids."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from fixtures import file_rules
from fixtures.house_findings import PACKAGE, Finding, planted
from fixtures.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Rule = Callable[[Path], list[Finding]]

RULES: list[Rule] = [
    file_rules.short,
    file_rules.named,
    file_rules.documented,
    file_rules.annotations_deferred,
    file_rules.nothing_swallowed,
]
PAGES = ROOT / "scripts" / "make_contract_docs.py"


def told(found: list[Finding]) -> str:
    return "\n".join(map(str, found))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule) -> None:
    found = rule(PACKAGE)
    assert not found, told(found)


def test_scripts_and_benchmarks_are_short_and_swallow_nothing() -> None:
    found = [
        finding
        for folder in (ROOT / "scripts", ROOT / "benchmarks")
        for rule in (file_rules.short, file_rules.nothing_swallowed)
        for finding in rule(folder)
    ]
    assert not found, told(found)


def test_tests_mirror_the_rooms() -> None:
    found = [*file_rules.mirrored(PACKAGE, ROOT / "tests"), *file_rules.told_apart(ROOT / "tests")]
    assert not found, told(found)


def test_nothing_is_left_undone_or_tells_of_a_workplace() -> None:
    found = file_rules.clean_words(ROOT)
    assert not found, told(found)


def test_the_pages_lead_somewhere() -> None:
    found = file_rules.live_links(ROOT)
    assert not found, told(found)


def test_the_licence_is_there_and_is_the_declared_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    for name in project["license-files"]:
        text = (ROOT / name).read_text("utf-8")
        assert "Apache License" in text
        assert "Version 2.0, January 2004" in text


def pages(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, str(PAGES), *arguments], capture_output=True, text=True, check=False
    )


def test_the_pages_of_the_contract_are_up_to_date() -> None:
    done = pages("--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_page_that_lacks_a_column_is_caught(tmp_path: Path) -> None:
    assert pages("--to", str(tmp_path)).returncode == 0
    page = tmp_path / "contract.md"
    text = page.read_text("utf-8")
    assert "| `client_asn` | int32 |" in text
    page.write_text("".join(line for line in text.splitlines(keepends=True) if "client_asn" not in line), "utf-8")
    done = pages("--check", "--to", str(tmp_path))
    assert done.returncode == 1
    assert done.stdout.startswith(f"{page} is not what the contract declares")


def test_a_long_file_is_caught(tmp_path: Path) -> None:
    package = planted(tmp_path, {"signals/a.py": "x = 1\n" * 401, "signals/b.py": "x = 1\n" * 400})
    assert [f.file for f in file_rules.short(package)] == ["hydrometer/signals/a.py"]


@pytest.mark.parametrize(
    "file", ["utils/a.py", "signals/helpers.py", "signals/common/a.py", "signals/_util.py", "misc.py"]
)
def test_an_empty_name_is_caught(file: str, tmp_path: Path) -> None:
    assert len(file_rules.named(planted(tmp_path, {file: "", "signals/utility_bills.py": ""}))) == 1


def test_a_missing_docstring_is_caught(tmp_path: Path) -> None:
    text = (
        '"""A module."""\nclass A:\n    pass\ndef f():\n    pass\nasync def g():\n    "Said."\ndef _own():\n    pass\n'
    )
    package = planted(
        tmp_path, {"signals/a.py": text, "signals/b.py": "x = 1", "signals/_own.py": "", "store/__init__.py": ""}
    )
    assert [f.what.split()[0] for f in file_rules.documented(package)] == [
        "hydrometer.detection.signals.a.A",
        "hydrometer.detection.signals.a.f",
        "hydrometer.detection.signals.b",
        "hydrometer.enforcement.casebook",
    ]


def test_evaluated_annotations_are_caught(tmp_path: Path) -> None:
    files = {
        "signals/a.py": '"""A."""\nx = 1',
        "signals/b.py": '"""B."""\nfrom __future__ import annotations\nx = 1',
        "signals/__init__.py": '"""Only a docstring."""',
    }
    assert [f.file for f in file_rules.annotations_deferred(planted(tmp_path, files))] == ["hydrometer/signals/a.py"]


@pytest.mark.parametrize(
    "clause",
    [
        "try:\n    x\nexcept:\n    pass",
        "try:\n    x\nexcept Exception:\n    pass",
        "try:\n    x\nexcept (ValueError, BaseException) as e:\n    raise",
        "try:\n    x\nexcept builtins.Exception:\n    pass",
        "with contextlib.suppress(Exception):\n    x",
        "with suppress(ValueError, BaseException):\n    x",
    ],
)
def test_a_swallowed_exception_is_caught(clause: str, tmp_path: Path) -> None:
    right = "try:\n    x\nexcept (ValueError, OSError):\n    pass\nwith suppress(KeyError):\n    x"
    package = planted(tmp_path, {"signals/a.py": clause, "signals/b.py": right})
    assert [f.file for f in file_rules.nothing_swallowed(package)] == ["hydrometer/signals/a.py"]


def test_a_room_without_tests_and_tests_without_a_room_are_caught(tmp_path: Path) -> None:
    package = planted(tmp_path, {"signals/a.py": "", "store/a.py": "", "flow.py": ""})
    tests = tmp_path / "tests"
    for file in ("signals/test_a.py", "attic/test_b.py", "house/test_c.py", "__pycache__/x.pyc", "store/fixture.py"):
        (tests / file).parent.mkdir(parents=True, exist_ok=True)
        (tests / file).touch()
    assert [f.file for f in file_rules.mirrored(package, tests)] == ["tests/attic", "hydrometer/store"]


def test_test_files_of_one_name_are_caught(tmp_path: Path) -> None:
    for file in ("a/test_x.py", "b/test_x.py", "b/test_y.py", "a/__init__.py", "b/__init__.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    assert [f.file for f in file_rules.told_apart(tmp_path)] == ["tests/b/test_x.py"]


@pytest.mark.parametrize(
    "word", ["# TO" + "DO later", "see /wo" + "rk/main", "/ho" + "me/ann/x", "FIX" + "ME", "/ro" + "ot/x"]
)
@pytest.mark.parametrize("file", ["README.md", "src/a/b.py", ".ci/run", "docs/x.md", "Makefile"])
def test_a_word_that_does_not_belong_is_caught(word: str, file: str, tmp_path: Path) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"the homework in todo.txt\n{word}\n", "utf-8")
    assert [(f.file, f.line) for f in file_rules.clean_words(tmp_path)] == [(file, 2)]


def test_a_dead_link_is_caught(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text(
        "[a](docs/a.md) [top](#top) [web](https://example.org/x)\n[b](docs/b.md#here) [c](docs/c.md)\n", "utf-8"
    )
    (tmp_path / "docs" / "b.md").write_text("[up](../README.md)", "utf-8")
    assert [(f.line, f.what) for f in file_rules.live_links(tmp_path)] == [
        (1, "leads nowhere: docs/a.md"),
        (2, "leads nowhere: docs/c.md"),
    ]
