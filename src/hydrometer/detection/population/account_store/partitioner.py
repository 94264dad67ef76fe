"""A chunk of traffic → rows and their shingles in the order of the partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numba import njit

from hydrometer.detection.population.account_store.counting_filter import reaches_count
from hydrometer.detection.population.account_store.exchange_row import ROW

if TYPE_CHECKING:
    import numpy.typing as npt

    from hydrometer.detection.population.account_store.exchange_row import EncodedBatch
    from hydrometer.detection.population.account_store.frequent_shingles import FrequentShingles


class PartitionedBatch(NamedTuple):
    """Rows and shingles, partition by partition, and how many of both each partition has."""

    rows: npt.NDArray[Any]
    shingles: npt.NDArray[np.int64]
    row_counts: npt.NDArray[np.int64]
    shingle_counts: npt.NDArray[np.int64]


@njit(nogil=True, cache=True)
def _mark_frequent(values: Any, offsets: Any, least: int, shift: Any, table: Any, keep: Any, counts: Any) -> None:  # noqa: PLR0913  a kernel takes its arrays
    """Mark each row's distinct values that may occur `least` times in all rows, and count them by row."""
    base = offsets[0]
    # All values are looked up before any is judged, without a jump, so that many look-ups are under way at once.
    for at in range(keep.size):
        keep[at] = reaches_count(values[base + at], least, shift, table)
    for row in range(counts.size):
        first, stop = offsets[row] - base, offsets[row + 1] - base
        count, ascending = 0, True
        for at in range(first, stop):
            count += keep[at]
            ascending &= at == first or values[base + at] > values[base + at - 1]
        if not ascending:
            # A sketch is ascending and names nothing twice; of one that is not, the first of equal values is kept.
            # Sorting keeps equal ones in their order, and the time in bounds whatever the values are.
            order = np.argsort(values[base + first : base + stop], kind="mergesort")
            for step in range(1, order.size):
                if values[base + first + order[step]] == values[base + first + order[step - 1]]:
                    keep[first + order[step]] = False
            count = 0
            for at in range(first, stop):
                count += keep[at]
        counts[row] = count


@njit(nogil=True, cache=True)
def _assign_partitions(  # noqa: PLR0913  a kernel takes its arrays
    account: Any, org: Any, down: Any, counts: Any, partition: Any, row_counts: Any, shingle_counts: Any
) -> None:
    """Write which partition each row goes to (the upper bits of its organisation), and how much each gets."""
    for row in range(partition.size):
        part = (org[account[row]] >> np.uint64(1)) >> down
        partition[row] = part
        row_counts[part] += 1
        shingle_counts[part] += counts[row]


@njit(nogil=True, cache=True)
def _scatter_rows(  # noqa: PLR0913  a kernel takes its arrays
    fields: Any, first: int, values: Any, offsets: Any, keep: Any, counts: Any, partition: Any, at_row: Any,
    at_shingle: Any, rows: Any, shingles: Any
) -> None:  # fmt: skip
    """Write the rows and their kept shingles, partition by partition."""
    base = offsets[0]
    for row in range(partition.size):
        part = partition[row]
        line = rows[at_row[part]]
        at_row[part] += 1
        line.time, line.source, line.id, line.prompt = fields.time[row], first + row, fields.id[row], fields.prompt[row]
        line.address, line.network = fields.address[row], fields.network[row]
        line.end_user, line.session = fields.end_user[row], fields.session[row]
        line.account, line.agent, line.ja4 = fields.account[row], fields.agent[row], fields.ja4[row]
        line.asn = fields.asn[row]
        line.tools, line.input, line.output = fields.tools[row], fields.input[row], fields.output[row]
        line.reasoning, line.confidence = fields.reasoning[row], fields.confidence[row]
        line.model, line.language, line.shingles = fields.model[row], fields.language[row], counts[row]
        line.kind, line.capability, line.flags = fields.kind[row], fields.capability[row], fields.flags[row]
        to = at_shingle[part]
        stop = to + counts[row]
        at = offsets[row] - base
        while to < stop:
            # Written over by the next where it is not kept.
            shingles[to] = values[base + at]
            to += keep[at]
            at += 1
        at_shingle[part] = stop


def partition_batch(
    encoded: EncodedBatch, first: int, org: npt.NDArray[np.uint64], bits: int, frequent: FrequentShingles
) -> PartitionedBatch:
    """Put a chunk in the order of its partitions, without the shingles that are certainly rare.

    Args:
        encoded: the rows of the chunk and their shingles.
        first: position of the chunk's first row in the traffic.
        org: hash of each account's organisation.
        bits: how many of its upper bits name the partition.
        frequent: which shingles are kept.
    """
    fields, sketch, offsets = encoded
    size, parts = fields.time.size, 1 << bits
    keep = np.empty(int(offsets[-1] - offsets[0]) if size else 0, np.bool_)
    counts, partition = np.empty(size, np.uint16), np.empty(size, np.int32)
    _mark_frequent(sketch, offsets, frequent.least, frequent.counts.shift, frequent.counts.table, keep, counts)
    row_counts, shingle_counts = np.zeros(parts, np.int64), np.zeros(parts, np.int64)
    _assign_partitions(fields.account, org, np.uint64(63 - bits), counts, partition, row_counts, shingle_counts)
    rows, kept = np.zeros(size, ROW), np.empty(int(shingle_counts.sum()), np.int64)
    at_row, at_shingle = np.cumsum(row_counts) - row_counts, np.cumsum(shingle_counts) - shingle_counts
    _scatter_rows(fields, first, sketch, offsets, keep, counts, partition, at_row, at_shingle, rows, kept)
    return PartitionedBatch(rows, kept, row_counts, shingle_counts)
