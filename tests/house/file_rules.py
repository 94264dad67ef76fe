"""What every file must have and must not have."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from findings import Finding, Source, sources
from import_rules import ROOMS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_LINES = 400
EMPTY_NAMES = frozenset({"common", "helper", "helpers", "lib", "misc", "util", "utils"})
BROAD = frozenset({"Exception", "BaseException"})
BESIDES = frozenset({"benchmarks", "flow", "house", "whole"})
"""Test folders that mirror no room: the benchmarks, the flow, these rules, and the installed whole."""

WORDS = (
    *(rf"\b{word}\b" for word in ("TO" + "DO", "FIX" + "ME", "X" * 3)),
    *(re.escape(place) for place in ("/wo" + "rk/", "/ro" + "ot/", "bash_" + "jobs", ".lib" + "rary/")),
    r"/ho" + r"me/[a-z]",
)
"""Left undone, or of the place where somebody worked. Put together here, so that this file does not hold them."""
TEXTS = frozenset({".cfg", ".css", ".html", ".js", ".json", ".md", ".py", ".sql", ".toml", ".txt", ".yaml", ".yml", ""})
LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]+)")
"""The target of a Markdown link that names no scheme, without its fragment."""
PLACES = ("src", "tests", "scripts", "benchmarks", "docs", ".ci")


def short(package: Path) -> list[Finding]:
    """A file fits a few screens."""
    return [
        source.found(lines, f"{lines} lines, more than {MOST_LINES}: split it")
        for source in sources(package)
        if (lines := len(source.text.splitlines())) > MOST_LINES
    ]


def named(package: Path) -> list[Finding]:
    """No file or folder has a name that says nothing."""
    return [
        source.found(1, f"`{part}` says nothing of what is in it")
        for source in sources(package)
        for part in source.parts
        if part.removesuffix(".py").strip("_") in EMPTY_NAMES
    ]


def documented(package: Path) -> list[Finding]:
    """Every public module, and its public classes and functions, say what they are."""
    return [
        source.found(node, f"{name} has no docstring")
        for source in sources(package)
        for node, name in _public(source)
        if not ast.get_docstring(node)
    ]


def _public(source: Source) -> Iterator[tuple[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    last = source.parts[-1]
    if last.startswith("_") and last != "__init__.py":
        return
    yield source.tree, source.module
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node, f"{source.module}.{node.name}"


def annotations_deferred(package: Path) -> list[Finding]:
    """Every file with code begins with `from __future__ import annotations`."""
    return [
        source.found(1, "no `from __future__ import annotations`")
        for source in sources(package)
        if any(not isinstance(node, ast.Expr) for node in source.tree.body)
        and source.parts != ("__init__.py",)
        and not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in source.tree.body)
    ]


def nothing_swallowed(package: Path) -> list[Finding]:
    """No clause catches, and nothing suppresses, every exception."""
    found = []
    for source in sources(package):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ExceptHandler):
                caught = {"BaseException"} if node.type is None else _names(node.type)
            elif isinstance(node, ast.Call) and _names(node.func) & {"suppress"}:
                caught = {name for argument in node.args for name in _names(argument)}
            else:
                continue
            if caught & BROAD:
                found.append(source.found(node, "catches every exception"))
    return found


def _names(node: ast.expr) -> set[str]:
    """Return the names in an expression, of dotted names the last part."""
    if isinstance(node, ast.Attribute):
        return {node.attr}
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}


def mirrored(package: Path, tests: Path) -> list[Finding]:
    """Every test folder belongs to a room, and every room with code has tests."""
    folders = {path.name for path in tests.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))}
    rooms = {source.room for source in sources(package) if len(source.parts) > 1}
    return [
        *(Finding(f"tests/{name}", 1, "mirrors no room") for name in sorted(folders - ROOMS - BESIDES)),
        *(
            Finding(f"{package.name}/{room}", 1, f"has no test in tests/{room}/")
            for room in sorted(rooms)
            if not any((tests / room).rglob("test_*.py"))
        ),
    ]


def told_apart(tests: Path) -> list[Finding]:
    """No two test files share a name: pytest and mypy know them by it."""
    seen: dict[str, Path] = {}
    found = []
    for path in sorted(tests.rglob("*.py")):
        if path.name in seen and path.name != "__init__.py":
            what = f"has the name of {seen[path.name].relative_to(tests)}"
            found.append(Finding(f"tests/{path.relative_to(tests)}", 1, what))
        seen.setdefault(path.name, path)
    return found


def clean_words(root: Path) -> list[Finding]:
    """Nothing is left undone, and nothing tells of the place where somebody worked."""
    pattern = re.compile("|".join(WORDS))
    return [
        Finding(str(path.relative_to(root)), number, f"`{word[0]}` does not belong here")
        for path in _texts(root)
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1)
        if (word := pattern.search(line))
    ]


def live_links(root: Path) -> list[Finding]:
    """Every link of a page to a file of the project leads there."""
    return [
        Finding(str(page.relative_to(root)), number, f"leads nowhere: {target}")
        for page in _texts(root)
        if page.suffix == ".md"
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1)
        for target in LINK.findall(line)
        if not (page.parent / target).exists()
    ]


def _texts(root: Path) -> Iterator[Path]:
    yield from sorted(path for path in root.iterdir() if path.is_file() and path.suffix in TEXTS)
    for place in PLACES:
        for path in sorted((root / place).rglob("*")):
            if path.is_file() and path.suffix in TEXTS and "__pycache__" not in path.parts:
                yield path
