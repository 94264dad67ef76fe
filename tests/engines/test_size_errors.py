"""Sizes of memory that are none."""

from __future__ import annotations

from hydrometer.engines.size_errors import make_size_error


def test_the_error_names_the_setting_and_a_valid_size() -> None:
    assert str(make_size_error("many")) == "settings: memory 'many' is not a size. Write it as 4GB or 800MB."
