"""Worlds and scores by the public names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hydrometer as hy
from fixtures.sample_result import sample_result, site_key

if TYPE_CHECKING:
    from pathlib import Path


def test_a_result_in_memory_is_scored_as_its_folder_is(tmp_path: Path) -> None:
    folder = sample_result().save(tmp_path / "result")
    scored = hy.evaluate(sample_result(), hy.sample())
    assert scored.measures == hy.evaluate(folder, hy.sample()).measures
    assert scored.measures == hy.evaluate([folder], [hy.sample()]).measures
    assert scored.measures["operators_found"].value == 1


def test_each_result_needs_its_world() -> None:
    with pytest.raises(hy.InputError, match="2 results and 1 worlds"):
        hy.evaluate([sample_result(), sample_result()], [hy.sample()])
    with pytest.raises(hy.InputError, match="no result and world"):
        hy.evaluate([], [])


def test_a_world_is_made_with_defaults(tmp_path: Path) -> None:
    assert "ladder3" in hy.scenarios()
    made = hy.simulate(
        "ladder3", tmp_path / "world", accounts=300, exchanges=3_000, sketches_only=True, site_key=site_key()
    )
    assert 2_850 <= made.exchanges.total() <= 3_150
    assert (tmp_path / "world.truth").is_dir()
