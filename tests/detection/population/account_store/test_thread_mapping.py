"""Results come in the order of the items."""

from __future__ import annotations

import threading
import time
from itertools import count, islice

import pytest

from hydrometer.detection.population.account_store.thread_mapping import map_ahead


def test_results_keep_the_order_of_the_items_and_items_are_taken_a_few_ahead() -> None:
    started = []
    lock = threading.Lock()

    def task(number: int) -> int:
        with lock:
            started.append(number)
        time.sleep(0.002 * (number % 3))
        return number * number

    assert list(islice(map_ahead(3, task, count()), 5)) == [0, 1, 4, 9, 16]
    assert max(started) <= 8


def test_an_error_of_a_task_is_raised() -> None:
    def task(number: int) -> int:
        return 1 // (number - 2)

    with pytest.raises(ZeroDivisionError):
        list(map_ahead(2, task, range(4)))
