"""Figures of names: one word where two would say more, names that several things share, names that say nothing."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING

from house_sources import Function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from house_sources import SourceFile

CLASS_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
BARRED = frozenset(
    ["told", "held", "taken", "asked", "known", "found", "seen", "met", "going", "standing", "place", "piece"]
)
"""Words that could be anything, and so name nothing."""
EMPTY = frozenset({"common", "helper", "helpers", "lib", "misc", "util", "utils"})
"""Names of files and folders that do not say what is in them."""
EXCEPTIONS = {
    "OperatorOutcome.found": "a column of what `evaluate` writes",
    "AttributionSettings.known": "a setting that users write, `[attribution] known`",
}
"""Names of fields that users read or write in files: they stay, whatever they are called."""


def find_one_word_classes(sources: list[SourceFile]) -> Iterator[str]:
    """Yield the classes named by one word."""
    for source in sources:
        for node in source.classes:
            if len(CLASS_WORD.findall(node.name)) < 2:
                yield source.locate(node, node.name)


def find_shared_classes(sources: list[SourceFile]) -> Iterator[str]:
    """Yield the classes that have the name of another, a leading underscore aside."""
    counts = Counter(node.name.lstrip("_") for source in sources for node in source.classes)
    for source in sources:
        for node in source.classes:
            if counts[node.name.lstrip("_")] > 1:
                yield source.locate(node, node.name)


def find_one_word_functions(sources: list[SourceFile]) -> Iterator[str]:
    """Yield the functions of modules, private ones too, that are named by one word."""
    for source in sources:
        for node in list_module_functions(source):
            if "_" not in node.name.strip("_"):
                yield source.locate(node, node.name)


def list_module_functions(source: SourceFile) -> list[Function]:
    """Return the functions at the top of a module."""
    return [node for node in source.tree.body if isinstance(node, Function)]


def find_barred_names(sources: list[SourceFile]) -> Iterator[str]:
    """Yield whatever has a barred name, and the exceptions that except nothing."""
    unused = set(EXCEPTIONS)
    for source in sources:
        fields: dict[ast.AST, str] = {
            statement.target: f"{node.name}.{statement.target.id}"
            for node in source.classes
            for statement in node.body
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        }
        unused -= set(fields.values())
        for node in source.nodes:
            name = _read_name(node)
            if name.strip("_").lower() in BARRED and fields.get(node) not in EXCEPTIONS:
                yield source.locate(node, name)
        for part in source.parts:
            if part.removesuffix(".py").strip("_") in BARRED:
                yield source.locate(1, part)
    yield from (f"{name}: excepted, and not there" for name in sorted(unused))


def _read_name(node: ast.AST) -> str:
    """Return the name that a node gives to something; empty for none."""
    if isinstance(node, Function | ast.ClassDef):
        return node.name
    if isinstance(node, ast.arg):
        return node.arg
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        return node.attr
    if isinstance(node, ast.alias):
        return node.asname or ""
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return node.name or ""
    return (node.rest or "") if isinstance(node, ast.MatchMapping) else ""


def find_repeated_files(sources: list[SourceFile]) -> Iterator[str]:
    """Yield the names that several files have, but `__init__.py`."""
    paths: dict[str, list[str]] = {}
    for source in sources:
        paths.setdefault(source.parts[-1], []).append(source.path)
    del paths["__init__.py"]
    yield from (f"{name}: {', '.join(where)}" for name, where in sorted(paths.items()) if len(where) > 1)


def find_empty_names(sources: list[SourceFile]) -> Iterator[str]:
    """Yield the files and folders whose names do not say what is in them."""
    for source in sources:
        for part in source.parts:
            if part.removesuffix(".py").strip("_") in EMPTY:
                yield source.locate(1, f"`{part}` does not say what is in it")
