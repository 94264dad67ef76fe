"""B-cubed against its definition, pair by pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.lab.evaluation.bcubed import sum_bcubed

groupings = st.integers(1, 9).flatmap(
    lambda items: st.tuples(
        st.lists(st.integers(-1, 2), min_size=items, max_size=items),
        st.sets(st.tuples(st.integers(0, items - 1), st.integers(0, 3))),
    )
)
Grouping = tuple[list[int], set[tuple[int, int]]]
Sets = list[set[str]]


def computed(category: list[int], pairs: list[tuple[int, int]]) -> tuple[float, float]:
    found = sum_bcubed(
        np.array(category, dtype=np.int64),
        np.array([item for item, _ in pairs], dtype=np.int64),
        np.array([cluster for _, cluster in pairs], dtype=np.int64),
    )
    assert found.items == len(category)
    return found.precision, found.recall


def by_definition(category: list[int], pairs: set[tuple[int, int]]) -> tuple[float, float]:
    """The formulas of Amigó and others (2009), section 5, with clusters and categories as sets."""
    items = range(len(category))
    clusters: Sets = [{f"cluster {c}" for item, c in pairs if item == i} or {f"alone {i}"} for i in items]
    categories: Sets = [{f"category {c}" if c >= 0 else f"own {i}"} for i, c in enumerate(category)]

    def average(over: Sets, other: Sets) -> float:
        total = 0.0
        for i in items:
            partners = [(len(over[i] & over[j]), len(other[i] & other[j])) for j in items if over[i] & over[j]]
            total += sum(min(pair) / pair[0] for pair in partners) / len(partners)
        return total

    return average(clusters, categories), average(categories, clusters)


@settings(max_examples=300)
@given(groupings)
def test_it_is_what_the_definition_says(grouping: Grouping) -> None:
    category, pairs = grouping
    assert computed(category, sorted(pairs)) == pytest.approx(by_definition(category, pairs))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_the_truth_itself_is_perfect(category: list[int]) -> None:
    assert computed(category, list(enumerate(category))) == pytest.approx((len(category), len(category)))


@given(groupings, st.permutations(range(4)), st.permutations(range(3)), st.randoms(use_true_random=False))
def test_names_and_order_do_not_matter(
    grouping: Grouping, clusters: list[int], categories: list[int], chance: object
) -> None:
    category, pairs = grouping
    shuffled = [(item, clusters[cluster]) for item, cluster in pairs]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    renamed = [categories[c] if c >= 0 else -1 for c in category]
    assert computed(renamed, shuffled) == pytest.approx(computed(category, sorted(pairs)))


def test_all_in_one_cluster_has_full_recall_and_all_alone_full_precision() -> None:
    category = [0, 0, 0, 1]
    assert computed(category, [(item, 0) for item in range(4)]) == pytest.approx((3 * 0.75 + 0.25, 4.0))
    assert computed(category, []) == pytest.approx((4.0, 3 * (1 / 3) + 1))
