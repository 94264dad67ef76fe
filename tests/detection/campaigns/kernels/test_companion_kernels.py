"""Counts of companions are those of plain sets, and stop where they are told to."""

from __future__ import annotations

import numpy as np

from hydrometer.detection.campaigns.kernels.companion_kernels import (
    count_companions,
    count_neighbours,
    count_showing_orgs,
)


def companions(shown: list[set[int]], org: list[int], most: int) -> list[list[int]]:
    pairs = [(member, value) for member, values in enumerate(shown) for value in sorted(values)]
    member, value = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    order = np.argsort(value, kind="stable")
    result: list[list[int]] = count_companions(
        np.searchsorted(member, np.arange(len(shown) + 1)),
        value,
        np.searchsorted(value[order], np.arange(int(value.max()) + 2)),
        member[order],
        np.array(org, dtype=np.int64),
        most,
    ).tolist()
    return result


def test_companions_are_counted_once_with_up_to_two_other_organisations() -> None:
    rng = np.random.default_rng(3)
    shown = [set(rng.integers(0, 12, rng.integers(0, 4)).tolist()) for _ in range(30)]
    org = rng.integers(0, 6, 30).tolist()
    expected = []
    for mine, values in enumerate(shown):
        others = [other for other in range(30) if other != mine and values & shown[other]]
        expected.append([len(others), min(2, len({org[other] for other in others} - {org[mine]}))])
    assert companions(shown, org, 1000) == expected


def test_counting_stops_at_the_most_but_not_before_two_organisations() -> None:
    shown = [{0}] * 20
    assert companions(shown, list(range(20)), 5)[3] == [5, 2]
    # The first 19 are one organisation's, and so are no two others.
    assert companions(shown, [0] * 19 + [1], 5)[19] == [19, 1]


def test_neighbours_are_within_the_width_with_their_organisations() -> None:
    rng = np.random.default_rng(4)
    time = np.sort(rng.integers(0, 300, 60))
    org = rng.integers(0, 9, 60)
    expected = []
    for at in range(60):
        near = [other for other in range(60) if other != at and abs(time[other] - time[at]) <= 20]
        expected.append([len(near), len(set(org[near].tolist()) - {org[at]})])
    assert count_neighbours(time, org, 20).tolist() == expected
    assert count_neighbours(np.empty(0, np.int64), np.empty(0, np.int64), 20).shape == (0, 2)


def test_organisations_that_show_a_value_count_once() -> None:
    values, org = np.array([0, 2, 0, 0, 2]), np.array([1, 1, 1, 3, 3])
    assert count_showing_orgs(values, org, 4).tolist() == [2, 0, 2, 0]
