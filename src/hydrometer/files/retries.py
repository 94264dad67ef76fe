"""Work that is tried again: a call that fails for the moment, and a condition that comes true."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential,
    wait_fixed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

_T = TypeVar("_T")


class TransientError(Exception):
    """A failure that may be none a moment later."""

    def __init__(self, problem: str, *, pause: float | None = None) -> None:
        """`pause` is the time in seconds that the other side asks for before the next try."""
        super().__init__(problem)
        self.problem, self.pause = problem, pause


def retry_transient(
    call: Callable[[], _T],
    *,
    tries: int,
    first_pause: float,
    longest_pause: float,
    sleep: Callable[[float], None] = time.sleep,
) -> _T:
    """Return what `call` returns, which is tried again where it raises TransientError.

    Pauses begin at `first_pause` seconds and double, or are as long as the error asks, and never above `longest_pause`.

    Raises:
        TransientError: the last of the `tries` failed too.
    """
    doubling = wait_exponential(multiplier=first_pause, max=longest_pause)

    def choose_pause(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        wished = error.pause if isinstance(error, TransientError) else None
        return doubling(state) if wished is None else min(wished, longest_pause)

    retrying = Retrying(
        retry=retry_if_exception_type(TransientError),
        stop=stop_after_attempt(tries),
        wait=choose_pause,
        sleep=sleep,
        reraise=True,
    )
    return retrying(call)


def wait_until(condition: Callable[[], bool], *, seconds: float, pause: float) -> bool:
    """Return whether `condition` came true within so many seconds; it is looked at least once, and every `pause` seconds."""
    retrying = Retrying(
        retry=retry_if_result(lambda answer: not answer), stop=stop_after_delay(seconds), wait=wait_fixed(pause)
    )
    try:
        return retrying(condition)
    except RetryError:
        return False
