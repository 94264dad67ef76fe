"""Which room may import what."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from typing import TYPE_CHECKING

from findings import Finding, Source, sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STAGES = frozenset(
    {"sources", "fingerprint", "signals", "campaigns", "attribution", "response"}
    | {"sharing", "guard", "report", "store", "simulate", "engines", "evaluation"}
)
FACES = frozenset({"cli", "console", "service"})
ROOMS = STAGES | FACES | {"contract"}
TOP = frozenset({"__init__", "__main__", "flow"})
"""Modules beside the rooms."""

HOMES = {
    **dict.fromkeys(("duckdb", "py4j", "pyspark", "sqlglot"), "engines"),
    **dict.fromkeys(("rich", "typer"), "cli"),
    **dict.fromkeys(("alembic", "sqlalchemy"), "store"),
    **dict.fromkeys(("pymisp", "stix2", "rbcl"), "sharing"),
    **dict.fromkeys(("cel", "grpc", "envoy", "redis"), "guard"),
}
"""Third-party packages that only one room imports."""
DISTRIBUTIONS = {
    "cel": "common_expression_language",
    "envoy": "xds_protos",
    "grpc": "grpcio",
    "nacl": "pynacl",
    "yaml": "pyyaml",
}
"""Packages that are installed under another name than they are imported by."""
NETWORK = frozenset(
    {"aiohttp", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "socketserver", "ssl", "urllib3"}
    | {"urllib.request"}
)
"""What opens a connection; only the rooms that speak with others by design may."""
SPEAKING = frozenset({"console", "guard", "service", "sharing"})

LATE = re.compile(r"#.*\blate: \w")
"""A comment on the import's line that declares an import inside a function and says why: `# late: an extra`."""


def allowed(room: str) -> frozenset[str]:
    """Return the rooms and top modules that a room may import, itself among them."""
    if room == "contract":
        return frozenset({"contract"})
    if room == "response":
        # It tests a policy with the very core that will go by it.
        return frozenset({"response", "guard", "contract"})
    if room in STAGES:
        return frozenset({room, "contract"})
    if room == "flow":
        return STAGES | {"flow", "contract"}
    if room in FACES:
        return frozenset({room, "flow", "contract"})
    return frozenset({"cli"}) if room == "__main__" else frozenset()


def imports(source: Source, package: Path) -> Iterator[tuple[ast.stmt, str]]:
    """Yield every absolute import with the dotted name that it reaches."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            if node.module == package.name:
                # `from hydrometer import flow` reaches a room; `from hydrometer import __version__` the package itself
                yield from ((node, f"{package.name}.{alias.name}") for alias in node.names)
            elif node.module in {"urllib", "xmlrpc"}:
                yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)
            else:
                yield node, node.module


def direction(package: Path) -> list[Finding]:
    """Rooms import downwards only: cli, console, service → flow → stages → contract; stages not one another."""
    found = []
    for source in sources(package):
        if source.room not in ROOMS | TOP:
            found.append(source.found(1, f"`{source.room}` is no room of the house"))
            continue
        for node, name in imports(source, package):
            top, _, rest = name.partition(".")
            target = rest.partition(".")[0]
            if top == package.name and target in ROOMS | TOP and target not in allowed(source.room):
                found.append(source.found(node, f"{source.room} may not import {target}"))
    return found


def third_party_homes(package: Path) -> list[Finding]:
    """A third-party system is imported in its own room only."""
    return [
        source.found(node, f"{name} belongs to {HOMES[name.partition('.')[0]]}/")
        for source in sources(package)
        for node, name in imports(source, package)
        if HOMES.get(name.partition(".")[0], source.room) != source.room
    ]


def no_network(package: Path) -> list[Finding]:
    """Nothing that opens a connection is imported, but in the rooms that speak with others by design."""
    return [
        source.found(node, f"{name} opens connections")
        for source in sources(package)
        if source.room not in SPEAKING
        for node, name in imports(source, package)
        if name in NETWORK or name.partition(".")[0] in NETWORK
    ]


def declared_only(package: Path, pyproject: Path) -> list[Finding]:
    """Every third-party import is a declared dependency, so that a fresh install has it."""
    project = tomllib.loads(pyproject.read_text("utf-8"))["project"]
    extras = {k: v for k, v in project.get("optional-dependencies", {}).items() if k != "dev"}
    wanted = [*project["dependencies"], *(item for items in extras.values() for item in items)]
    names = {re.split(r"[^A-Za-z0-9_-]", item)[0].lower().replace("-", "_") for item in wanted}
    return [
        source.found(node, f"{name} is no dependency in pyproject.toml")
        for source in sources(package)
        for node, name in imports(source, package)
        if (top := name.partition(".")[0]) != package.name
        and top not in sys.stdlib_module_names
        and DISTRIBUTIONS.get(top, top.lower()) not in names
    ]


def no_relative(package: Path) -> list[Finding]:
    """Imports name the whole way."""
    return [
        source.found(node, "relative import")
        for source in sources(package)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.level > 0
    ]


def no_late(package: Path) -> list[Finding]:
    """No import inside a function, but in cli/ (start-up) and where a comment on the line declares it."""
    found = set()
    for source in sources(package):
        if source.room == "cli":
            continue
        lines = source.text.splitlines()
        for function in ast.walk(source.tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    late = isinstance(node, ast.Import | ast.ImportFrom)
                    if late and not LATE.search(lines[getattr(node, "lineno", 1) - 1]):
                        found.add(source.found(node, "late import without `# late: why`"))
    return sorted(found, key=str)
