"""The benchmark of private matching, with short lists."""

from __future__ import annotations

import matching


def test_both_sides_are_measured() -> None:
    figures = matching.measured(40, 10, 1)
    assert [(one["role"], one["shared"]) for one in figures["sides"]] == [("serve", 10), ("join", 10)]
    assert figures["bytes_a_side"] == 2 * 40 * 32


def test_steps_are_measured() -> None:
    figures = matching.steps(5)
    assert set(figures["cpu_us_an_item"]) == {"HMAC-SHA256 of a value", "value to point", "point raised"}
