"""Figures of imports: their direction, rooms reached from outside, rooms that know each other, late ones."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from house_sources import PACKAGE, list_exports, list_imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from house_sources import SourceFile

LEVELS = (
    ("exports",),
    ("contract",),
    ("files", "plugins"),
    ("sources", "fingerprint", "engines"),
    ("report", "result"),
    ("detection",),
    ("intelligence", "lab", "tracking"),
    ("enforcement", "provenance"),
    ("api",),
    ("__init__",),
    ("cli", "console", "live"),
    ("__main__",),
)
"""Subsystems and modules at the top, from the lowest level; those of one level do not know each other."""
RANKS = {name: rank for rank, level in enumerate(LEVELS) for name in level}
LATE = re.compile(r"#.*\blate: \w")
"""A comment on the line of an import inside a function that says why it stands there: `# late: an extra`."""


def find_upward_imports(sources: list[SourceFile]) -> Iterator[str]:
    """Yield the imports of a subsystem that is not below the importing one, and the subsystems of no level."""
    for source in sources:
        if source.subsystem not in RANKS:
            yield source.locate(1, f"`{source.subsystem}` is no subsystem of the house")
            continue
        for node, target in dict.fromkeys(_list_own_imports(source)):
            if target != source.subsystem and RANKS.get(target, len(LEVELS)) >= RANKS[source.subsystem]:
                yield source.locate(node, f"{source.subsystem} imports {target}")


def find_inside_imports(sources: list[SourceFile]) -> Iterator[str]:
    """Yield the imports from another subsystem that take what no `__init__` exports."""
    exports = {source.module: list_exports(source) for source in sources if source.parts[-1] == "__init__.py"}
    undivided = {source.module for source in sources if len(source.parts) == 1}
    for source in sources:
        for node, module, name in list_imports(source):
            top, _, below = module.partition(".")
            within = {"cli"} if source.subsystem == "__main__" else {source.subsystem}
            if top != PACKAGE or module in undivided or below.partition(".")[0] in within:
                continue
            if name not in exports.get(module, ()):
                yield source.locate(node, f"{module}.{name}".rstrip(".") + " is exported by no room")


def find_mutual_rooms(sources: list[SourceFile]) -> Iterator[str]:
    """Yield the pairs of rooms of one subsystem that import each other; a loose module beside rooms is one too."""
    rooms = {source.parts[:2] for source in sources if len(source.parts) > 2}
    divided = {room[0] for room in rooms}
    edges: dict[tuple[str, str, str], str] = defaultdict(str)
    for source in sources:
        if source.subsystem not in divided or (len(source.parts) == 2 and source.parts[1] == "__init__.py"):
            continue
        own = source.parts[1].removesuffix(".py")
        for node, module, name in list_imports(source):
            reached = [*module.split("."), name][1:]
            if module.startswith(f"{PACKAGE}.") and reached[0] == source.subsystem and reached[1] not in ("", own):
                edges[source.subsystem, own, reached[1]] = source.locate(node, f"imports {module}")
    for (subsystem, one, other), where in sorted(edges.items()):
        if one < other and (subsystem, other, one) in edges:
            yield f"{subsystem}: {one} <-> {other}: {where}; {edges[subsystem, other, one]}"


def find_late_imports(sources: list[SourceFile]) -> Iterator[str]:
    """Yield the imports inside functions that no comment explains; the command line starts faster with them."""
    for source in sources:
        if source.subsystem == "cli":
            continue
        lines = source.text.splitlines()
        late = {
            node.lineno
            for function in source.functions
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        yield from (
            source.locate(line, "late import without `# late: why`")
            for line in sorted(late)
            if not LATE.search(lines[line - 1])
        )


def _list_own_imports(source: SourceFile) -> Iterator[tuple[ast.stmt, str]]:
    """Yield every import of the package with the subsystem that it reaches; `from hydrometer import detect` the face."""
    for node, module, name in list_imports(source):
        top, _, below = module.partition(".")
        if top != PACKAGE:
            continue
        if below:
            yield node, below.partition(".")[0]
        elif name in RANKS:
            yield node, name
        elif name != "__version__":
            yield node, "__init__"
