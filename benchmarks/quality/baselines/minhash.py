"""Near-duplicate prompts by MinHash and LSH, and the accounts that share them.

Broder (1997): the share of equal minima of two sets under random permutations estimates their Jaccard similarity. Prompts
are sets of runs of three words; signatures of PERMUTATIONS minima are cut into bands, prompts of one band go into one
bucket, and a prompt belongs to the bucket's first one if their signatures agree well enough: a star, linear in the
prompts, in place of every pair. Accounts with several prompts in one cluster are joined.

What a prompt shares with no other account is what was poured into a template, and what very many accounts share is
boilerplate. Both can be kept or dropped by document frequency, counted in accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from quality.baselines.groups import Group, Units, components, read_units, through_values
from quality.baselines.traffic import distinct_pairs, read_traffic
from quality.baselines.words import mixed, read_words

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

NAME = "minhash"
SOURCE = "Broder 1997, On the resemblance and containment of documents; LSH banding as in datasketch"
BANDS = {0.4: (16, 3), 0.6: (12, 4)}
"""By similarity, bands and rows: at that similarity two prompts meet in a bucket with a probability of two in three and
more."""
RARE = {"slots kept": 1, "slots dropped": 4}
"""Fewest accounts that a run of words must be of to count."""
GRID: list[dict[str, Any]] = [
    {"similarity": similarity, "rare": rare, "prompts": prompts, "least_asking": asking}
    for similarity, rare, prompts, asking in product(BANDS, RARE, (3, 6, 12), (0.0, 0.15))
]
MOST_SHARE = 0.2
"""Of all accounts; a cluster of prompts that more of them share is boilerplate."""
LENGTH = 3
PERMUTATIONS = 48
SMALLEST = 20


@dataclass(frozen=True, slots=True)
class State:
    """Clusters of near-duplicates by similarity and by whether slots are kept."""

    units: Units
    account: NDArray[np.int64]
    clusters: dict[tuple[float, str], NDArray[np.int64]]
    """The cluster of every exchange."""


def prepare(world: Path, _: Path) -> State:
    """Cluster the prompts at every similarity; the benign history is not used."""
    traffic = read_traffic(world)
    words = read_words(traffic.texts("prompt"))
    shingle, text = words.shingles(LENGTH)
    code = np.unique(shingle, return_inverse=True)[1].astype(np.int64)
    what = distinct_pairs(traffic.account[text], code)[1]
    holders = np.bincount(what) if len(what) else np.zeros(0, dtype=np.int64)
    clusters: dict[tuple[float, str], NDArray[np.int64]] = {}
    for rare, fewest in RARE.items():
        kept = holders[code] >= fewest
        rows, signatures = minima(shingle[kept], text[kept])
        for similarity, (bands, width) in BANDS.items():
            cluster = np.full(len(traffic.account), -1, dtype=np.int64)
            cluster[rows] = stars(signatures, bands, width, similarity)
            clusters[similarity, rare] = cluster
    return State(read_units(traffic), traffic.account, clusters)


def detect(state: State, parameters: dict[str, Any]) -> list[Group]:
    """Return the accounts that clusters join; a group's score is the mean share of its prompts that are in them."""
    cluster = state.clusters[parameters["similarity"], parameters["rare"]]
    accounts = len(state.units.account_ids)
    who, what, times = distinct_pairs(state.account, cluster)
    often = times >= parameters["prompts"]
    who, what, times = who[often], what[often], times[often]
    holders = np.bincount(what) if len(what) else np.zeros(0, dtype=np.int64)
    fit = (holders[what] > 1) & (holders[what] <= max(2.0, MOST_SHARE * accounts))
    who, what, times = who[fit], what[fit], times[fit]
    share = np.bincount(who, weights=times, minlength=accounts) / np.maximum(
        1, np.bincount(state.account, minlength=accounts)
    )
    groups = (
        state.units.group(
            members.tolist(), float(share[members].mean()), smallest=SMALLEST, least_asking=parameters["least_asking"]
        )
        for members in through_values(who, what, accounts)
    )
    return [group for group in groups if group is not None]


def minima(shingle: NDArray[np.uint64], text: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Return the texts that have shingles, and the signature of each: one row of PERMUTATIONS minima per text.

    `text` ascends. The permutations are multiplications by odd numbers of which the upper half is kept.
    """
    rows, first = np.unique(text, return_index=True)
    signatures = np.empty((len(rows), PERMUTATIONS), dtype=np.uint32)
    factors = mixed(np.arange(PERMUTATIONS, dtype=np.uint64)) | np.uint64(1)
    scattered = mixed(shingle)
    for place, factor in enumerate(factors if len(rows) else ()):
        signatures[:, place] = np.minimum.reduceat(((scattered * factor) >> np.uint64(32)).astype(np.uint32), first)
    return rows.astype(np.int64), signatures


def stars(signatures: NDArray[np.uint32], bands: int, width: int, similarity: float) -> NDArray[np.int64]:
    """Return the cluster of each signature: those that agree with the first of a bucket in enough places are joined."""
    count = len(signatures)
    one, other = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for band in range(bands):
        key = np.zeros(count, dtype=np.uint64)
        for place in range(band * width, (band + 1) * width):
            key = mixed(key ^ signatures[:, place].astype(np.uint64))
        _, first, bucket = np.unique(key, return_index=True, return_inverse=True)
        centre = first[bucket]
        alike = (signatures == signatures[centre]).mean(axis=1) >= similarity
        one.append(np.flatnonzero(alike))
        other.append(centre[alike])
    label = np.arange(count)
    for members in components(np.concatenate(one), np.concatenate(other), count):
        label[members] = members[0]
    return label.astype(np.int64)
