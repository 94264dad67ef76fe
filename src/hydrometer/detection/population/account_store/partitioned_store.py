"""The second phase: every exchange as a row in the file of its partition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hydrometer.detection.population.account_store.counting_filter import CountingFilter
from hydrometer.detection.population.account_store.dictionary_encoder import DictionaryEncoder
from hydrometer.detection.population.account_store.exchange_ids import ExchangeIds
from hydrometer.detection.population.account_store.exchange_row import PROMPT
from hydrometer.detection.population.account_store.partitioner import PartitionedBatch, partition_batch
from hydrometer.detection.population.account_store.spill_files import SpilledPartitions, SpillWriter
from hydrometer.detection.population.account_store.thread_mapping import map_ahead

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

    from hydrometer.contract import Progress
    from hydrometer.detection.population.account_store.frequent_shingles import FrequentShingles
    from hydrometer.detection.population.account_store.row_encoder import RowEncoder
    from hydrometer.detection.population.account_store.store_budget import StoreBudget
    from hydrometer.detection.population.account_store.traffic_chunk import TrafficChunk
    from hydrometer.detection.population.account_store.traffic_dictionaries import TrafficDictionaries


@dataclass(frozen=True, slots=True)
class PartitionedStore:
    """All rows of the traffic by partition, on disk; an organisation's are in one partition.

    Attributes:
        budget: what the store may use.
        dictionaries: what the rows' numbers and hashes stand for.
        partitions: the rows with the numbers of their shingles.
        shingles: the shingle of each number.
        prompts: how often each prompt occurs, never too low.
        ids: the exchange ids of the rows.
    """

    budget: StoreBudget
    dictionaries: TrafficDictionaries
    partitions: SpilledPartitions
    shingles: npt.NDArray[np.int64]
    prompts: CountingFilter
    ids: ExchangeIds

    @property
    def row_count(self) -> int:
        """Rows of the traffic, repeated exchanges among them."""
        return self.ids.size


class _EncodedChunk(NamedTuple):
    """A chunk on its way into the store."""

    chunk: TrafficChunk
    batch: PartitionedBatch
    ids: npt.NDArray[np.uint64]
    prompts: npt.NDArray[np.int64]


def partition_traffic(
    chunks: Iterable[TrafficChunk],
    encoder: RowEncoder,
    frequent: FrequentShingles,
    budget: StoreBudget,
    progress: Progress,
) -> PartitionedStore:
    """Write every exchange to its partition, without the shingles that are certainly rare."""
    folder, bits = budget.folder, budget.partition_bits
    folder.mkdir()
    shingle_numbers = DictionaryEncoder()
    prompts = CountingFilter(budget.rows, budget.memory // 8)
    ids = ExchangeIds(folder / "ids")

    def encode(chunk: TrafficChunk) -> _EncodedChunk:
        encoded = encoder.encode(chunk.batch())
        orgs = encoder.dictionaries.accounts.hash_organisations()
        batch = partition_batch(encoded, chunk.first, orgs, bits, frequent)
        fields = encoded.fields
        return _EncodedChunk(chunk, batch, fields.id, fields.prompt[fields.flags & PROMPT != 0])

    with SpillWriter(folder / "spill", 1 << bits) as spill:
        for encoded in map_ahead(budget.threads, encode, chunks):
            batch = encoded.batch
            spill.append(batch.rows, shingle_numbers.encode(batch.shingles), batch.row_counts, batch.shingle_counts)
            ids.append(encoded.chunk.first, encoded.ids)
            prompts.count(encoded.prompts)
            encoded.chunk.close()
            progress.advance(encoded.ids.size)
    return PartitionedStore(
        budget=budget,
        dictionaries=encoder.dictionaries,
        partitions=SpilledPartitions(folder / "spill", 1 << bits),
        shingles=shingle_numbers.values.copy(),
        prompts=prompts,
        ids=ids,
    )
