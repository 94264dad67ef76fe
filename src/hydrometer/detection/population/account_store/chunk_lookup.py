"""Rows of the traffic by their positions, looked up in the chunks that they are in."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hydrometer.contract import TRAFFIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from hydrometer.detection.population.population import Ints
    from hydrometer.sources import ParquetChunk


def group_by_chunk(chunks: Sequence[ParquetChunk], positions: Ints) -> Iterator[tuple[ParquetChunk, Ints]]:
    """Yield each chunk that holds any of some ascending positions, with those."""
    firsts = [chunk.first for chunk in chunks]
    at = 0
    while at < positions.size:
        number = bisect_right(firsts, int(positions[at])) - 1
        stop = int(np.searchsorted(positions, firsts[number + 1])) if number + 1 < len(firsts) else positions.size
        yield chunks[number], positions[at:stop]
        at = stop


class ChunkLookup:
    """The ids and sketches of exchanges by their indices in a store."""

    def __init__(self, chunks: Sequence[ParquetChunk], source: npt.NDArray[np.int64]) -> None:
        """Look up in `chunks`; `source` is the position in the traffic of each exchange of the store."""
        self._chunks, self._source = chunks, source

    def take_ids(self, exchanges: Ints) -> pa.Array:
        """Return the ids of exchanges."""
        return self._take("exchange_id", exchanges, lambda chunk, positions: chunk.strings_at("exchange_id", positions))

    def take_sketches(self, exchanges: Ints) -> pa.ListArray:
        """Return the sketches of exchanges."""
        return self._take(
            "sketch",
            exchanges,
            lambda chunk, positions: chunk.sketches().take(pa.array(positions - chunk.first)),
        )

    def _take(self, name: str, exchanges: Ints, read: Callable[[ParquetChunk, Ints], pa.Array]) -> pa.Array:
        positions = np.asarray(self._source[exchanges])
        order = np.argsort(positions, kind="stable")
        slices = [read(chunk, of_chunk) for chunk, of_chunk in group_by_chunk(self._chunks, positions[order])]
        back = np.empty(order.size, np.int64)
        back[order] = np.arange(order.size)
        return pa.chunked_array(slices, TRAFFIC.column(name).type).take(pa.array(back)).combine_chunks()
