"""The sources of the package as the house rules read them: files, their functions, and what an offence is."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
PACKAGE = "hydrometer"
KERNEL_ENDINGS = ("_kernel.py", "_kernels.py")


@dataclass(frozen=True)
class SourceFile:
    """A Python file of a package and its path in it."""

    parts: tuple[str, ...]
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree."""
        return list(ast.walk(self.tree))

    @property
    def path(self) -> str:
        """The path below the package."""
        return "/".join(self.parts)

    @property
    def subsystem(self) -> str:
        """The first folder below the package, or the name of a module at its top."""
        return self.parts[0].removesuffix(".py")

    @property
    def module(self) -> str:
        """The dotted name of the module."""
        return ".".join((PACKAGE, *self.parts)).removesuffix(".py").removesuffix(".__init__")

    @property
    def holds_kernels(self) -> bool:
        """Whether the file stands in a folder `kernels`, or is named as one of them."""
        return "kernels" in self.parts[:-1] or self.parts[-1].endswith(KERNEL_ENDINGS)

    @cached_property
    def functions(self) -> list[Function]:
        """Every function and method, nested ones among them."""
        return [node for node in self.nodes if isinstance(node, Function)]

    @cached_property
    def classes(self) -> list[ast.ClassDef]:
        """Every class."""
        return [node for node in self.nodes if isinstance(node, ast.ClassDef)]

    def locate(self, node: ast.AST | int, what: str) -> str:
        """Return an offence as `path:line: what`."""
        return f"{self.path}:{node if isinstance(node, int) else getattr(node, 'lineno', 1)}: {what}"


def read_sources(package: Path) -> list[SourceFile]:
    """Read every Python file below a package, in order of path."""
    return [
        SourceFile(path.relative_to(package).parts, path.read_text("utf-8")) for path in sorted(package.rglob("*.py"))
    ]


def list_exports(source: SourceFile) -> set[str]:
    """Return the names that an `__init__` exports: those it imports under their own name, `from x import Name as Name`."""
    return {
        alias.name
        for node in source.nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }


def list_imports(source: SourceFile) -> Iterator[tuple[ast.stmt, str, str]]:
    """Yield every absolute import as its statement, the module, and the name imported from it (empty: the module)."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from ((node, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from ((node, node.module, alias.name) for alias in node.names)
