"""The boundary between a defect and what must go on in spite of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class DefectBoundary:
    """A context that a defect ends, and nothing beyond it.

    A gateway stands in the way of all customers, and its threads have nobody above them to fail to. Whatever goes wrong in
    deciding on one request must come to what its operator chose, open or closed, and not to a 500; what goes wrong in
    loading one snapshot must not end the watch for the next. So every `Exception` that arises inside ends here as `error`,
    and whoever opened the boundary counts it and writes its class and place to the log. It is for those places only.
    """

    error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, Exception):
            self.error = error
            return True
        return False
