"""What an account store may use, and into how many partitions that divides it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PARTITION_BYTES = 170
"""Bytes of a row with its lists, about."""
PARTITION_SHARE = 24
"""Share of the memory that a partition may fill, as its inverse: several are sorted at once."""
MOST_PARTITIONS = 400


@dataclass(frozen=True, slots=True)
class StoreBudget:
    """The means of an account store.

    Attributes:
        folder: where it lies; made when the first row is written.
        rows: rows about to come, or more.
        memory: bytes that it may fill.
        threads: threads that work at it.
    """

    folder: Path
    rows: int
    memory: int
    threads: int

    @property
    def partition_bits(self) -> int:
        """Upper bits of an organisation's hash that name its partition."""
        partitions = math.ceil(self.rows * PARTITION_BYTES * PARTITION_SHARE / self.memory)
        return max(0, (min(MOST_PARTITIONS, max(1, partitions)) - 1).bit_length())
