"""Casebooks by the public names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hydrometer as hy
from fixtures.sample_result import sample_result, site_key

if TYPE_CHECKING:
    from pathlib import Path


def test_a_campaign_is_decided_appealed_and_kept_from_detection(tmp_path: Path) -> None:
    result = sample_result()
    campaign = result.campaigns[0].id
    book = hy.Casebook(tmp_path / "cases.db")
    with pytest.raises(hy.InputError, match="is not there"):
        book.cases()
    case = book.decide(result, campaign, "uphold", by="ada", why="one card pays for all")
    assert [each.state for each in book.cases()] == ["upheld"]
    appeal = book.open_appeal(case.id, case.accounts[0], by="customer", statement="I am one person")
    assert [each.id for each in book.appeals("open")] == [appeal.id]
    assert book.decide_appeal(appeal.id, "overturn", by="bea", why="the card is an agency's") == case.accounts[0]
    read = book.read(case.id)
    assert read.reviews[0].finding == "uphold"
    assert read.appeals[0].state == "overturned"
    constraints = book.constraints()
    assert [each.account for each in constraints.constraints if each.kind == "cleared"] == [case.accounts[0]]
    exported = book.export(tmp_path / "constraints.json")
    again = hy.detect(hy.sample(), constraints=exported, site_key=site_key())
    assert case.accounts[0] not in again.members["account_id"].to_pylist()
    assert book.constrain("cleared", case.accounts[1], by="ada", why="known")
    assert book.revoke(case.accounts[1], by="ada", why="a mistake") == 1
    assert (tmp_path / "cases.db.audit").is_dir()


def test_a_password_is_not_shown() -> None:
    assert repr(hy.Casebook("postgresql://ada:secret@db/cases")) == "Casebook('postgresql://…@db/cases')"
