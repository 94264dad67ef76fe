"""The fragments of accounts against the plainest way to count them."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fixtures.ragged_lists import list_starts
from hydrometer.detection.population.account_store.fragment_index import (
    MOST_INSERTED,
    allocate_marks,
    count_account_fragments,
    list_carried_fragments,
)

FRAGMENTS = 5_000
"""More than 64 × 64, so that more than one word of the second map is used."""


@given(st.lists(st.lists(st.integers(0, FRAGMENTS - 1) | st.just(FRAGMENTS - 1), max_size=60), max_size=6))
def test_fragments_of_accounts_come_in_order_with_their_uses(accounts: list[list[int]]) -> None:
    """Each account's distinct fragments ascend, and the marks can be used again."""
    fragments = np.array(list(chain(*accounts)), np.int32)
    marks = allocate_marks(FRAGMENTS)
    for _ in range(2):
        own, uses = np.empty(fragments.size, np.int32), np.empty(fragments.size, np.int32)
        counts = np.full(len(accounts), -1, np.int64)
        have = count_account_fragments(fragments, list_starts(accounts), marks, own, uses, counts)
        told = list(zip(own[:have].tolist(), uses[:have].tolist(), strict=True))
        assert told == list(chain(*(sorted(Counter(account).items()) for account in accounts)))
        assert counts.tolist() == [len(set(account)) for account in accounts]
    assert not any(mark.any() for mark in marks)


@given(st.lists(st.lists(st.integers(0, 99), max_size=40), max_size=6), st.booleans())
def test_exchanges_of_many_shingles_carry_what_those_of_few_do(exchanges: list[list[int]], long: bool) -> None:
    """Each exchange's distinct fragments ascend, however many shingles it has."""
    repeated = [values * (MOST_INSERTED // 20 if long else 1) for values in exchanges]
    lists = np.array(list(chain(*repeated)), np.int32)
    of_shingle = ((np.arange(100) * 37) % 50 - 5).astype(np.int32)
    out, counts = np.empty(lists.size, np.int32), np.empty(len(repeated), np.uint16)
    lengths = np.array([len(values) for values in repeated], np.uint16)
    have = list_carried_fragments(lists, lengths, of_shingle, out, counts)
    expected = [sorted({int(of_shingle[value]) for value in values if of_shingle[value] >= 0}) for values in exchanges]
    assert out[:have].tolist() == list(chain(*expected))
    assert counts.tolist() == [len(values) for values in expected]
