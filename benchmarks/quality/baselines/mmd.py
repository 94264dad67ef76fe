"""Windows of prompts against benign history, by maximum mean discrepancy.

After arXiv 2606.05725 (see Gretton et al. 2012 for the statistic): prompts are embedded, the squared MMD of a window with
benign history is taken under a Gaussian kernel, and what exceeds a percentile of benign windows is flagged. The paper
embeds with bge-small-en-v1.5. Here nothing may be downloaded, so a prompt is its words, weighed by how rare they are in
the benign history and projected at random to DIMENSIONS numbers. That loses synonyms, word order and other languages'
equivalents; it keeps what the wordings of one tool share, which is most of what a window of a harvest differs by.

The kernel is made explicit by random Fourier features (Rahimi and Recht 2007): the mean of the features stands for a window,
so a world costs time in proportion to its exchanges. Windows are single accounts, accounts pooled by client, by day of
sign-up or by address block, or (`traffic`) runs of WINDOW exchanges of the whole traffic. The paper flags windows, and a
window of the whole traffic is nobody: there the witness function, the direction in which the flagged windows differ,
is averaged over each account, and the accounts beyond the percentile of benign accounts are flagged.

Benign history is the innocent world of a training seed (`other`), or the world's own first day (`past`), with
the innocent world's windows against its own first day as the null. Flagged accounts form one group, as the method tells
of no operators; pooled accounts form one group a pool.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from quality.baselines.groups import Group, Units, read_units
from quality.baselines.traffic import ABSENT, MICROS_A_SECOND, joined, most_used, read_traffic, subnets
from quality.baselines.words import mixed, read_words

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from quality.baselines.traffic import Traffic
    from quality.baselines.words import Words

NAME = "mmd"
SOURCE = "arXiv 2606.05725, MMD window test; Gretton et al., A Kernel Two-Sample Test, JMLR 2012"
GRID: list[dict[str, Any]] = [
    {"windows": windows, "history": history, "percentile": percentile, "least_asking": asking}
    for windows, history, percentiles, askings in (
        ("account", "other", (95.0, 99.0), (0.0, 0.4)),
        ("client", "past", (100.0,), (0.0,)),
        ("signup_day", "past", (100.0,), (0.0,)),
        ("subnet", "past", (100.0,), (0.0,)),
        ("traffic", "other", (95.0, 98.0, 99.0, 99.7), (0.0, 0.15)),
        ("traffic", "past", (95.0, 98.0, 99.0, 99.7), (0.0, 0.15)),
    )
    for percentile, asking in product(percentiles, askings)
]
DIMENSIONS, FEATURES, SEED = 64, 256, 20260102
WINDOW = 1_500
"""Exchanges of a window of the whole traffic, as in the paper."""
FEWEST = 10
"""Exchanges of a window or account below which nothing is said."""
SIZES = (30, 100, 400)
"""Between them, windows are held against benign ones of their own size: small ones scatter more."""
SMALLEST = 5
CHUNK = 20_000
DAY = 86_400 * MICROS_A_SECOND


@dataclass(frozen=True, slots=True)
class Rarity:
    """What the benign history says of words, and the width of the kernel."""

    words: NDArray[np.uint64]
    weight: NDArray[np.float64]
    """By word, in ascending order of hash: the logarithm of prompts over prompts with it."""
    unseen: float
    width: float


@dataclass(frozen=True, slots=True)
class Sample:
    """The feature sums of a world: of each account, of runs of the whole traffic, and of the first day."""

    account: NDArray[np.float64]
    exchanges: NDArray[np.int64]
    window: NDArray[np.float64]
    first_day: NDArray[np.float64]
    pools: dict[str, NDArray[np.int64]]
    """By kind of pool, the pool of each account."""


@dataclass(frozen=True, slots=True)
class State:
    """The world and the benign history, embedded alike."""

    units: Units
    world: Sample
    history: Sample


def prepare(world: Path, history: Path) -> State:
    """Embed the world by what the benign history says of words."""
    rarity, benign = learnt(history)
    traffic = read_traffic(world)
    return State(read_units(traffic), sampled(traffic, read_words(traffic.texts("prompt")), rarity), benign)


@lru_cache(maxsize=2)
def learnt(history: Path) -> tuple[Rarity, Sample]:
    """Return what a benign world says of words, and its own sample."""
    traffic = read_traffic(history)
    words = read_words(traffic.texts("prompt"))
    prompts = len(words.starts) - 1
    pairs = np.unique(words.text_of() * len(words.hashes) + words.codes)
    holders = np.bincount(pairs % max(1, len(words.hashes)), minlength=len(words.hashes))
    order = np.argsort(words.hashes)
    weight = np.log((1 + prompts) / (1 + holders[order]))
    rarity = Rarity(words.hashes[order], weight, float(np.log(1 + prompts)), 1.0)
    shown = np.linspace(0, prompts - 1, min(prompts, 1_000)).astype(np.int64)
    points = embedded(words, rarity, shown)
    apart = 2 - 2 * (points @ points.T)[np.triu_indices(len(points), 1)]
    rarity = Rarity(rarity.words, weight, rarity.unseen, float(np.sqrt(max(1e-6, np.median(apart)))))
    return rarity, sampled(traffic, words, rarity)


def detect(state: State, parameters: dict[str, Any]) -> list[Group]:
    """Return the flagged accounts as one group, or one group per flagged pool."""
    world, benign, percentile = state.world, state.history, parameters["percentile"]
    whole = benign.account.sum(axis=0) / max(1, int(benign.exchanges.sum()))
    references = (whole, whole) if parameters["history"] == "other" else (world.first_day, benign.first_day)
    if parameters["windows"] == "traffic":
        flagged = [np.flatnonzero(by_witness(world, benign, references, percentile))]
    elif parameters["windows"] == "account":
        every = [(s.account, s.exchanges) for s in (world, benign)]
        flagged = [np.flatnonzero(beyond(every[0], every[1], references, percentile))]
    else:
        kind = parameters["windows"]
        pools = [pooled(sample, sample.pools[kind]) for sample in (world, benign)]
        found = np.flatnonzero(beyond(pools[0], pools[1], references, percentile))
        flagged = [np.flatnonzero(world.pools[kind] == pool) for pool in found]
    groups = (
        state.units.group(
            members.tolist(), percentile / 100, smallest=SMALLEST, least_asking=parameters["least_asking"]
        )
        for members in flagged
    )
    return [group for group in groups if group is not None]


Counted = tuple["NDArray[np.float64]", "NDArray[np.int64]"]


def beyond(
    world: Counted, benign: Counted, references: tuple[NDArray[np.float64], NDArray[np.float64]], percentile: float
) -> NDArray[np.bool_]:
    """Return which windows exceed the percentile of benign windows of their size."""
    ours, theirs = discrepancy(*world, references[0]), discrepancy(*benign, references[1])
    flagged = np.zeros(len(ours), dtype=bool)
    for low, high in zip((FEWEST, *SIZES), (*SIZES, np.iinfo(np.int64).max), strict=True):
        null = theirs[(benign[1] >= low) & (benign[1] < high)]
        if not len(null):
            null = theirs[benign[1] >= FEWEST]
        if len(null):
            flagged |= (world[1] >= low) & (world[1] < high) & (ours > np.percentile(null, percentile))
    return flagged


def by_witness(
    world: Sample, benign: Sample, references: tuple[NDArray[np.float64], NDArray[np.float64]], percentile: float
) -> NDArray[np.bool_]:
    """Return the accounts that lie where flagged windows of the whole traffic differ from history."""
    sizes = [np.full(len(sample.window), WINDOW) for sample in (world, benign)]
    ours = discrepancy(world.window, sizes[0], references[0])
    theirs = discrepancy(benign.window, sizes[1], references[1])
    flagged = np.zeros(len(world.exchanges), dtype=bool)
    alarmed = ours > np.percentile(theirs, percentile) if len(theirs) else np.zeros(len(ours), dtype=bool)
    if alarmed.any():
        witness = world.window[alarmed].mean(axis=0) / WINDOW - references[0]
        scores = [s.account @ witness / np.maximum(1, s.exchanges) for s in (world, benign)]
        limit = np.percentile(scores[1][benign.exchanges >= FEWEST], percentile)
        flagged = (scores[0] > limit) & (world.exchanges >= FEWEST)
    return flagged


def discrepancy(
    sums: NDArray[np.float64], exchanges: NDArray[np.int64], reference: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the unbiased squared MMD of each window with the reference mean; 0 for windows of fewer than 2."""
    count = np.maximum(2, exchanges).astype(np.float64)
    within = ((sums**2).sum(axis=1) - count) / (count * (count - 1))
    found = within - 2 * (sums @ reference) / count + float(reference @ reference)
    return np.asarray(np.where(exchanges < 2, 0.0, found), dtype=np.float64)


def pooled(sample: Sample, pool: NDArray[np.int64]) -> Counted:
    """Return the feature sums and exchanges of each pool of accounts."""
    held = np.flatnonzero(pool != ABSENT)
    pools = int(pool.max(initial=-1)) + 1
    gather = csr_array((np.ones(len(held)), (pool[held], held)), shape=(pools, len(pool)))
    return gather @ sample.account, np.bincount(pool[held], weights=sample.exchanges[held], minlength=pools).astype(
        np.int64
    )


def sampled(traffic: Traffic, words: Words, rarity: Rarity) -> Sample:
    """Return the feature sums of a world."""
    accounts, count = len(traffic.account_ids), len(traffic.account)
    runs = count // WINDOW
    since = traffic.started_at - traffic.started_at.min(initial=np.iinfo(np.int64).max)
    by_account, by_run = np.zeros((accounts, FEATURES)), np.zeros((runs, FEATURES))
    first_day, of_first = np.zeros(FEATURES), int((since < DAY).sum())
    for begin in range(0, count, CHUNK):
        rows = np.arange(begin, min(count, begin + CHUNK))
        points = features(embedded(words, rarity, rows), rarity.width)
        by_account += gathered(traffic.account[rows], points, accounts)
        whole = rows < runs * WINDOW
        by_run += gathered(rows[whole] // WINDOW, points[whole], runs)
        first_day += points[since[rows] < DAY].sum(axis=0)
    created = traffic.created_at()
    pools = {
        "client": joined([most_used(traffic, traffic.column(name)) for name in ("ja4", "user_agent")]).codes,
        "subnet": subnets(most_used(traffic, traffic.column("client_ip"))).codes,
        "signup_day": np.where(created == ABSENT, ABSENT, created // DAY - created.min(initial=0) // DAY),
    }
    return Sample(
        by_account, np.bincount(traffic.account, minlength=accounts), by_run, first_day / max(1, of_first), pools
    )


def gathered(place: NDArray[np.int64], points: NDArray[np.float64], places: int) -> NDArray[np.float64]:
    """Return the sums of the points of each place."""
    gather = csr_array((np.ones(len(place)), (place, np.arange(len(place)))), shape=(places, len(place)))
    return np.asarray(gather @ points, dtype=np.float64)


def embedded(words: Words, rarity: Rarity, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the texts of these rows as points of length 1: weighted words under a random projection of signs.

    A text without words is the zero point.
    """
    place = np.searchsorted(rarity.words, words.hashes)
    known = place < len(rarity.words)
    known[known] = rarity.words[place[known]] == words.hashes[known]
    weight = np.full(len(words.hashes), rarity.unseen)
    weight[known] = rarity.weight[place[known]]
    lengths = words.starts[rows + 1] - words.starts[rows]
    ends = np.cumsum(lengths)
    codes = words.codes[np.repeat(words.starts[rows] - (ends - lengths), lengths) + np.arange(lengths.sum())]
    used, code = np.unique(codes, return_inverse=True)
    signs = ((mixed(words.hashes[used])[:, None] >> np.arange(DIMENSIONS, dtype=np.uint64)) & np.uint64(1)) * 2.0 - 1
    matrix = csr_array((weight[codes], code, np.concatenate([[0], ends])), shape=(len(rows), len(used)))
    points = np.asarray(matrix @ signs, dtype=np.float64)
    points /= np.maximum(1e-12, np.linalg.norm(points, axis=1, keepdims=True))
    return points


def features(points: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Return random Fourier features of the Gaussian kernel of this width; each has length 1."""
    rng = np.random.default_rng(SEED)
    angles = points @ (rng.standard_normal((DIMENSIONS, FEATURES // 2)) / width)
    found: NDArray[np.float64] = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    found *= np.sqrt(2 / FEATURES)
    return found
