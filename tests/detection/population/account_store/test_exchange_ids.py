"""Which rows repeat an exchange id."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.detection.population.account_store.exchange_ids import ExchangeIds


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(0, 30), max_size=12), max_size=5), st.sampled_from([64, 1 << 20]))
def test_rows_of_repeated_ids_are_found_in_few_and_many_rounds(chunks: list[list[int]], memory: int) -> None:
    """A chunk's first position may lie behind rows that were rejected."""
    with TemporaryDirectory() as folder:
        ids = ExchangeIds(Path(folder) / "ids")
        positions: list[int] = []
        at = 0
        for values in chunks:
            at += 3
            ids.append(at, np.array(values, np.uint64))
            positions += range(at, at + len(values))
            at += len(values)
        flat = list(chain(*chunks))
        times = Counter(flat)
        assert ids.size == len(flat)
        assert ids.find_repeated_rows(memory).tolist() == [
            position for position, value in zip(positions, flat, strict=True) if times[value] > 1
        ]


def test_the_file_goes(tmp_path: Path) -> None:
    ids = ExchangeIds(tmp_path / "ids")
    ids.append(0, np.arange(3, dtype=np.uint64))
    ids.remove()
    assert not list(tmp_path.iterdir())
    with pytest.raises(FileNotFoundError):
        ids.find_repeated_rows(1 << 20)
