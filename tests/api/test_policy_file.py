"""Policies by the public names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hydrometer as hy
from fixtures.sample_result import sample_result, site_key

if TYPE_CHECKING:
    from pathlib import Path


def test_the_example_is_read_checked_and_tested(tmp_path: Path) -> None:
    example = hy.Policy.example()
    file = tmp_path / "policy.yaml"
    file.write_text(example.text, "utf-8")
    policy = hy.Policy.load(file)
    assert policy.record == example.record
    assert all(problem.note for problem in hy.Policy.check(file))
    assert policy.test() == example.test()
    assert [tested.passed for tested in policy.test()] == [True] * len(policy.record.tests)


def test_what_is_wrong_with_a_policy_is_listed(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("version: 1\nrules:\n  - name: a\n    when: nonsense(\n    action: block\n    reason: no\n")
    assert [problem.line for problem in hy.Policy.check(file) if not problem.note]
    with pytest.raises(hy.InputError, match=r"policy\.yaml:"):
        hy.Policy.load(file)
    with pytest.raises(hy.InputError, match="such"):
        hy.Policy.load(tmp_path / "none.yaml")


def test_a_policy_is_tried_on_past_traffic(tmp_path: Path) -> None:
    tried = hy.Policy.example().backtest(
        sample_result(), hy.sample(), truth=hy.sample(), upheld=True, site_key=site_key(), out=tmp_path / "backtest"
    )
    assert tried.replayed == 29_467
    assert tried.policy == hy.Policy.example().name
    assert (tmp_path / "backtest" / "backtest.html").is_file()
