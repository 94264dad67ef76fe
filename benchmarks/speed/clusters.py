"""Groups over the graph of accounts, ours or a graph library's, each in a process of its own.

    python -m speed.clusters edges WORLD WORK EDGES
    python -m speed.clusters igraph|networkit|scipy|hydrometer EDGES|WORLD WORK

The graph has an edge where two accounts of different organisations share a value of few holders; a pair's weight is how
many such values it shares. Making it is not timed: a library gets its edges as arrays, and is timed from these to labels.
Hydrometer is timed from the population to groups that are ready to be tested (`describe` and `propose`): it weighs
every value by how common it is, grows groups from seeds and splits them, among accounts that may be part of a harvest. It
does more to fewer accounts, and makes no graph of all.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.detection.campaigns.candidate_generation import propose_groups
from hydrometer.detection.campaigns.peeled_views import PeeledViews
from hydrometer.detection.run_recorder import RunRecorder, read_peak_memory_mb
from speed.links import population_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.detection.population.population import Ints, Population
    from speed.relational import Figures

MOST_HOLDERS = 20
"""Accounts from which a value makes no edges: pairs grow with the square."""
SEED = 7
Graph = dict[str, Any]


def edges_of(population: Population) -> tuple[Ints, Ints, Ints]:
    """Return pairs of accounts, the lower first, ascending, and how many rare values each shares."""
    size, pairs = population.size, [np.zeros(0, np.int64)]
    for entities in population.entities.values():
        holders = np.bincount(entities.value, minlength=len(entities.names))
        rare = (holders[entities.value] > 1) & (holders[entities.value] <= MOST_HOLDERS)
        order = np.argsort(entities.value[rare], kind="stable")
        account, value = entities.account[rare][order], entities.value[rare][order]
        for apart in range(1, MOST_HOLDERS):
            same = np.nonzero(value[apart:] == value[:-apart])[0]
            first, second = account[same], account[same + apart]
            strangers = population.org[first] != population.org[second]
            low, high = np.minimum(first, second)[strangers], np.maximum(first, second)[strangers]
            pairs.append(low * size + high)
    found, weight = np.unique(np.concatenate(pairs), return_counts=True)
    return found // size, found % size, weight


def by_igraph(graph: Graph) -> dict[str, Callable[[], Any]]:
    """Return the pieces of work: `build` first, then what is found."""
    igraph = importlib.import_module("igraph")
    held: Graph = {}

    def build() -> None:
        pairs = np.column_stack([graph["first"], graph["second"]])
        held["graph"] = igraph.Graph(n=int(graph["nodes"]), edges=pairs, edge_attrs={"weight": graph["weight"]})

    def leiden() -> int:
        return len(held["graph"].community_leiden(objective_function="modularity", weights="weight"))

    return {"build": build, "components": lambda: len(held["graph"].connected_components()), "Leiden": leiden}


def by_networkit(graph: Graph) -> dict[str, Callable[[], Any]]:
    """Return the pieces of work."""
    networkit = importlib.import_module("networkit")
    networkit.setSeed(SEED, useThreadId=False)
    held: Graph = {}

    def build() -> None:
        entries = (graph["weight"].astype(np.float64), (graph["first"], graph["second"]))
        held["graph"] = networkit.GraphFromCoo(entries, n=int(graph["nodes"]), weighted=True, directed=False)

    def components() -> int:
        found = networkit.components.ConnectedComponents(held["graph"])
        return int(found.run().numberOfComponents())

    def communities(kind: str) -> int:
        found = getattr(networkit.community, kind)(held["graph"])
        return int(found.run().getPartition().numberOfSubsets())

    return {
        "build": build,
        "components": components,
        "PLM": lambda: communities("PLM"),
        "ParallelLeiden": lambda: communities("ParallelLeiden"),
    }


def by_scipy(graph: Graph) -> dict[str, Callable[[], Any]]:
    """Return the pieces of work."""
    sparse, held, nodes = importlib.import_module("scipy.sparse"), {}, int(graph["nodes"])
    parts = importlib.import_module("scipy.sparse.csgraph").connected_components

    def build() -> None:
        entries = (graph["weight"], (graph["first"], graph["second"]))
        held["graph"] = sparse.coo_array(entries, shape=(nodes, nodes)).tocsr()

    return {"build": build, "components": lambda: int(parts(held["graph"], directed=False)[0])}


PEERS = {"igraph": by_igraph, "networkit": by_networkit, "scipy": by_scipy}


def timed(pieces: dict[str, Callable[[], Any]]) -> Figures:
    """Run pieces one after the other; return CPU seconds by piece, and how many groups each found."""
    begun, spent = time.perf_counter(), time.process_time()
    parts, groups = {}, {}
    for name, piece in pieces.items():
        before = time.process_time()
        found = piece()
        parts[name] = time.process_time() - before
        if found is not None:
            groups[name] = found
    wall, cpu = time.perf_counter() - begun, time.process_time() - spent
    return {"wall_s": wall, "cpu_s": cpu, "parts": parts, "groups": groups}


def by_hydrometer(population: Population, settings: Settings) -> dict[str, Callable[[], Any]]:
    """Return the pieces of work."""
    held: Graph = {}

    def build() -> None:
        held["views"] = PeeledViews(population, settings.campaigns.without)
        held["views"].without(held["views"].convicted)

    def groups() -> int:
        return len(propose_groups(held["views"], settings.campaigns, lambda _: 0.0))

    return {"describe": build, "propose": groups}


def main() -> None:
    """Make the edges, or measure one way and print the figures."""
    way, source, work = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    if way in PEERS:
        with np.load(source) as arrays:
            graph = {name: arrays[name] for name in arrays.files}
        before = read_peak_memory_mb()
        figures = timed(PEERS[way](graph))
    else:
        account = RunRecorder(Settings(), SilentProgress())
        with tempfile.TemporaryDirectory(dir=work) as held:
            population = population_of(source, Path(held), account)
            before = read_peak_memory_mb()
            if way == "edges":
                first, second, weight = edges_of(population)
                np.savez(sys.argv[4], first=first, second=second, weight=weight, nodes=population.size)
                figures = {"accounts": population.size, "edges": int(first.size)}
            else:
                figures = timed(by_hydrometer(population, account.settings))
    print(orjson.dumps({**figures, "before_mb": before, "peak_mb": read_peak_memory_mb()}).decode())


if __name__ == "__main__":
    main()
