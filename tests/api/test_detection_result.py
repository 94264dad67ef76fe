"""A result in a notebook: its campaigns, tables and pages, and its way to a folder and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hydrometer as hy
from fixtures.sample_result import sample_result, site_key

if TYPE_CHECKING:
    from pathlib import Path


def test_campaigns_are_found_by_place_and_by_id() -> None:
    result = sample_result()
    first = result.campaigns[0]
    assert result[first.id] is result.campaigns[first.id] is first
    assert [each.id for each in result] == [each.id for each in result.campaigns]
    assert len(result) == len(result.campaigns) == 2
    assert result.campaigns[:1] == [first]
    with pytest.raises(KeyError, match=rf"no campaign HY-0; there are {first.id}"):
        result["HY-0"]


def test_what_is_shown_is_short() -> None:
    result = sample_result()
    lines = repr(result).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("Result: 2 campaigns, 130 accounts, 5,0")
    assert lines[0].endswith(" exchanges harvested")
    assert repr(result.campaigns).splitlines() == [line.strip() for line in lines[1:]]


def test_a_notebook_shows_the_overview() -> None:
    shown = sample_result()._repr_html_()
    assert all(campaign.id in shown for campaign in sample_result())
    assert "<html" not in shown
    assert "http://" not in shown.replace("http://www.w3.org", "")
    assert "<script" not in shown


def test_a_result_in_memory_is_what_a_folder_holds(tmp_path: Path) -> None:
    kept = hy.detect(hy.sample(), tmp_path / "kept", site_key=site_key())
    assert kept.path == tmp_path / "kept"
    assert sample_result().path is None
    sample_result().save(tmp_path / "saved")
    names = sorted(file.name for file in (tmp_path / "kept").iterdir())
    assert sorted(file.name for file in (tmp_path / "saved").iterdir()) == names
    timed = {"campaigns.json", "run.json", "report.html"}
    for name in set(names) - timed:
        assert (tmp_path / "saved" / name).read_bytes() == (tmp_path / "kept" / name).read_bytes(), name


def test_a_result_comes_back_from_its_folder(tmp_path: Path) -> None:
    result = sample_result()
    loaded = hy.Result.load(result.save(tmp_path / "saved"))
    assert loaded.campaigns == result.campaigns
    assert loaded.run == result.run
    assert loaded.candidates == result.candidates
    for name in ("members", "harvested", "considered", "indicators", "templates", "blocks"):
        assert getattr(loaded, name).equals(getattr(result, name)), name
    assert result.report() == (tmp_path / "saved" / "report.html").read_text("utf-8")
    again = loaded.save(tmp_path / "again")
    for file in (tmp_path / "saved").iterdir():
        if file.name != "report.html":  # what JSON brings back has its keys in another order
            assert (again / file.name).read_bytes() == file.read_bytes(), file.name
    assert loaded.report() == (again / "report.html").read_text("utf-8")


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(hy.InputError, match="no earlier result"):
        sample_result().save(tmp_path)
    with pytest.raises(hy.InputError, match="no such folder"):
        hy.Result.load(tmp_path / "nothing")
