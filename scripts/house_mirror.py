"""Tests mirror modules: which module has its own test file, and which test covers each of the others.

usage: house_mirror.py [--write]

A module `detection/detect.py` has its test in `tests/detection/test_detect.py`, or stands in
tests/house/unmirrored.toml with one of these reasons:

    tests/….py              that test imports the module, or what its room exports of it
    run by tests/….py       a plug-in, a command, or what the test names in a string; of a whole folder: PATH/
    run by developers       a command of ours that makes what is shipped; the tests read what it made
    through PATH            PATH imports it, and has a test, or a reason itself
    declarations only       it has no function

Without --write it prints what is wrong with the list. With it, entries of modules that are no longer there or have got
their own test go, modules without an entry get one, and the ceiling follows.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from house_sources import PACKAGE, SourceFile, list_imports, read_sources

ROOT = Path(__file__).resolve().parents[1]
LIST = Path("tests/house/unmirrored.toml")
DECLARED = "declarations only"
RUN = "run by "
THROUGH = "through "
FOLDERS = {
    "cli/commands/": "tests/cli/test_cli_commands.py",
    "detection/signals/content/": "tests/detection/signals/test_signal_cases.py",
    "detection/signals/economics/": "tests/detection/signals/test_signal_cases.py",
    "detection/signals/identity/": "tests/detection/signals/test_signal_cases.py",
    "detection/signals/infrastructure/": "tests/detection/signals/test_signal_cases.py",
    "detection/signals/timing/": "tests/detection/signals/test_signal_cases.py",
    "enforcement/casebook/migrations/": "tests/enforcement/casebook/test_casebook_queries.py",
    "enforcement/guard/gateways/": "tests/enforcement/guard/test_guard_app.py",
    "intelligence/exchange/formats/": "tests/intelligence/exchange/formats/test_formats.py",
    "lab/simulate/archetypes/": "tests/lab/simulate/test_archetypes.py",
    "sources/formats/": "tests/sources/test_format_cases.py",
}
"""Where plug-ins and commands lie, and the test that runs whatever is in there."""
HEADER = """# Modules without a test file of their own, and what covers each: see scripts/house_mirror.py.
# The list only shrinks: a new module comes with its test.
"""


@dataclass(frozen=True)
class TestMirror:
    """The modules of the package beside the test files."""

    root: Path

    @cached_property
    def sources(self) -> dict[str, SourceFile]:
        """The modules by their path, but packages that only export."""
        every = read_sources(self.root / "src" / PACKAGE)
        return {source.path: source for source in every if source.functions or source.parts[-1] != "__init__.py"}

    @cached_property
    def homes(self) -> dict[tuple[str, str], str]:
        """The module of every name that a room exports."""
        return {
            (source.module, name): module
            for source in read_sources(self.root / "src" / PACKAGE)
            if source.parts[-1] == "__init__.py"
            for _, module, name in list_imports(source)
        }

    @cached_property
    def tests(self) -> dict[str, Counter[str]]:
        """The test files with how many names each imports from each module."""
        files = read_sources(self.root / "tests")
        return {f"tests/{file.path}": self._count_imports(file) for file in files if file.parts[-1].startswith("test_")}

    @cached_property
    def importers(self) -> dict[str, Counter[str]]:
        """The modules with how many names each imports from each other."""
        return {path: self._count_imports(source) for path, source in self.sources.items()}

    def _count_imports(self, file: SourceFile) -> Counter[str]:
        modules: Counter[str] = Counter()
        names = {source.module for source in self.sources.values()}
        for _, module, name in list_imports(file):
            whole = f"{module}.{name}"
            modules[whole if whole in names else self.homes.get((module, name), module)] += 1
        return modules

    def list_unmirrored(self) -> list[str]:
        """Return the paths of the modules without a test file of their own."""
        return [path for path, source in self.sources.items() if name_test(source) not in self.tests]

    def check_list(self, reasons: dict[str, str]) -> list[str]:
        """Return what is wrong with a list of unmirrored modules."""
        unmirrored = self.list_unmirrored()
        folders = tuple(entry for entry in reasons if entry.endswith("/"))
        surplus = [
            entry
            for entry in reasons
            if entry not in unmirrored
            and (entry not in folders or not any(path.startswith(entry) for path in unmirrored))
        ]
        return [
            *(
                f"{path}: no test, and not in {LIST}"
                for path in unmirrored
                if path not in reasons and not path.startswith(folders)
            ),
            *(f"{entry}: has its test or is not there; take it off {LIST}" for entry in surplus),
            *(
                f"{entry}: {wrong}"
                for entry in reasons
                if entry not in surplus and (wrong := self._refute(entry, reasons))
            ),
        ]

    def _refute(self, entry: str, reasons: dict[str, str], through: tuple[str, ...] = ()) -> str:
        """Return why the reason of an entry does not hold; empty where it does."""
        reason = reasons[entry]
        if entry.endswith("/") and (not reason.startswith(RUN) or entry not in FOLDERS):
            return "is no folder of plug-ins that a test runs"
        if reason == DECLARED:
            return "has functions" if self.sources[entry].functions else ""
        if reason.startswith(RUN):
            return self._refute_run(entry, reason.removeprefix(RUN))
        if reason.startswith(THROUGH):
            return self._refute_through(entry, reason.removeprefix(THROUGH), reasons, (*through, entry))
        if reason not in self.tests:
            return f"{reason} is not there"
        return "" if self.tests[reason][self.sources[entry].module] else f"{reason} does not import it"

    def _refute_run(self, entry: str, test: str) -> str:
        """Return why a test does not run a module that it does not import; empty where it does."""
        if test == "developers":
            return "" if "__main__" in self.sources[entry].text else "is no command"
        if test not in self.tests:
            return f"{test} is not there"
        walked = entry.startswith(("cli/", *FOLDERS))
        named = not walked and self.sources[entry].module in (self.root / test).read_text("utf-8")
        return "" if walked or named else f"is no plug-in or command, and {test} does not name it"

    def _refute_through(self, entry: str, user: str, reasons: dict[str, str], through: tuple[str, ...]) -> str:
        """Return why a module is not tested through one that uses it; empty where it is."""
        if user not in self.sources:
            return f"{user} is not there"
        if not self.importers[user][self.sources[entry].module]:
            return f"{user} does not import it"
        if name_test(self.sources[user]) in self.tests:
            return ""
        if user in through:
            return f"{user} is only tested through it"
        listed = next((one for one in reasons if user == one or (one.endswith("/") and user.startswith(one))), "")
        return self._refute(listed, reasons, through) if listed else f"{user} has no test"

    def draft_list(self, former: dict[str, str]) -> dict[str, str]:
        """Return the list of unmirrored modules: what holds of the former one, and reasons for the others."""
        unmirrored = self.list_unmirrored()
        reasons = {
            entry: reason
            for entry, reason in former.items()
            if not any(wrong.startswith(f"{entry}: ") for wrong in self.check_list(former))
        }
        for folder, test in FOLDERS.items():
            if any(path.startswith(folder) for path in unmirrored):
                reasons.setdefault(folder, RUN + test)
        left = [path for path in unmirrored if path not in reasons and not path.startswith(tuple(FOLDERS))]
        for path in left:
            if reason := self._find_test(path) or ("" if self.sources[path].functions else DECLARED):
                reasons[path] = reason
        while more := {
            path: reason for path in left if path not in reasons and (reason := self._find_user(path, reasons))
        }:
            reasons |= more
        return dict(sorted(reasons.items()))

    def _find_test(self, path: str) -> str:
        """Return the test that imports most of a module, one of its room before others; empty for none."""
        module = self.sources[path].module
        folder = "/".join(("tests", *self.sources[path].parts[:-1], ""))
        users = [
            (test.startswith(folder), modules[module], test) for test, modules in self.tests.items() if modules[module]
        ]
        return max(users)[2] if users else ""

    def _find_user(self, path: str, reasons: dict[str, str]) -> str:
        """Return the reason that a tested module uses this one, one of its room before others; empty for none."""
        source = self.sources[path]
        users = [
            (self.sources[user].parts[:-1] == source.parts[:-1], modules[source.module], user)
            for user, modules in self.importers.items()
            if modules[source.module]
            and (user in reasons or user.startswith(tuple(reasons)) or name_test(self.sources[user]) in self.tests)
        ]
        return THROUGH + max(users)[2] if users else ""


def name_test(source: SourceFile) -> str:
    """Return the path of the test file of a module; a package with code has one of its own name in its folder."""
    folders, name = source.parts[:-1], source.parts[-1]
    if name == "__init__.py":
        name = f"{folders[-1]}.py" if folders else f"{PACKAGE}.py"
    return "/".join(("tests", *folders, f"test_{name}"))


def read_list(root: Path) -> tuple[int, dict[str, str]]:
    """Return the ceiling of the list of unmirrored modules, and the list."""
    file = root / LIST
    entries = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    return entries.get("ceiling", 0), entries.get("modules", {})


def write_list(root: Path, reasons: dict[str, str]) -> None:
    """Write the list of unmirrored modules."""
    lines = [f'"{path}" = "{reason}"' for path, reason in reasons.items()]
    (root / LIST).write_text("\n".join((HEADER, f"ceiling = {len(lines)}\n", "[modules]", *lines, "")), "utf-8")


def main() -> int:
    """Check the list, or write it anew; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="bring the list up to date")
    write = parser.parse_args().write
    mirror = TestMirror(ROOT)
    if write:
        write_list(ROOT, mirror.draft_list(read_list(ROOT)[1]))
    ceiling, reasons = read_list(ROOT)
    wrong = mirror.check_list(reasons)
    print("\n".join((*wrong, f"{len(mirror.sources)} modules, {len(reasons)} without a test of their own: {ceiling=}")))
    return 1 if wrong or len(reasons) != ceiling else 0


if __name__ == "__main__":
    sys.exit(main())
