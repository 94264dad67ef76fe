"""A labelled world as a folder: made shard by shard in worker processes, so that memory does not grow with its size.

The folder holds what `detect` reads; beside it, `<folder>.truth` says who was who and how the world was made. Both
appear when the world is whole: until then it grows in a hidden folder, which is removed if anything goes wrong.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from hydrometer import __version__
from hydrometer.contract import FOLD_KEY, TRAFFIC, InputError
from hydrometer.files import write_whole
from hydrometer.fingerprint import FOLD_VERSION
from hydrometer.lab.simulate.fingerprint_pool import FingerprintPool
from hydrometer.lab.simulate.scenario import check_scenario
from hydrometer.lab.simulate.shards import count_shards, estimate_exchanges, make_shard
from hydrometer.lab.simulate.sketch_composition import compose_sketches
from hydrometer.lab.simulate.world import ShardTables, list_releases, render_shard, sort_accounts
from hydrometer.lab.simulate.world_context import WorldContext
from hydrometer.lab.simulate.world_tables import (
    build_account_tables,
    build_exchange_table,
    build_truth_table,
    draw_exchange_ids,
)
from hydrometer.lab.truth_folder import name_truth_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydrometer.contract import Progress
    from hydrometer.lab.simulate.fingerprint_pool import SketchingMethod
    from hydrometer.lab.simulate.scenario import Scenario
    from hydrometer.lab.simulate.world import LabelledWorld

ROW_GROUP = 65_536
LEAST_TASKS, MOST_TASKS = 2_000, 24_000
"""Bounds of the pool of real tasks that stands for all of a sketched world."""
_HASHES = ("sketch", "prompt_hash", "lead_hash", "tail_hash", "exchange_id", "started_at")
"""Columns with a value of its own in most rows, for which Parquet need keep no dictionary."""


@dataclass(slots=True)
class WorldCounts:
    """What a world, or a shard of it, holds: accounts and exchanges by archetype or operator, and the harvest."""

    accounts: Counter[str] = field(default_factory=Counter)
    exchanges: Counter[str] = field(default_factory=Counter)
    harvested: Counter[str] = field(default_factory=Counter)
    cut: int = 0
    """Sketches that kept fewer hashes than they had."""

    def add(self, other: WorldCounts) -> None:
        """Add what the other counted."""
        self.accounts += other.accounts
        self.exchanges += other.exchanges
        self.harvested += other.harvested
        self.cut += other.cut


def refuse_occupied(folder: Path) -> None:
    """Refuse a folder for a world in which, or in whose truth, there is something already.

    Raises:
        InputError: there is.
    """
    for path in (folder, name_truth_folder(folder)):
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError("is not an empty folder", file=str(path), mend="Name a new folder.")


def write_world(world: LabelledWorld, folder: Path) -> None:
    """Write a world that is in memory: `folder` (exchanges.parquet, accounts.parquet, models.json) and its truth."""
    truth = name_truth_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    truth.mkdir(parents=True, exist_ok=True)
    for table, path in (
        (world.exchanges, folder / "exchanges.parquet"),
        (world.accounts, folder / "accounts.parquet"),
        (world.truth_accounts, truth / "accounts.parquet"),
        (world.truth_exchanges, truth / "exchanges.parquet"),
    ):
        pq.write_table(table, path, compression="zstd", compression_level=12, row_group_size=ROW_GROUP)
    _write_releases(world.releases, folder)


def make_world_folder(
    scenario: Scenario,
    seed: int,
    folder: Path,
    *,
    sketching: SketchingMethod | None,
    workers: int,
    progress: Progress,
) -> WorldCounts:
    """Make the world of a scenario and a seed as a folder, with texts, or with fingerprints if `sketching` is given.

    The files are the same for any number of workers. A world of one shard is `exchanges.parquet`, a larger one
    `exchanges-00000.parquet` and so on, each with all kinds of accounts over the whole time.

    Raises:
        InputError: the scenario cannot be made, or there is something in the folder or in that of the truth.
    """
    check_scenario(scenario)
    refuse_occupied(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    progress.stage("simulate", round(estimate_exchanges(scenario)))
    with tempfile.TemporaryDirectory(
        prefix=f".{folder.name}-", dir=folder.parent, ignore_cleanup_errors=True
    ) as scratch:
        plan = WorldPlan(scenario, seed, count_shards(scenario), Path(scratch), sketching)
        for path in (plan.world, plan.truth, plan.people):
            path.mkdir()
        counts = WorldCounts()
        for shard_counts in _make_all_shards(plan, workers):
            counts.add(shard_counts)
            progress.advance(shard_counts.exchanges.total())
        _write_world_files(plan, counts)
        for made_at, path in ((plan.truth, name_truth_folder(folder)), (plan.world, folder)):
            if path.exists():
                path.rmdir()
            made_at.rename(path)
    return counts


@dataclass(frozen=True, slots=True)
class WorldPlan:
    """What a worker must know to make any shard of a world."""

    scenario: Scenario
    seed: int
    shards: int
    scratch: Path
    sketching: SketchingMethod | None

    @property
    def world(self) -> Path:
        return self.scratch / "world"

    @property
    def truth(self) -> Path:
        return self.scratch / "truth"

    @property
    def people(self) -> Path:
        return self.scratch / "people"


class ShardMaker:
    """A maker of shards of a world, one after another, each written as files of its own."""

    def __init__(self, plan: WorldPlan) -> None:
        self._plan = plan
        self._context = WorldContext(plan.scenario, plan.seed)
        self._pool: FingerprintPool | None = None
        if plan.sketching is not None:
            tasks = int(min(MOST_TASKS, max(LEAST_TASKS, estimate_exchanges(plan.scenario) / 4)))
            self._pool = FingerprintPool(self._context.catalogue, plan.sketching, tasks)

    def make(self, shard: int) -> WorldCounts:
        """Make and write a shard, and return what it holds."""
        plan, counts = self._plan, WorldCounts()
        made = self._make_sketched(shard, counts) if self._pool else render_shard(self._context, shard, plan.shards)
        tail = "" if plan.shards == 1 else f"-{shard:05d}"
        exchanges = made.exchanges
        if plan.sketching is not None:
            exchanges = exchanges.replace_schema_metadata({FOLD_KEY: str(FOLD_VERSION)})
        _write_table(exchanges, plan.world / f"exchanges{tail}.parquet")
        _write_table(made.truth_exchanges, plan.truth / f"exchanges{tail}.parquet")
        _write_table(made.accounts, plan.people / f"accounts{tail}.parquet")
        _write_table(made.truth_accounts, plan.people / f"truth{tail}.parquet")
        _count_rows(made, counts)
        return counts

    def _make_sketched(self, shard: int, counts: WorldCounts) -> ShardTables:
        context, pool, sketching = self._context, self._pool, self._plan.sketching
        if pool is None or sketching is None:
            raise ValueError("this world is made with texts")
        made = make_shard(context, shard, self._plan.shards)
        columns = made.exchanges
        offering = np.array([bool(names) for names in made.codes["tool_names"].values])
        sketched = compose_sketches(
            pool, sketching, columns["system"], columns["template"], columns["task"], offering[columns["tool_names"]]
        )
        counts.cut += sketched.cut
        names = draw_exchange_ids(np.random.default_rng([context.seed, 6, shard]), len(columns["account"]))
        shown = {"exchange_id": names, **sketched.columns}
        return ShardTables(
            build_exchange_table(made, shown, sketched.characters, TRAFFIC),
            *build_account_tables(made),
            build_truth_table(made, names),
        )


_makers: list[ShardMaker] = []
"""The one maker of a worker process."""


def _start_worker(plan: WorldPlan) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _makers.append(ShardMaker(plan))


def _make_in_worker(shard: int) -> WorldCounts:
    return _makers[0].make(shard)


def _make_all_shards(plan: WorldPlan, workers: int) -> Iterator[WorldCounts]:
    """Make all shards, and yield what each holds as it is done."""
    if min(workers, plan.shards) <= 1:
        maker = ShardMaker(plan)
        for shard in range(plan.shards):
            yield maker.make(shard)
        return
    others = set(active_children())
    executor = ProcessPoolExecutor(
        min(workers, plan.shards), mp_context=get_context("spawn"), initializer=_start_worker, initargs=(plan,)
    )
    whole = False
    try:
        for done in as_completed([executor.submit(_make_in_worker, shard) for shard in range(plan.shards)]):
            yield done.result()
        whole = True
    finally:
        if not whole:
            for worker in set(active_children()) - others:
                worker.terminate()
        executor.shutdown(wait=True, cancel_futures=True)


def _write_world_files(plan: WorldPlan, counts: WorldCounts) -> None:
    """Write what is of the whole world: its accounts in one file, the releases, and how it was made."""
    tables = [
        [pq.read_table(path) for path in sorted(plan.people.glob(f"{name}*.parquet"))] for name in ("accounts", "truth")
    ]
    accounts, truth = sort_accounts(*tables)
    _write_table(accounts, plan.world / "accounts.parquet")
    _write_table(truth, plan.truth / "accounts.parquet")
    _write_releases(list_releases(plan.scenario), plan.world)
    about: dict[str, Any] = {
        "scenario": msgspec.to_builtins(plan.scenario),
        "seed": plan.seed,
        "hydrometer": __version__,
        "texts": plan.sketching is None,
        "accounts": counts.accounts.total(),
        "exchanges": counts.exchanges.total(),
        "harvested": counts.harvested.total(),
        "accounts_by_kind": dict(sorted(counts.accounts.items())),
        "exchanges_by_kind": dict(sorted(counts.exchanges.items())),
        "harvested_by_operator": dict(sorted(counts.harvested.items())),
        "sketches_cut": counts.cut,
    }
    write_whole(plan.truth / "world.json", orjson.dumps(about, option=orjson.OPT_INDENT_2) + b"\n")
    shutil.rmtree(plan.people)


def _count_rows(made: ShardTables, counts: WorldCounts) -> None:
    truth = made.truth_accounts
    kinds = np.where(truth["operator"].to_numpy() == "", truth["kind"].to_numpy(), truth["operator"].to_numpy())
    names, kind_index = np.unique(kinds.astype(str), return_inverse=True)
    account = made.exchanges["account_id"].combine_chunks()
    sent = np.bincount(account.indices.to_numpy(), minlength=len(kinds))
    by_kind = np.bincount(kind_index, weights=sent, minlength=len(names)).astype(np.int64)
    counts.accounts.update(dict(zip(names.tolist(), np.bincount(kind_index).tolist(), strict=True)))
    counts.exchanges.update(dict(zip(names.tolist(), by_kind.tolist(), strict=True)))
    campaign = made.truth_exchanges["campaign"].combine_chunks()
    harvest_sizes = np.bincount(campaign.indices.drop_null().to_numpy(), minlength=len(campaign.dictionary))
    harvest = zip(campaign.dictionary.to_pylist(), harvest_sizes.tolist(), strict=True)
    counts.harvested.update({name: rows for name, rows in harvest if rows})


def _write_table(table: pa.Table, path: Path) -> None:
    """Write a table; dictionaries become plain columns, for the file keeps no Arrow schema."""
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=1,
        row_group_size=ROW_GROUP,
        use_dictionary=[name for name in table.column_names if name not in _HASHES],
        store_schema=False,
        use_compliant_nested_type=False,
    )


def _write_releases(models: list[dict[str, str]], folder: Path) -> None:
    write_whole(folder / "models.json", orjson.dumps(models, option=orjson.OPT_INDENT_2) + b"\n")
