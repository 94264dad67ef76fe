"""The texts of the project: nothing left undone, no dead link, the licence, and the pages made from the contract."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from fixtures.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = ROOT / "scripts" / "make_contract_docs.py"
UNDONE = tuple(rf"\b{word}\b" for word in ("TO" + "DO", "FIX" + "ME", "X" * 3))
"""Left undone. Put together here, so that this file does not hold them."""
PHRASINGS = ("benchmarks", "elicitation")
"""What people write to a model: it may speak of what is undone."""
WORKPLACE = (
    *(re.escape(path) for path in ("/wo" + "rk/", "/ro" + "ot/", "bash_" + "jobs", ".lib" + "rary/")),
    r"/ho" + r"me/[a-z]",
)
"""Of the machine where somebody worked."""
TEXTS = frozenset({".cfg", ".css", ".html", ".js", ".json", ".md", ".py", ".sql", ".toml", ".txt", ".yaml", ".yml", ""})
LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]+)")
"""The target of a Markdown link that names no scheme, without its fragment."""
SOURCE = re.compile(r"(?<=`)(?:[a-z_]+/)+(?:[a-z_]+/|[a-z0-9_]+\.py)(?=`)|\bhydrometer(?:\.[a-z_]+)+\b")
"""A path of at least two parts in backticks that ends with a folder or a module; a dotted name."""
ENTRY_POINTS = frozenset(f"hydrometer.{kind}" for kind in ("archetypes", "formats", "gateways", "signals", "sources"))
"""Groups by which other packages name their plug-ins; they look like modules."""
FOLDERS = ("src", "tests", "scripts", "benchmarks", "docs", ".ci")


def list_unclean_words(root: Path) -> list[str]:
    """Return where something is left undone, or tells of the machine where somebody worked."""
    undone, workplace = re.compile("|".join((*UNDONE, *WORKPLACE))), re.compile("|".join(WORKPLACE))
    return [
        f"{path.relative_to(root)}:{number}: `{word[0]}` does not belong here"
        for path in list_texts(root)
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1)
        if (word := (workplace if is_phrasing(root, path) else undone).search(line))
    ]


def is_phrasing(root: Path, path: Path) -> bool:
    """Return whether a file holds what people write to a model."""
    return path.suffix == ".txt" and path.relative_to(root).parts[:2] == PHRASINGS


def list_dead_links(root: Path) -> list[str]:
    """Return the links of pages to files of the project that are not there."""
    return [
        f"{page.relative_to(root)}:{number}: leads nowhere: {target}"
        for page in list_texts(root)
        if page.suffix == ".md"
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1)
        for target in LINK.findall(line)
        if not (page.parent / target).exists()
    ]


def list_stale_paths(root: Path) -> list[str]:
    """Return the modules and folders of the project that pages name and that are not there; old records may."""
    return [
        f"{page.relative_to(root)}:{number}: names {name}"
        for page in list_texts(root)
        if page.suffix == ".md" and page.name != "CHANGELOG.md" and page.parent in {root, root / "docs"}
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1)
        for name in SOURCE.findall(line)
        if not _is_there(root, name)
    ]


def _is_there(root: Path, name: str) -> bool:
    """Return whether a path lies in the project, the package or a subsystem, or a dotted name is a module or something in one."""
    package = root / "src" / "hydrometer"
    if "/" in name:
        return (root / name).exists() or any(package.glob(name)) or any(package.glob(f"*/{name}"))
    if name in ENTRY_POINTS:
        return True
    path = root / "src" / name.replace(".", "/")
    return path.is_dir() or any(one.with_suffix(".py").is_file() for one in (path, path.parent))


def list_texts(root: Path) -> Iterator[Path]:
    """Yield the texts of the project."""
    yield from sorted(path for path in root.iterdir() if path.is_file() and path.suffix in TEXTS)
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix in TEXTS and "__pycache__" not in path.parts:
                yield path


def test_nothing_is_left_undone_or_tells_of_a_workplace() -> None:
    assert list_unclean_words(ROOT) == []


def test_the_pages_lead_somewhere() -> None:
    assert list_dead_links(ROOT) == []


def test_the_pages_name_what_is_there() -> None:
    assert list_stale_paths(ROOT) == []


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


@pytest.mark.parametrize(
    "word", ["# TO" + "DO later", "see /wo" + "rk/main", "/ho" + "me/ann/x", "FIX" + "ME", "/ro" + "ot/x"]
)
@pytest.mark.parametrize("file", ["README.md", "src/a/b.py", ".ci/run", "docs/x.md", "Makefile"])
def test_a_word_that_does_not_belong_is_caught(word: str, file: str, tmp_path: Path) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"the homework in todo.txt\n{word}\n", "utf-8")
    assert [line.partition(": ")[0] for line in list_unclean_words(tmp_path)] == [f"{file}:2"]


def test_a_dead_link_is_caught(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text(
        "[a](docs/a.md) [top](#top) [web](https://example.org/x)\n[b](docs/b.md#here) [c](docs/c.md)\n", "utf-8"
    )
    (tmp_path / "docs" / "b.md").write_text("[up](../README.md)", "utf-8")
    assert list_dead_links(tmp_path) == [
        "README.md:1: leads nowhere: docs/a.md",
        "README.md:2: leads nowhere: docs/c.md",
    ]


def test_a_stale_path_is_caught(tmp_path: Path) -> None:
    (tmp_path / "src" / "hydrometer" / "report").mkdir(parents=True)
    (tmp_path / "src" / "hydrometer" / "report" / "axes.py").touch()
    text = """`report/axes.py` `src/hydrometer/report/` hydrometer.report.axes.Axis `logs/` `a/<b>/`
    `flow/detecting.py` `src/hydrometer/flow/` hydrometer.flow.detect hydrometer.report.kernels.sort
    """
    (tmp_path / "README.md").write_text(text, "utf-8")
    assert [line.partition("names ")[2] for line in list_stale_paths(tmp_path)] == [
        "flow/detecting.py",
        "src/hydrometer/flow/",
        "hydrometer.flow.detect",
        "hydrometer.report.kernels.sort",
    ]
