"""Numbers of values."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hydrometer.detection.population.account_store.dictionary_encoder import DictionaryEncoder


@given(st.lists(st.integers(-(2**62), 2**62), max_size=200), st.lists(st.integers(-5, 5), max_size=200))
def test_numbers_are_given_in_the_order_of_first_sight(first: list[int], more: list[int]) -> None:
    """Values keep their number, and what was not seen has none."""
    numbering = DictionaryEncoder()
    seen = list(dict.fromkeys(first))
    assert numbering.encode(np.array(first, np.int64)).tolist() == [seen.index(value) for value in first]
    assert numbering.values.tolist() == seen
    found = [seen.index(value) if value in seen else -1 for value in more]
    assert numbering.look_up(np.array(more, np.int64)).tolist() == found
