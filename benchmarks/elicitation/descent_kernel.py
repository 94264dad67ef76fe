"""Stochastic gradient descent of the elicitation model, with the windows of `elicitation_scoring.score_words`.

Compiled code is cached beside the source, by the age of this file alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from hydrometer.fingerprint.kernels.elicitation_scoring import BLOCK, COLUMNS, GRAMS, WINDOW
from hydrometer.fingerprint.kernels.keyed_hashing import mix_bits

_ONE, _R40 = np.uint64(1), np.uint64(40)


@njit(nogil=True, cache=True)
def run_epoch(
    order: Any,
    buckets: Any,
    ends: Any,
    elicitation: Any,
    capability: Any,
    table: Any,
    bias: Any,
    rate: float,
    decay: float,
    weights: Any,
    drop: int,
    seed: Any,
) -> Any:
    """Go once over the documents in `order`; changes `table` and `bias`, returns the mean loss of elicitation.

    weights: how fast each kind of feature learns, [GRAMS]; buckets: [words, GRAMS], -1 for none; ends: [documents, stretches + 1]
    indices into buckets; elicitation, capability: class of each document, capability -1 for unknown. Softmax over the best
    windows' sums, the first class being the origin; features are dropped with chance drop / 2^24 (the kept ones are
    scaled up), so that no single phrase carries a class.
    """
    half = COLUMNS // 2
    longest = 0
    for document in range(ends.shape[0]):
        longest = max(longest, ends[document, ends.shape[1] - 1] - ends[document, 0])
    blocks = np.empty((64, COLUMNS))
    where = np.empty((half, 2), np.int64)
    best = np.empty(COLUMNS)
    slope = np.empty(COLUMNS)
    loss = 0.0
    state = np.uint64(seed)
    grow = 1.0 / (1.0 - drop / 16777216.0)
    dropped = np.empty((longest, GRAMS), np.bool_)
    for document in order:
        first = ends[document, 0]
        last = ends[document, ends.shape[1] - 1]
        if last == first:
            continue
        for word in range(last - first):
            for gram in range(GRAMS):
                state += _ONE
                dropped[word, gram] = np.int64(mix_bits(state) >> _R40) < drop or buckets[first + word, gram] < 0
        best[:half] = -1e300
        best[half:] = 0.0
        for part in range(ends.shape[1] - 1):
            start, stop = ends[document, part], ends[document, part + 1]
            size = (stop - start + BLOCK - 1) // BLOCK
            for block in range(size):
                blocks[block, :] = 0.0
                for word in range(start + block * BLOCK, min(stop, start + (block + 1) * BLOCK)):
                    for gram in range(GRAMS):
                        if not dropped[word - first, gram]:
                            row = table[buckets[word, gram]]
                            for column in range(COLUMNS):
                                blocks[block, column] += row[column] * grow
                for column in range(half, COLUMNS):
                    best[column] += blocks[block, column]
                if block >= min(WINDOW, size) - 1:
                    from_block = max(0, block - WINDOW + 1)
                    for column in range(half):
                        total = 0.0
                        for other in range(from_block, block + 1):
                            total += blocks[other, column]
                        if total > best[column]:
                            best[column] = total
                            where[column, 0] = start + from_block * BLOCK
                            where[column, 1] = min(stop, start + (block + 1) * BLOCK)
        root = 1.0 / np.sqrt(last - first)
        for column in range(half, COLUMNS):
            best[column] *= root
        for side in range(2):
            label = elicitation[document] if side == 0 else capability[document]
            low = side * half
            top = 0.0
            for column in range(low, low + half):
                top = max(top, best[column] + bias[column])
            total = np.exp(-top)
            for column in range(low, low + half):
                slope[column] = np.exp(best[column] + bias[column] - top)
                total += slope[column]
            for column in range(low, low + half):
                slope[column] = slope[column] / total - (1.0 if label == column - low + 1 else 0.0)
                if label < 0:
                    slope[column] = 0.0
            if side == 0:
                chance = np.exp(-top) / total if label == 0 else slope[label - 1] + 1.0
                loss -= np.log(max(chance, 1e-12))
        for column in range(half):
            if abs(slope[column]) < 1e-3:
                continue
            bias[column] -= rate * 0.1 * slope[column]
            for word in range(where[column, 0], where[column, 1]):
                for gram in range(GRAMS):
                    if not dropped[word - first, gram]:
                        bucket = buckets[word, gram]
                        table[bucket, column] -= rate * weights[gram] * (slope[column] + decay * table[bucket, column])
        for column in range(half, COLUMNS):
            if abs(slope[column]) < 1e-3:
                continue
            bias[column] -= rate * 0.1 * slope[column]
            for word in range(first, last):
                for gram in range(GRAMS):
                    bucket = buckets[word, gram]
                    if bucket < 0:
                        continue
                    table[bucket, column] -= (
                        rate * weights[gram] * (slope[column] * root * 4.0 + decay * table[bucket, column])
                    )
    return loss / max(1, order.size)
