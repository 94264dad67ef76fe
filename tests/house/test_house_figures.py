"""Each figure of the house counts what it forbids, and nothing else; `make check` holds the limits themselves."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fixtures.planted_package import plant_package
from fixtures.project import ROOT
from house import FIGURES, measure

if TYPE_CHECKING:
    from pathlib import Path

    from house import Measurement

EXPORT = "from hydrometer.{room}.part import thing_maker as thing_maker"


def measure_figure(name: str, folder: Path, files: dict[str, str]) -> Measurement:
    figure = next(figure for figure in FIGURES if figure.name == name)
    return measure(plant_package(folder, files), (figure,))[0]


PLANTED: list[tuple[str, dict[str, str], int]] = [
    (
        "one-word-classes",
        {"report/a.py": "class Page: ...\nclass _Row: ...\nclass RowOfPage: ...\nclass SQLStep: ..."},
        2,
    ),
    ("shared-classes", {"report/a.py": "class PageRow: ...", "result.py": "class _PageRow: ...\nclass Other: ..."}, 2),
    (
        "one-word-functions",
        {
            "report/a.py": "def draw(): ...\ndef _draw(): ...\nasync def run(): ...\ndef draw_row():\n    def draw(): ..."
        },
        3,
    ),
    ("one-word-functions", {"report/a.py": "class A:\n    def draw(self): ..."}, 0),
    (
        "long-functions",
        {"report/a.py": "def f():\n" + "    x = 1\n" * 60 + "def g():\n" + "    x = 1\n" * 59},
        1,
    ),
    (
        "many-parameters",
        {
            "report/a.py": "def f(a, b, /, c, *d, e, f, g, h): ...\nclass A:\n    def f(self, a, b, c, d, e, f): ...",
            "report/kernels/b.py": "def f(a, b, c, d, e, f, g): ...",
            "report/c_kernel.py": "def f(a, b, c, d, e, f, g): ...",
            "report/d_kernels.py": "def f(a, b, c, d, e, f, g): ...",
            "cli/e.py": "def f(a: Annotated[int, typer.Option()], b, c, d, e, f, g): ...\ndef g(a, b, c, d, e, f, g): ...",
        },
        2,
    ),
    ("long-files", {"report/a.py": "x = 1\n" * 401, "report/b.py": "x = 1\n" * 400}, 1),
    ("empty-names", {"utils/a.py": "", "report/helpers.py": "", "report/common/a.py": "", "report/_util.py": ""}, 4),
    ("empty-names", {"misc.py": "", "report/utility_bills.py": "", "lib.py": ""}, 2),
    ("repeated-files", {"a/x.py": "", "b/x.py": "", "c/x.py": "", "b/y.py": "", "a/__init__.py": ""}, 1),
    (
        "suppressed",
        {
            "report/a.py": "with suppress(Exception):\n    x\nwith contextlib.suppress(KeyError, BaseException):\n    x",
            "report/b.py": "with suppress(KeyError):\n    x",
        },
        2,
    ),
    (
        "late-imports",
        {
            "engines/a.py": "import os\ndef f():\n    def g():\n        import numpy\n    import pyspark  # late: an extra\n",
            "cli/a.py": "def f():\n    import numpy",
            "report/a.py": "class A:\n    async def f(self):\n        from x import y",
        },
        2,
    ),
]


@pytest.mark.parametrize(
    ("name", "files", "count"), PLANTED, ids=[f"{name}-{i}" for i, (name, *_) in enumerate(PLANTED)]
)
def test_a_figure_counts_its_offences(name: str, files: dict[str, str], count: int, tmp_path: Path) -> None:
    assert len(measure_figure(name, tmp_path, files).offences) == count


@pytest.mark.parametrize(
    "text",
    [
        "class Told: ...",
        "def asked(): ...",
        "class A:\n    def _taken(self): ...",
        "class A:\n    held: int",
        "class A:\n    def f(self): self.met = 1",
        "def f(seen): ...",
        "f = lambda *known: known",
        "place = 1",
        "for piece in x: ...",
        "y = [going for going in x]",
        "(standing := 1)",
        "try: ...\nexcept OSError as found: ...",
        "import x as place",
        "match x:\n    case {**held}: ...",
        "match x:\n    case [*held]: ...",
        "match x:\n    case held: ...",
        "with x as PLACE: ...",
    ],
)
def test_a_barred_name_is_caught(text: str, tmp_path: Path) -> None:
    measurement = measure_figure("barred-names", tmp_path, {"report/a.py": text, "report/b.py": "known_rows = x.held"})
    assert [offence for offence in measurement.offences if offence.startswith("report/")] == [
        measurement.offences[0],
    ]


def test_an_excepted_field_passes_and_an_exception_of_nothing_does_not(tmp_path: Path) -> None:
    files = {"report/a.py": "class OperatorOutcome:\n    found: bool", "seen.py": ""}
    offences = measure_figure("barred-names", tmp_path, files).offences
    assert "seen.py:1: seen.py" in offences
    assert not [offence for offence in offences if "found" in offence]
    assert "AttributionSettings.known: excepted, and not there" in offences


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("contract/a.py", "import hydrometer.api"),
        ("contract/a.py", "from hydrometer.detection import x"),
        ("files/a.py", "from hydrometer.sources import x"),
        ("sources/a.py", "from hydrometer import fingerprint"),
        ("detection/a.py", "from hydrometer import api"),
        ("detection/a.py", "from hydrometer import detect"),
        ("detection/a.py", "if TYPE_CHECKING:\n    from hydrometer.lab.simulate import x"),
        ("report/a.py", "from hydrometer.result import x"),
        ("intelligence/a/b.py", "from hydrometer.enforcement.guard import x"),
        ("api.py", "from hydrometer.cli import app"),
        ("cli/a.py", "def f():\n    from hydrometer.console import x"),
        ("attic/a.py", "x = 1"),
        ("thing.py", "x = 1"),
    ],
)
def test_an_upward_import_is_caught(file: str, text: str, tmp_path: Path) -> None:
    assert len(measure_figure("upward-imports", tmp_path, {file: text}).offences) == 1


def test_downward_imports_pass(tmp_path: Path) -> None:
    files = {
        "__init__.py": "from hydrometer.api import detect as detect",
        "__main__.py": "from hydrometer.cli.app import main",
        "api.py": "from hydrometer.detection import x\nfrom hydrometer.enforcement.guard import y",
        "cli/a.py": "def f():\n    from hydrometer import api\n    from hydrometer.contract import x",
        "contract/a.py": "from hydrometer.contract import b\nfrom hydrometer.exports import x",
        "detection/signals/a.py": "from hydrometer import __version__\nfrom hydrometer.detection.signals.b import x",
        "result.py": "from hydrometer.files import x\nimport hydrometered",
    }
    assert measure_figure("upward-imports", tmp_path, files).offences == []


def test_the_inside_of_another_subsystem_is_caught(tmp_path: Path) -> None:
    files = {
        "report/__init__.py": EXPORT.format(room="report"),
        "report/part.py": "from hydrometer.report.other import x",
        "lab/world/__init__.py": EXPORT.format(room="lab.world"),
        "result.py": "from hydrometer.report import thing_maker",
        "__main__.py": "from hydrometer.cli.app import main",
        "api.py": "from hydrometer.result import x\nfrom hydrometer.lab.world import thing_maker",
        "cli/a.py": "from hydrometer.report.part import thing_maker\nfrom hydrometer.report import part",
        "cli/b.py": "import hydrometer.lab.world\nfrom hydrometer.lab.world import other",
    }
    offences = measure_figure("inside-imports", tmp_path, files).offences
    assert [offence.partition(": ")[0] for offence in offences] == [
        "cli/a.py:1",
        "cli/a.py:2",
        "cli/b.py:1",
        "cli/b.py:2",
    ]


def test_rooms_that_know_each_other_are_caught(tmp_path: Path) -> None:
    files = {
        "lab/world/a.py": "from hydrometer.lab.score.b import x\nfrom hydrometer.lab.loose import x",
        "lab/score/b.py": "from hydrometer.lab import world",
        "lab/loose.py": "from hydrometer.lab.third.c import x",
        "lab/third/c.py": "from hydrometer.lab.loose import x",
        "lab/third/d.py": "from hydrometer.lab.world.a import x",
        "lab/__init__.py": EXPORT.format(room="lab.world"),
        "report/a.py": "from hydrometer.report.b import x",
        "report/b.py": "from hydrometer.report.a import x",
    }
    offences = measure_figure("mutual-rooms", tmp_path, files).offences
    assert [offence.rsplit(": ", 3)[0].partition(": lab")[0] for offence in offences] == [
        "lab: loose <-> third",
        "lab: score <-> world",
    ]


def test_the_check_ends_with_status_1_where_a_limit_is_broken(tmp_path: Path) -> None:
    package = plant_package(tmp_path, {"report/a.py": "class Page: ...\nclass PageRow: ..."})

    def run_house(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "scripts" / "house.py"), str(package), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own script)

    table = run_house()
    assert table.returncode == 0
    assert table.stdout.splitlines()[0].split()[-6:] == ["50.0%", "1", "of", "2", "25.0%", "broken"]
    checked = run_house("--check")
    assert checked.returncode == 1
    assert "  report/a.py:1: Page" in checked.stdout
    assert run_house("--list", "one-word-classes").stdout == "report/a.py:1: Page\n"
