"""Which shingles may be part of a fragment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fixtures.small_traffic import exchange
from fixtures.stored_traffic import ROWS, RowChunk, budget_of, cut_rows
from hydrometer.contract.progress import SilentProgress
from hydrometer.detection.population.account_store.frequent_shingles import LEAST_EXCHANGES, count_shingles

if TYPE_CHECKING:
    from pathlib import Path


def test_shingles_are_counted_over_all_chunks(tmp_path: Path) -> None:
    frequent = count_shingles(cut_rows(ROWS), budget_of(tmp_path, ROWS), SilentProgress())
    assert frequent.least == LEAST_EXCHANGES
    shingles = np.array([1, 2, 100, 111])
    assert frequent.counts.may_occur(shingles, frequent.least).tolist() == [True, True, False, False]


def test_a_shingle_of_two_exchanges_is_rare(tmp_path: Path) -> None:
    rows = [exchange(n, "a", sketch=[5]) for n in range(2)]
    frequent = count_shingles([RowChunk(0, rows)], budget_of(tmp_path, rows), SilentProgress())
    assert not frequent.counts.may_occur(np.array([5]), frequent.least).any()
