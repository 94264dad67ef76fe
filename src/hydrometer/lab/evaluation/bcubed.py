"""B-cubed precision and recall of a grouping, groups that overlap included.

Bagga & Baldwin, "Algorithms for scoring coreference chains" (1998), in the extension of Amigó, Gonzalo, Artiles &
Verdejo, "A comparison of extrinsic clustering evaluation metrics based on formal constraints" (2009), which counts two
items that share several clusters as often as their categories warrant. Here an item has one category, so the
multiplicity precision of two items in k common clusters is 1/k where they are of one category, else 0, and their
multiplicity recall is 1 where they share a cluster, else 0. Each is averaged over the partners of an item, itself among
them, then over the items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from hydrometer.contract import BcubedSums

if TYPE_CHECKING:
    from hydrometer.detection.population import Ints


def sum_bcubed(category: Ints, item: Ints, cluster: Ints) -> BcubedSums:
    """Return the B-cubed sums of items 0 … n-1.

    `category` holds a number an item, -1 for an item with no equal; `item` and `cluster` are distinct pairs (item,
    cluster it is in). An item in no pair is in a cluster of its own.
    """
    own = category < 0
    size = np.bincount(category[~own], minlength=1)
    free = np.ones(category.size, dtype=np.bool_)
    free[item] = False
    # In a cluster of its own an item is all of the cluster, and one of its category.
    precision = float(free.sum())
    recall = float((free & own).sum() + (1.0 / size[category[free & ~own]]).sum())
    if item.size:
        signature, clusters = _derive_signatures(category.size, item, cluster)
        common = (clusters @ clusters.T).tocsr()
        meet, weight = common.copy(), common.copy()
        meet.data, weight.data = np.ones(common.nnz), 1.0 / common.data
        clustered = np.flatnonzero(~free)
        reach = meet @ np.bincount(signature[clustered], minlength=clusters.shape[0])
        equals = clustered[~own[clustered]]
        cells = sparse.csr_array(
            (np.ones(equals.size), (signature[equals], category[equals])), shape=(clusters.shape[0], size.size)
        )
        precision += float((cells.multiply(weight @ cells).sum(axis=1) / reach).sum())
        recall += float((cells.multiply(meet @ cells).sum(axis=0)[size > 0] / size[size > 0]).sum())
        alone = signature[clustered[own[clustered]]]
        precision += float((weight.diagonal()[alone] / reach[alone]).sum())
        recall += float(alone.size)
    return BcubedSums(items=category.size, precision=precision, recall=recall)


def _derive_signatures(items: int, item: Ints, cluster: Ints) -> tuple[Ints, sparse.csr_array]:
    """Return which set of clusters each item is in (undefined where it is in none), and the sets as rows of 0 and 1.

    Items with one set are interchangeable, and there are far fewer sets than items.
    """
    order = np.lexsort((cluster, item))
    item, cluster = item[order], cluster[order]
    starts = np.flatnonzero(np.r_[True, np.diff(item) != 0])
    depth = np.arange(item.size) - np.repeat(starts, np.diff(np.r_[starts, item.size]))
    code = np.zeros(items, dtype=np.int64)
    used = 1
    by_depth = np.argsort(depth, kind="stable")
    for rows in np.split(by_depth, np.flatnonzero(np.diff(depth[by_depth])) + 1):
        # The code so far and the next cluster make the code of the longer set; a shorter set keeps its own.
        longer = code[item[rows]] * (int(cluster.max()) + 1) + cluster[rows]
        values, inverse = np.unique(longer, return_inverse=True)
        code[item[rows]] = used + inverse
        used += values.size
    _, example, inverse = np.unique(code[item[starts]], return_index=True, return_inverse=True)
    signature = np.zeros(items, dtype=np.int64)
    signature[item[starts]] = inverse
    shown = np.flatnonzero(np.isin(item, item[starts][example]))
    entries = (np.ones(shown.size), (signature[item[shown]], cluster[shown]))
    return signature, sparse.csr_array(entries, shape=(example.size, int(cluster.max()) + 1))
