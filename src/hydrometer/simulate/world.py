"""Makes a labelled world of a scenario and a seed, and writes it as a folder that `detect` reads."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from hydrometer.contract.accounts import ACCOUNTS
from hydrometer.contract.errors import InputError
from hydrometer.contract.exchanges import EXCHANGES
from hydrometer.simulate import archetypes, clients, operator
from hydrometer.simulate.clock import DAY, HOUR
from hydrometer.simulate.draft import MODELS, Draft, Shared, ids
from hydrometer.simulate.networks import Internet
from hydrometer.simulate.scenario import check
from hydrometer.simulate.texts.corpus import make_popular
from hydrometer.simulate.texts.grammar import Dice

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from hydrometer.simulate.networks import ObjectArray
    from hydrometer.simulate.scenario import Scenario

TRUTH_ACCOUNTS = pa.schema([("account_id", pa.string()), ("operator", pa.string()), ("kind", pa.string())])
TRUTH_EXCHANGES = pa.schema([("exchange_id", pa.string()), ("campaign", pa.string()), ("beneficiary", pa.string())])


@dataclass(frozen=True, slots=True)
class World:
    """A simulated world with its truth; operator `''` is an honest account, a null campaign an innocent exchange."""

    exchanges: pa.Table
    accounts: pa.Table
    truth_accounts: pa.Table
    truth_exchanges: pa.Table
    releases: list[dict[str, str]]
    """The contents of models.json."""
    slots: pa.Array
    """The task inside each exchange's prompt, row by row as in `exchanges`."""


def honest_archetypes() -> dict[str, ModuleType]:
    """Return every archetype by its kind, in order of name; found by walking the folder."""
    found = [
        importlib.import_module(f"{archetypes.__name__}.{m.name}") for m in pkgutil.iter_modules(archetypes.__path__)
    ]
    return {module.KIND: module for module in sorted(found, key=lambda m: str(m.KIND))}


def head_counts(scenario: Scenario) -> dict[str, int]:
    """Return how many accounts each archetype gets: its share of the honest accounts, and the rest persons.

    Raises:
        InputError: the scenario names an unknown archetype, or shares add to more than 1.
    """
    known = honest_archetypes()
    unknown = sorted(set(scenario.shares) - set(known))
    if unknown:
        raise InputError(
            f"no such archetype: {', '.join(unknown)}", mend=f"Known are {', '.join(known)}.", column="shares"
        )
    shares = {kind: scenario.shares.get(kind, module.SHARE) for kind, module in known.items() if kind != "person"}
    counts = {kind: round(share * scenario.honest) for kind, share in shares.items()}
    counts["person"] = scenario.honest - sum(counts.values())
    if counts["person"] < 0 or min(counts.values()) < 0:
        raise InputError("the shares add to more than 1, or one is negative", mend="Lower them.", column="shares")
    return counts


def make_world(scenario: Scenario, seed: int) -> World:
    """Return the world of a scenario and a seed; the same two give the same tables.

    Raises:
        InputError: the scenario cannot be made (a setting out of its range, an unknown archetype, shares above 1).
    """
    check(scenario)
    rng = np.random.default_rng([seed, 0])
    shared = Shared(Internet(rng), make_popular(Dice(np.random.default_rng([seed, 1]))), [])
    drafts: list[Draft] = []
    counts = head_counts(scenario)
    known = honest_archetypes()
    for kind in sorted(counts, key=lambda k: (k != "person", k)):
        if counts[kind]:
            draft = Draft(scenario, shared, (seed, 2, crc32(kind.encode())))
            known[kind].populate(draft, counts[kind])
            drafts.append(draft)
    for spec in scenario.operators:
        draft = Draft(scenario, shared, (seed, 3, crc32(spec.name.encode())))
        operator.populate(draft, spec)
        drafts.append(draft)
    return _assemble(scenario, drafts, np.random.default_rng([seed, 4]))


def _assemble(scenario: Scenario, drafts: list[Draft], rng: np.random.Generator) -> World:
    people: dict[str, list[ObjectArray]] = {}
    traffic: dict[str, list[Any]] = {}
    base = 0
    for draft in drafts:
        accounts, exchanges = draft.finished()
        for name, values in accounts.items():
            people.setdefault(name, []).append(values)
        for name, values in exchanges.items():
            traffic.setdefault(name, []).append(values + base if name == "account" else values)
        base += draft.count
    account_columns = {name: np.concatenate(parts) for name, parts in people.items()}
    columns = {name: np.concatenate(parts) for name, parts in traffic.items()}
    start = drafts[0].start
    at, keep = _outage(scenario, columns["started_at"].astype(np.int64), start, drafts[0].stop, rng)
    columns["started_at"] = at
    order = np.flatnonzero(keep)[np.lexsort((columns["account"][keep], at[keep]))]
    columns = {name: values[order] for name, values in columns.items()}
    first = np.full(base, np.iinfo(np.int64).max)
    np.minimum.at(first, columns["account"], columns["started_at"])
    made = np.minimum(account_columns["created_at"].astype(np.int64), first - 60_000_000)
    account_columns["created_at"] = made
    return _tables(scenario, account_columns, columns, rng)


def _outage(
    scenario: Scenario, at: np.ndarray[Any, np.dtype[np.int64]], start: int, stop: int, rng: np.random.Generator
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.bool_]]]:
    """Return times and which exchanges remain: in an outage three in five are lost, the others come when it ends."""
    keep = (at >= start) & (at < stop)
    if scenario.outage_day is None:
        return at, keep
    begin = start + int(scenario.outage_day * DAY)
    end = begin + int(scenario.outage_hours * HOUR)
    struck = (at >= begin) & (at < end)
    lost = struck & (rng.random(len(at)) < 0.6)
    waited = end + (rng.exponential(0.25 * HOUR, len(at))).astype(np.int64)
    return np.where(struck, waited, at), keep & ~lost & (~struck | (waited < stop))


def _tables(scenario: Scenario, accounts: dict[str, Any], columns: dict[str, Any], rng: np.random.Generator) -> World:
    rank = np.argsort(accounts["account_id"].astype(str), kind="stable")
    exchange_id = ids(rng, "ex_", len(columns["account"]), 16)
    columns["exchange_id"] = exchange_id
    columns["account_id"] = accounts["account_id"][columns["account"]]
    columns["model"] = np.array(MODELS, dtype=object)[columns["model"]]
    columns["user_agent"] = clients.USER_AGENTS[columns["client"]]
    columns["ja4"] = clients.JA4[columns["tls"]]
    exchanges = pa.table(
        [pa.array(columns[f.name], type=f.type, from_pandas=False) for f in EXCHANGES.schema], schema=EXCHANGES.schema
    )
    account_table = pa.table(
        [pa.array(accounts[f.name][rank], type=f.type) for f in ACCOUNTS.schema], schema=ACCOUNTS.schema
    )
    truth_accounts = pa.table(
        [pa.array(accounts[f.name][rank], type=f.type) for f in TRUTH_ACCOUNTS], schema=TRUTH_ACCOUNTS
    )
    truth_exchanges = pa.table(
        [pa.array(columns[f.name], type=f.type) for f in TRUTH_EXCHANGES], schema=TRUTH_EXCHANGES
    )
    return World(
        exchanges,
        account_table,
        truth_accounts,
        truth_exchanges,
        releases(scenario),
        pa.array(columns["slot"], type=pa.string()),
    )


def releases(scenario: Scenario) -> list[dict[str, str]]:
    """Return the model releases of a scenario, oldest first."""
    day = scenario.release_day if scenario.release_day is not None else -30.0
    dates = (
        scenario.start - timedelta(days=240),
        scenario.start - timedelta(days=200),
        scenario.start + timedelta(days=day),
    )
    return [{"model": m, "released_at": _iso(d)} for m, d in zip(MODELS, dates, strict=True)]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def write_world(world: World, folder: Path) -> None:
    """Write `folder` (exchanges.parquet, accounts.parquet, models.json) and beside it `<folder>.truth`."""
    truth = folder.with_name(folder.name + ".truth")
    folder.mkdir(parents=True, exist_ok=True)
    truth.mkdir(parents=True, exist_ok=True)
    _write(world.exchanges, folder / "exchanges.parquet")
    _write(world.accounts, folder / "accounts.parquet")
    (folder / "models.json").write_bytes(orjson.dumps(world.releases, option=orjson.OPT_INDENT_2) + b"\n")
    _write(world.truth_accounts, truth / "accounts.parquet")
    _write(world.truth_exchanges, truth / "exchanges.parquet")


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd", compression_level=12, row_group_size=65_536)
