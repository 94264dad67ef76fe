"""Co-action network: accounts that leave the same traces, joined where they are most alike.

After Pacheco et al. (ICWSM 2021): for each kind of trace a bipartite graph of accounts and values, TF-IDF weights, cosine
similarity between accounts, the edges above a percentile of all that are not zero, and the connected components. The
traces here are what an API sees: the words that a prompt begins with (`lead`), those that it begins and ends with
(`ends`), and the hours or quarters of a day in which an account is active. Of two kinds, an edge must be in both networks.
Address blocks and the beginnings of system prompts were tried as kinds and made it worse. The similarities of all pairs
of accounts that share a trace are formed, so the cost grows with the square of the accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from quality.baselines.groups import Group, Units, components, read_units
from quality.baselines.traffic import ABSENT, MICROS_A_SECOND, distinct_pairs, read_traffic
from quality.baselines.words import read_words

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from quality.baselines.traffic import Traffic

NAME = "coaction"
SOURCE = "Pacheco et al., Uncovering Coordinated Networks on Social Media, ICWSM 2021"
TRACES = (["lead", "hour"], ["ends", "hour"], ["ends", "quarter"])
PERCENTILES = (95.0, 98.0, 99.0, 99.5)
GRID: list[dict[str, Any]] = [
    {"traces": traces, "percentile": percentile, "least_asking": asking}
    for traces, percentile, asking in product(TRACES, PERCENTILES, (0.0, 0.15))
]
SMALLEST = 20
FEWEST = 3
"""Exchanges of an account below which its traces say nothing; the paper filters likewise."""
EDGE = 4
"""Words of a prompt's beginning, and of its end, that make a trace."""
HOUR = 3_600 * MICROS_A_SECOND
BLOCK = 1_024
"""Accounts whose similarities with all others are held at once."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The likeliest edges of one kind of trace: those above the lowest percentile of the grid."""

    pair: NDArray[np.int64]
    """First account times the number of accounts, plus the second; ascending."""
    similarity: NDArray[np.float32]
    at_percentile: dict[float, float]


@dataclass(frozen=True, slots=True)
class State:
    """The layers by kind of trace."""

    units: Units
    layers: dict[str, Layer]


def prepare(world: Path, _: Path) -> State:
    """Make every layer; the benign history is not used."""
    traffic = read_traffic(world)
    accounts = len(traffic.account_ids)
    layers = {name: layer(*held, accounts) for name, held in traces(traffic).items()}
    return State(read_units(traffic), layers)


def detect(state: State, parameters: dict[str, Any]) -> list[Group]:
    """Return the components of the joined layers; a group's score is its mean similarity along the edges."""
    names = parameters["traces"]
    accounts = len(state.units.account_ids)
    pairs, similarities = [], []
    for name in names:
        held = state.layers[name]
        kept = held.similarity >= held.at_percentile[parameters["percentile"]]
        pairs.append(held.pair[kept])
        similarities.append(held.similarity[kept])
    pair, first, count = np.unique(np.concatenate(pairs), return_index=True, return_counts=True)
    similarity = np.concatenate(similarities)[first]
    everywhere = count == len(names)
    pair, similarity = pair[everywhere], similarity[everywhere]
    one, other = pair // accounts, pair % accounts
    parts = components(one, other, accounts)
    label = np.full(accounts, ABSENT)
    for number, members in enumerate(parts):
        label[members] = number
    total = np.bincount(label[one], weights=similarity, minlength=len(parts))
    links = np.bincount(label[one], minlength=len(parts))
    groups = (
        state.units.group(
            members.tolist(),
            float(total[number] / links[number]),
            smallest=SMALLEST,
            least_asking=parameters["least_asking"],
        )
        for number, members in enumerate(parts)
    )
    return [group for group in groups if group is not None]


def traces(traffic: Traffic) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return by kind the accounts and the traces that they left, ABSENT where a text is too short for one."""
    prompts = read_words(traffic.texts("prompt"))
    ends = np.concatenate([prompts.edges(EDGE, last=last) for last in (False, True)])
    _, place = np.unique(ends, return_inverse=True)
    place = np.where(ends == 0, ABSENT, place).astype(np.int64)
    who = traffic.account
    since = traffic.started_at - traffic.started_at.min(initial=np.iinfo(np.int64).max)
    return {
        "lead": (who, place[: len(who)]),
        "ends": (np.tile(who, 2), place),
        "hour": (who, since // HOUR),
        "quarter": (who, since // (6 * HOUR)),
    }


def layer(account: NDArray[np.int64], value: NDArray[np.int64], accounts: int) -> Layer:
    """Return the most similar pairs of accounts by TF-IDF cosine; values of one account make no pair and are left out."""
    who, what, times = distinct_pairs(account, value)
    holders = np.bincount(what) if len(what) else np.zeros(0, dtype=np.int64)
    active = np.bincount(who, weights=times, minlength=accounts) >= FEWEST
    kept = (holders[what] > 1) & active[who]
    # The norm counts every trace of an account, those that it shares with nobody too.
    weight = (1 + np.log(times)) * np.log(max(1, int(active.sum())) / np.maximum(1, holders[what]))
    norm = np.sqrt(np.bincount(who, weights=weight**2, minlength=accounts))
    weight = weight / np.maximum(norm[who], 1e-12)
    matrix = csr_array(
        (weight[kept].astype(np.float32), (who[kept], what[kept])), shape=(accounts, max(1, len(holders)))
    )
    parts = [block(matrix, begin) for begin in range(0, accounts, BLOCK)]
    pair = np.concatenate([np.zeros(0, dtype=np.int64), *(part[0] for part in parts)])
    similarity = np.concatenate([np.zeros(0, dtype=np.float32), *(part[1] for part in parts)])
    limits = np.percentile(similarity, PERCENTILES).tolist() if len(similarity) else [0.0] * len(PERCENTILES)
    likely = similarity >= limits[0]
    return Layer(pair[likely], similarity[likely], dict(zip(PERCENTILES, limits, strict=True)))


def block(matrix: csr_array, begin: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the pairs of some accounts with all later ones that are not zero, and their similarities."""
    found = (matrix[begin : begin + BLOCK] @ matrix.T).tocoo()
    one, other = found.row.astype(np.int64) + begin, found.col.astype(np.int64)
    later = (other > one) & (found.data > 0)
    pair = one[later] * matrix.shape[0] + other[later]
    order = np.argsort(pair)
    return pair[order], found.data[later][order].astype(np.float32)
