"""Arrow columns as plain arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from hydrometer.detection.population.account_store.arrow_decoding import decode_dictionary, decode_numbers


@given(st.lists(st.none() | st.integers(0, 9), max_size=50), st.integers(0, 9))
def test_columns_are_decoded_wherever_they_begin(values: list[int | None], skip: int) -> None:
    """Nulls and slices of Arrow's columns are heeded."""
    column = pa.array(values, pa.int64()).slice(skip)
    assert decode_numbers(column, np.int32, -1).tolist() == [-1 if v is None else v for v in values[skip:]]
    coded = pa.array([None if v is None else str(v) for v in values], pa.string()).dictionary_encode().slice(skip)
    by_code = np.array([int(v) for v in coded.dictionary.to_pylist()], np.int32)
    assert decode_dictionary(coded, by_code, -1).tolist() == [-1 if v is None else v for v in values[skip:]]
