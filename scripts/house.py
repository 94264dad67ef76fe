"""Print the house in figures, and with --check end with status 1 where a limit is broken.

usage: house.py [--check] [--list FIGURE] [PACKAGE]

Reads sources only, so it needs nothing installed. `--list FIGURE` prints every offence that a figure counts. What a
linter holds is left to it: see `[tool.ruff]`, `[tool.importlinter]` and `[tool.deptry]` in pyproject.toml.
"""

from __future__ import annotations

import argparse
import ast
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import house_imports as imports
import house_names as names
from house_sources import Function, SourceFile, read_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]
MAX_FUNCTION_LINES = 60
MAX_PARAMETERS = 6
MAX_FILE_LINES = 400
BESIDE = ("benchmarks", "scripts", "tests")
"""Folders beside the package whose files are as short as its own."""


@dataclass(frozen=True)
class Figure:
    """What is counted, and the most of it that may be."""

    name: str
    title: str
    limit: float
    """The most offences; where the figure is a share, the greatest share of `total`."""
    find: Callable[[list[SourceFile]], Iterator[str]]
    count_all: Callable[[list[SourceFile]], int] | None = None
    """How many things could offend; None where the figure is a number."""


@dataclass(frozen=True)
class Measurement:
    """A figure as the sources have it."""

    figure: Figure
    offences: list[str]
    total: int

    @property
    def value(self) -> float:
        """The share of offences, or their number."""
        return len(self.offences) / max(self.total, 1) if self.figure.count_all else len(self.offences)

    @property
    def broken(self) -> bool:
        """Whether the limit is broken."""
        return self.value > self.figure.limit

    def format_row(self) -> str:
        """Return the row of the table."""
        share = self.figure.count_all is not None
        value = f"{self.value:.1%}" if share else f"{self.value:.0f}"
        limit = f"{self.figure.limit:.1%}" if share else f"{self.figure.limit:.0f}"
        count = f"{len(self.offences)} of {self.total}" if share else ""
        mark = "broken" if self.broken else "ok"
        return f"{self.figure.name:<20} {self.figure.title:<48} {value:>6} {count:>13} {limit:>6}  {mark}"


def find_long_functions(sources: list[SourceFile]) -> Iterator[str]:
    """Yield the functions that fill more than a screen."""
    for source in sources:
        for node in source.functions:
            if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES:
                yield source.locate(node, f"{node.name}: {lines} lines")


def find_many_parameters(sources: list[SourceFile]) -> Iterator[str]:
    """Yield the functions of more than six parameters, but kernels and commands of the command line."""
    for source in sources:
        for node in _list_parameterised(source):
            if (count := len(_list_parameters(node))) > MAX_PARAMETERS:
                yield source.locate(node, f"{node.name}: {count} parameters")


def _list_parameterised(source: SourceFile) -> list[Function]:
    """Return the functions whose parameters are counted: of a kernel they are arrays, of a command its options."""
    if source.holds_kernels:
        return []
    return [node for node in source.functions if source.subsystem != "cli" or not _reads_options(node)]


def _reads_options(function: Function) -> bool:
    """Return whether a function is a command: Typer fills its parameters."""
    texts = [ast.unparse(argument.annotation) for argument in _list_parameters(function) if argument.annotation]
    return any("typer." in text or text.startswith("options.") for text in texts)


def _list_parameters(function: Function) -> list[ast.arg]:
    """Return the parameters of a function but `self` and `cls`, and what takes any number."""
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [argument for argument in every if argument.arg not in {"self", "cls"}]


def find_long_files(sources: list[SourceFile]) -> Iterator[str]:
    """Yield the files that are longer than a few screens."""
    for source in sources:
        if (lines := len(source.text.splitlines())) > MAX_FILE_LINES:
            yield source.locate(lines, f"{lines} lines")


def find_suppressed_exceptions(sources: list[SourceFile]) -> Iterator[str]:
    """Yield the `suppress` of every exception, and the clauses that name one by another way than ruff's BLE sees."""
    broad = {"Exception", "BaseException"}
    for source in sources:
        for node in source.nodes:
            if not isinstance(node, ast.Call) or "suppress" not in ast.unparse(node.func):
                continue
            if any(ast.unparse(argument).rpartition(".")[2] in broad for argument in node.args):
                yield source.locate(node, "suppresses every exception")


FIGURES = (
    Figure(
        "one-word-classes",
        "classes named by one word",
        0.25,
        names.find_one_word_classes,
        lambda sources: sum(len(source.classes) for source in sources),
    ),
    Figure(
        "shared-classes",
        "classes that share a name",
        0.03,
        names.find_shared_classes,
        lambda sources: sum(len(source.classes) for source in sources),
    ),
    Figure(
        "one-word-functions",
        "functions of modules named by one word",
        0.30,
        names.find_one_word_functions,
        lambda sources: sum(len(names.list_module_functions(source)) for source in sources),
    ),
    Figure("barred-names", "names that could be anything (told, held, …)", 0, names.find_barred_names),
    Figure("repeated-files", "file names that several files have", 15, names.find_repeated_files),
    Figure("empty-names", "files named utils, helpers, common, misc, lib", 0, names.find_empty_names),
    Figure(
        "long-functions",
        f"functions over {MAX_FUNCTION_LINES} lines",
        0.008,
        find_long_functions,
        lambda sources: sum(len(source.functions) for source in sources),
    ),
    Figure(
        "many-parameters",
        f"functions over {MAX_PARAMETERS} parameters, kernels aside",
        0.005,
        find_many_parameters,
        lambda sources: sum(len(_list_parameterised(source)) for source in sources),
    ),
    Figure("long-files", f"files over {MAX_FILE_LINES} lines", 0, find_long_files),
    Figure("upward-imports", "imports of a subsystem that is not below", 0, imports.find_upward_imports),
    Figure("inside-imports", "imports of another subsystem's inside", 0, imports.find_inside_imports),
    Figure("mutual-rooms", "rooms that import each other", 0, imports.find_mutual_rooms),
    Figure("late-imports", "imports in functions without a reason", 0, imports.find_late_imports),
    Figure("suppressed", "suppressions of every exception", 0, find_suppressed_exceptions),
)


def measure(package: Path, figures: tuple[Figure, ...] = FIGURES) -> list[Measurement]:
    """Return the figures of a package."""
    sources = read_sources(package)
    return [
        Measurement(figure, list(figure.find(sources)), figure.count_all(sources) if figure.count_all else 0)
        for figure in figures
    ]


def main() -> int:
    """Print the figures, or the offences of one; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", nargs="?", type=Path, default=ROOT / "src" / "hydrometer")
    parser.add_argument("--check", action="store_true", help="end with status 1 where a limit is broken")
    parser.add_argument("--list", metavar="FIGURE", choices=[figure.name for figure in FIGURES], help="print offences")
    arguments = parser.parse_args()
    chosen = tuple(figure for figure in FIGURES if arguments.list in {None, figure.name})
    measurements = measure(arguments.package, chosen)
    if arguments.list:
        print("\n".join(measurements[0].offences))
    elif arguments.check:
        for measurement in measurements:
            if measurement.broken:
                print(f"{measurement.figure.title}:", *measurement.offences, sep="\n  ")
    if not arguments.list:
        print("\n".join(measurement.format_row() for measurement in measurements))
    return 1 if arguments.check and any(measurement.broken for measurement in measurements) else 0


if __name__ == "__main__":
    sys.exit(main())
