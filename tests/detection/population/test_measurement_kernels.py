"""The inner loops against plain readings of what they promise."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.detection.population.measurement_kernels import (
    SCALE,
    compute_rank_sums,
    remove_chosen,
    sum_confidences,
)
from hydrometer.detection.signals.tail_probabilities import rank_sum

ROW = st.tuples(st.integers(0, 3), st.integers(0, 4), st.booleans())


@given(st.lists(ROW, min_size=1, max_size=40))
@settings(max_examples=80)
def test_ranks_within_strata_are_those_of_each_stratum(rows: list[tuple[int, int, bool]]) -> None:
    rows = sorted(rows)
    stratum, value, mine = (np.array(column) for column in zip(*rows, strict=True))
    value = value.astype(np.float64)
    members, others, u, variance = compute_rank_sums(stratum, value, mine)
    assert members.size == np.unique(stratum).size
    for at, code in enumerate(np.unique(stratum)):
        there = stratum == code
        assert (members[at], others[at]) == (np.sum(there & mine), np.sum(there & ~mine))
        if members[at] and others[at]:
            assert (u[at], variance[at]) == pytest.approx(rank_sum(value[there & mine], value[there & ~mine]))


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 20), max_size=70, unique=True), st.sampled_from([0.25, 0.5])), max_size=12
    ),
    st.sets(st.integers(0, 20)),
    st.sets(st.integers(0, 20)),
)
def test_chosen_fragments_take_their_exchanges(
    exchanges: list[tuple[list[int], float]], known: set[int], chosen: set[int]
) -> None:
    """What is left of a known fragment is what carries no chosen one, and taking twice takes once."""
    lengths = np.array([len(carried) for carried, _ in exchanges], np.uint16)
    carried = np.array(list(chain(*(fragments for fragments, _ in exchanges))), np.int32)
    confidence = np.array([sure for _, sure in exchanges], np.float32)
    left = np.where(np.isin(np.arange(21), list(known))[:, None], 0, -1).repeat(2, axis=1).astype(np.int64)
    sum_confidences(lengths, carried, confidence, left)
    taken, marks = np.zeros(len(exchanges), np.bool_), np.isin(np.arange(21), list(chosen))
    for _ in range(2):
        remove_chosen(lengths, carried, confidence, marks, taken, left)
    assert taken.tolist() == [bool(chosen & set(fragments)) for fragments, _ in exchanges]
    for fragment in known:
        sure = [s for fragments, s in exchanges if fragment in fragments and not chosen & set(fragments)]
        assert left[fragment].tolist() == [len(sure), int(sum(sure) * SCALE)]
