"""The facts of an account are declared once, and a new one touches few files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fixtures.project import ROOT
from fixtures.small_traffic import exchange, measured
from hydrometer.detection.population.account_facts import (
    ACCOUNT_FACTS,
    DISTINCT_TALLIES,
    TALLIES,
    finish_facts,
    write_fact_columns,
)
from hydrometer.detection.population.account_store.account_kernels import SortedExchanges

if TYPE_CHECKING:
    from pathlib import Path

MEASURING = ROOT / "src" / "hydrometer" / "detection" / "population"
DECLARED, FILLED = "account_facts.py", "account_store/account_kernels.py"
OCCURRENCES = {
    "active_days": {DECLARED, FILLED},
    "active_hours": {DECLARED, FILLED},
    "hours_of_day": {DECLARED, FILLED},
    "with_address": {DECLARED, FILLED},
    "reasoning_known": {DECLARED, FILLED},
    "refusals": {DECLARED, FILLED},
    "user_agents": {DECLARED},
    "end_users": {DECLARED},
}
"""Where the names of facts and tallies occur that are words of nothing else: declared, filled by a kernel unless it counts
distinct values, and nowhere else in what measures."""


@pytest.mark.parametrize("name", OCCURRENCES)
def test_a_fact_is_declared_and_filled_and_nothing_between_names_it(name: str) -> None:
    word = re.compile(rf"\b{name}\b")
    files = {path for path in MEASURING.rglob("*.py") if word.search(path.read_text(encoding="utf-8"))}
    assert {path.relative_to(MEASURING).as_posix() for path in files} == OCCURRENCES[name]


def test_every_tally_is_filled_by_a_kernel_or_counts_distinct_values() -> None:
    kernels = (MEASURING / FILLED).read_text(encoding="utf-8")
    filled = set(re.findall(r"\btally\.(\w+)", kernels)) | set(DISTINCT_TALLIES.values())
    assert filled == set(TALLIES.names or ())


def test_names_are_declared_once_and_distinct_columns_exist() -> None:
    names = [fact.name for fact in ACCOUNT_FACTS]
    assert len(set(names)) == len(names)
    assert DISTINCT_TALLIES.keys() <= set(SortedExchanges._fields)
    assert all(fact.meaning for fact in ACCOUNT_FACTS)


def test_a_population_has_the_declared_facts_and_no_others(tmp_path: Path) -> None:
    made = measured(tmp_path, [exchange(0, "a"), exchange(1, "b")])
    assert made.facts.keys() == {fact.name for fact in ACCOUNT_FACTS}


def test_sql_measures_each_fact_under_its_name() -> None:
    for fact in ACCOUNT_FACTS:
        assert (f"{fact.sql} AS {fact.name}" in write_fact_columns()) == bool(fact.sql)


def test_means_are_finished_by_their_divisor_and_unknown_without() -> None:
    tallies = np.zeros(2, TALLIES)
    tallies["exchanges"], tallies["output"], tallies["output_known"] = (4, 3), (30, 0), (2, 0)
    facts = finish_facts(tallies)
    assert facts["exchanges"].tolist() == [4, 3]
    assert facts["output_tokens"][0] == 15
    assert np.isnan(facts["output_tokens"][1])
