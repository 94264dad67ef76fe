"""The traffic as an account store reads it: chunks that can be read again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class TrafficChunk(Protocol):
    """Some successive rows of the traffic."""

    first: int
    """Position of its first row in the traffic; positions in later chunks are higher."""

    def sketches(self) -> pa.ListArray:
        """Return the column `sketch`."""
        ...

    def batch(self) -> pa.RecordBatch:
        """Return TRAFFIC_COLUMNS of all rows, conformed."""
        ...

    def close(self) -> None:
        """Report what reading the batch rejected; chunks are closed in their order, once their rows are stored."""
        ...
