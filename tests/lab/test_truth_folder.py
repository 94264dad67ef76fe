"""The truth lies beside its world, whichever of the two is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrometer.lab.truth_folder import locate_truth_folder, name_truth_folder


@pytest.mark.parametrize("named", ["worlds/february", "worlds/february.truth"])
def test_the_truth_is_located_by_the_world_and_by_itself(named: str) -> None:
    assert locate_truth_folder(Path(named)) == Path("worlds/february.truth")


def test_a_world_keeps_the_ending_of_its_own_name() -> None:
    assert name_truth_folder(Path("a/world.v2")) == Path("a/world.v2.truth")


def test_the_folder_one_stands_in_is_a_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert locate_truth_folder(Path()) == tmp_path.with_name(tmp_path.name + ".truth")
