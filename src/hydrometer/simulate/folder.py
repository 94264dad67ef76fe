"""A labelled world as a folder: made part by part in worker processes, so that memory does not grow with its size.

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

from hydrometer.contract.errors import InputError
from hydrometer.contract.fingerprints import TRAFFIC
from hydrometer.simulate.commons import Commons
from hydrometer.simulate.parts import count_parts, expected_exchanges, make_part
from hydrometer.simulate.scenario import check
from hydrometer.simulate.sketching import compose_sketches
from hydrometer.simulate.stock import Stock
from hydrometer.simulate.tables import account_tables, exchange_ids, exchange_table, truth_table
from hydrometer.simulate.world import PartTables, releases, sorted_accounts, written_part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydrometer.contract.progress import Progress
    from hydrometer.simulate.scenario import Scenario
    from hydrometer.simulate.stock import Sketching
    from hydrometer.simulate.world import World

ROW_GROUP = 65_536
LEAST_TASKS, MOST_TASKS = 2_000, 24_000
"""Bounds of the pool of real tasks that stands for all of a sketched world."""
_HASHES = ("sketch", "prompt_hash", "lead_hash", "tail_hash", "exchange_id", "started_at")
"""Columns with a value of its own in most rows, for which Parquet need keep no dictionary."""


@dataclass(slots=True)
class Counts:
    """What a world, or a part of it, holds: accounts and exchanges by archetype or operator, and the harvest."""

    accounts: Counter[str] = field(default_factory=Counter)
    exchanges: Counter[str] = field(default_factory=Counter)
    harvested: Counter[str] = field(default_factory=Counter)
    cut: int = 0
    """Sketches that kept fewer hashes than they had."""

    def add(self, other: Counts) -> None:
        """Count the other in."""
        self.accounts += other.accounts
        self.exchanges += other.exchanges
        self.harvested += other.harvested
        self.cut += other.cut


def truth_of(folder: Path) -> Path:
    """Return where the truth about a world lies."""
    return folder.with_name(f"{folder.name}.truth")


def refuse_occupied(folder: Path) -> None:
    """Refuse a folder for a world in which, or in whose truth, there is something already.

    Raises:
        InputError: there is.
    """
    for place in (folder, truth_of(folder)):
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise InputError("is not an empty folder", file=str(place), mend="Name a new folder.")


def write_world(world: World, folder: Path) -> None:
    """Write a world that is in memory: `folder` (exchanges.parquet, accounts.parquet, models.json) and its truth."""
    truth = truth_of(folder)
    folder.mkdir(parents=True, exist_ok=True)
    truth.mkdir(parents=True, exist_ok=True)
    for table, place in (
        (world.exchanges, folder / "exchanges.parquet"),
        (world.accounts, folder / "accounts.parquet"),
        (world.truth_accounts, truth / "accounts.parquet"),
        (world.truth_exchanges, truth / "exchanges.parquet"),
    ):
        pq.write_table(table, place, compression="zstd", compression_level=12, row_group_size=ROW_GROUP)
    _write_releases(world.releases, folder)


def make_folder(
    scenario: Scenario,
    seed: int,
    folder: Path,
    *,
    sketching: Sketching | None,
    workers: int,
    version: str,
    progress: Progress,
) -> Counts:
    """Make the world of a scenario and a seed as a folder, with texts, or with fingerprints if `sketching` is given.

    The files are the same for any number of workers. A world of one part is `exchanges.parquet`, a larger one
    `exchanges-00000.parquet` and so on, each with all kinds of accounts over the whole time.

    Raises:
        InputError: the scenario cannot be made, or there is something in the folder or in that of the truth.
    """
    check(scenario)
    refuse_occupied(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    progress.stage("simulate", round(expected_exchanges(scenario)))
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent, ignore_cleanup_errors=True) as held:
        job = Job(scenario, seed, count_parts(scenario), Path(held), sketching)
        for place in (job.world, job.truth, job.people):
            place.mkdir()
        counts = Counts()
        for made in _made(job, workers):
            counts.add(made)
            progress.advance(made.exchanges.total())
        _finish(job, counts, version)
        for made_at, place in ((job.truth, truth_of(folder)), (job.world, folder)):
            if place.exists():
                place.rmdir()
            made_at.rename(place)
    return counts


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker must know to make any part of a world."""

    scenario: Scenario
    seed: int
    parts: int
    held: Path
    sketching: Sketching | None

    @property
    def world(self) -> Path:
        return self.held / "world"

    @property
    def truth(self) -> Path:
        return self.held / "truth"

    @property
    def people(self) -> Path:
        return self.held / "people"


class Maker:
    """Makes parts of a world, one after another, and writes each as files of its own."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._commons = Commons(job.scenario, job.seed)
        self._stock: Stock | None = None
        if job.sketching is not None:
            tasks = int(min(MOST_TASKS, max(LEAST_TASKS, expected_exchanges(job.scenario) / 4)))
            self._stock = Stock(self._commons.repertoire, job.sketching, tasks)

    def make(self, part: int) -> Counts:
        """Make and write a part; returns what it holds."""
        job, counts = self._job, Counts()
        made = self._sketched(part, counts) if self._stock else written_part(self._commons, part, job.parts)
        tail = "" if job.parts == 1 else f"-{part:05d}"
        _write(made.exchanges, job.world / f"exchanges{tail}.parquet")
        _write(made.truth_exchanges, job.truth / f"exchanges{tail}.parquet")
        _write(made.accounts, job.people / f"accounts{tail}.parquet")
        _write(made.truth_accounts, job.people / f"truth{tail}.parquet")
        _count(made, counts)
        return counts

    def _sketched(self, part: int, counts: Counts) -> PartTables:
        commons, stock, sketching = self._commons, self._stock, self._job.sketching
        if stock is None or sketching is None:
            raise ValueError("this world is made with texts")
        made = make_part(commons, part, self._job.parts)
        columns = made.exchanges
        offering = np.array([bool(names) for names in commons.codes["tool_names"].values])
        sketched = compose_sketches(
            stock, sketching, columns["system"], columns["wording"], columns["task"], offering[columns["tool_names"]]
        )
        counts.cut += sketched.cut
        names = exchange_ids(np.random.default_rng([commons.seed, 6, part]), len(columns["account"]))
        shown = {"exchange_id": names, **sketched.columns}
        return PartTables(
            exchange_table(commons, made, shown, sketched.characters, TRAFFIC),
            *account_tables(made),
            truth_table(commons, made, names),
        )


_makers: list[Maker] = []
"""The one maker of a worker process."""


def _begin(job: Job) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _makers.append(Maker(job))


def _make(part: int) -> Counts:
    return _makers[0].make(part)


def _made(job: Job, workers: int) -> Iterator[Counts]:
    """Make all parts; yields what each holds as it is done."""
    if min(workers, job.parts) <= 1:
        maker = Maker(job)
        for part in range(job.parts):
            yield maker.make(part)
        return
    others = set(active_children())
    pool = ProcessPoolExecutor(
        min(workers, job.parts), mp_context=get_context("spawn"), initializer=_begin, initargs=(job,)
    )
    whole = False
    try:
        for done in as_completed([pool.submit(_make, part) for part in range(job.parts)]):
            yield done.result()
        whole = True
    finally:
        if not whole:
            for worker in set(active_children()) - others:
                worker.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


def _finish(job: Job, counts: Counts, version: str) -> None:
    """Write what is of the whole world: its accounts in one file, the releases, and how it was made."""
    found = [
        [pq.read_table(path) for path in sorted(job.people.glob(f"{name}*.parquet"))] for name in ("accounts", "truth")
    ]
    accounts, truth = sorted_accounts(*found)
    _write(accounts, job.world / "accounts.parquet")
    _write(truth, job.truth / "accounts.parquet")
    _write_releases(releases(job.scenario), job.world)
    about: dict[str, Any] = {
        "scenario": msgspec.to_builtins(job.scenario),
        "seed": job.seed,
        "hydrometer": version,
        "texts": job.sketching is None,
        "accounts": counts.accounts.total(),
        "exchanges": counts.exchanges.total(),
        "harvested": counts.harvested.total(),
        "accounts_by_kind": dict(sorted(counts.accounts.items())),
        "exchanges_by_kind": dict(sorted(counts.exchanges.items())),
        "harvested_by_operator": dict(sorted(counts.harvested.items())),
        "sketches_cut": counts.cut,
    }
    (job.truth / "world.json").write_bytes(orjson.dumps(about, option=orjson.OPT_INDENT_2) + b"\n")
    shutil.rmtree(job.people)


def _count(made: PartTables, counts: Counts) -> None:
    truth = made.truth_accounts
    kinds = np.where(truth["operator"].to_numpy() == "", truth["kind"].to_numpy(), truth["operator"].to_numpy())
    names, place = np.unique(kinds.astype(str), return_inverse=True)
    account = made.exchanges["account_id"].combine_chunks()
    sent = np.bincount(account.indices.to_numpy(), minlength=len(kinds))
    by_kind = np.bincount(place, weights=sent, minlength=len(names)).astype(np.int64)
    counts.accounts.update(dict(zip(names.tolist(), np.bincount(place).tolist(), strict=True)))
    counts.exchanges.update(dict(zip(names.tolist(), by_kind.tolist(), strict=True)))
    campaign = made.truth_exchanges["campaign"].combine_chunks()
    taken = np.bincount(campaign.indices.drop_null().to_numpy(), minlength=len(campaign.dictionary))
    harvest = zip(campaign.dictionary.to_pylist(), taken.tolist(), strict=True)
    counts.harvested.update({name: rows for name, rows in harvest if rows})


def _write(table: pa.Table, path: Path) -> None:
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
    (folder / "models.json").write_bytes(orjson.dumps(models, option=orjson.OPT_INDENT_2) + b"\n")
