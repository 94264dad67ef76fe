"""What ships: the wheel has the package with its data, and nothing that only its makers need."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from fixtures.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = ROOT / "src" / "hydrometer"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names in a wheel that the declared backend builds, without a network."""
    folder: Path = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 -- hatchling
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("hydrometer-*.whl")
    return frozenset(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_holds_the_package_alone(shipped: frozenset[str]) -> None:
    assert {name.partition("/")[0] for name in shipped if ".dist-info/" not in name} == {"hydrometer"}


@pytest.mark.parametrize(
    "word", ["/train", "training", "descent", "dossier_", "dossiers.py", "intel_reports", "/tests/", "/test_", "bench"]
)
def test_nothing_ships_that_only_makers_need(word: str, shipped: frozenset[str]) -> None:
    assert [name for name in sorted(shipped) if word in name and not name.endswith("exchange/dossier_files.py")] == []


@pytest.mark.parametrize(
    "name",
    [
        "py.typed",
        "fingerprint/data/elicitation.npz",
        "fingerprint/data/elicitation.json",
        "fingerprint/data/concepts.txt",
        "enforcement/policy/data/policy.yaml",
        "report/kit/data/elements.css",
        "report/result/data/result.css",
        "lab/simulate/sample/world/exchanges.parquet",
        "lab/simulate/sample/world/accounts.parquet",
        "lab/simulate/sample/world/intel/dossiers.json",
        "lab/simulate/sample/world.truth/exchanges.parquet",
    ],
)
def test_what_commands_read_ships(name: str, shipped: frozenset[str]) -> None:
    assert f"hydrometer/{name}" in shipped


def test_every_file_of_the_package_ships(shipped: frozenset[str]) -> None:
    files = {
        f"hydrometer/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files - shipped == set()
