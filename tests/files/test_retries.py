"""Work that is tried again."""

from __future__ import annotations

import pytest

from hydrometer.files import TransientError, retry_transient, wait_until


def test_pauses_double_up_to_the_longest_or_are_as_the_error_asks() -> None:
    pauses: list[float] = []
    asks = iter([None, None, 7.0, None, 99.0])

    def call() -> str:
        for pause in asks:
            raise TransientError("busy", pause=pause)
        return "done"

    answer = retry_transient(call, tries=6, first_pause=1, longest_pause=10, sleep=pauses.append)
    assert (answer, pauses) == ("done", [1, 2, 7, 8, 10])


def test_the_last_failure_is_raised_and_others_at_once() -> None:
    pauses: list[float] = []

    def busy() -> None:
        raise TransientError("busy")

    def broken() -> None:
        raise ValueError("broken")

    with pytest.raises(TransientError, match="busy"):
        retry_transient(busy, tries=3, first_pause=1, longest_pause=9, sleep=pauses.append)
    with pytest.raises(ValueError, match="broken"):
        retry_transient(broken, tries=3, first_pause=1, longest_pause=9, sleep=pauses.append)
    assert pauses == [1, 2]


def test_a_condition_is_waited_for_no_longer_than_allowed() -> None:
    looks = iter([False, False, True])
    assert wait_until(lambda: next(looks), seconds=5, pause=0.001)
    looks = iter([False, True])
    assert not wait_until(lambda: next(looks), seconds=0, pause=0.001)
    assert next(looks)
