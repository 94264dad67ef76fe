"""What a rule of the house finds, and how the rules read the sources."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "hydrometer"


@dataclass(frozen=True)
class Finding:
    """A place that breaks a rule."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


@dataclass(frozen=True)
class Source:
    """A Python file of a package: its place in it, its text, its tree."""

    file: str
    parts: tuple[str, ...]
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The first folder below the package, or the module's own name at the top."""
        return self.parts[0].removesuffix(".py")

    @property
    def module(self) -> str:
        """The dotted name of the module."""
        dotted = ".".join(("hydrometer", *self.parts)).removesuffix(".py")
        return dotted.removesuffix(".__init__")

    def found(self, node: ast.AST | int, what: str) -> Finding:
        """Return a finding at a node or a line."""
        return Finding(self.file, node if isinstance(node, int) else getattr(node, "lineno", 1), what)


def sources(package: Path) -> Iterator[Source]:
    """Yield every Python file below `package`, in order of name."""
    for path in sorted(package.rglob("*.py")):
        text = path.read_text("utf-8")
        parts = path.relative_to(package).parts
        yield Source("/".join((package.name, *parts)), parts, text, ast.parse(text))


def planted(folder: Path, files: dict[str, str]) -> Path:
    """Write `files` (path in the package to text) as a package of their own and return its folder."""
    package = folder / "src" / "hydrometer"
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return package
