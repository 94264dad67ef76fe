"""A world in shards: each holds its share of every archetype and of every operator, so that a shard is a small world.

A shard can be made by itself, of the scenario, the seed and its number; what shards share comes from `WorldContext`. A file
of a large world is a shard, so neither the number of a file nor the order of its rows says anything of guilt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from hydrometer.contract import InputError
from hydrometer.lab.simulate import operator_traffic
from hydrometer.lab.simulate.archetype_plugins import find_default_shares, load_archetypes
from hydrometer.lab.simulate.arrival_times import DAY, HOUR
from hydrometer.lab.simulate.cohort_builder import CohortBuilder
from hydrometer.lab.simulate.world_context import ShardState

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from hydrometer.lab.simulate.networks import IntArray, ObjectArray
    from hydrometer.lab.simulate.scenario import OperatorSpec, Scenario
    from hydrometer.lab.simulate.world_context import ValueCodes, WorldContext

EXCHANGES_PER_SHARD = 200_000
"""Exchanges expected in a shard; a world of fewer than twice as many is one."""
FORTNIGHT = 14


@dataclass(frozen=True, slots=True)
class WorldShard:
    """The accounts of a shard and their exchanges, in order of time; texts are references."""

    accounts: dict[str, ObjectArray]
    exchanges: dict[str, npt.NDArray[Any]]
    """`account` holds rows of `accounts`; `exchange_id` comes when the tables are made."""
    codes: Mapping[str, ValueCodes]
    """What the numbers of the few-valued columns stand for."""


def allot_accounts(scenario: Scenario) -> dict[str, int]:
    """Return how many accounts each archetype gets: its share of the honest accounts, and the rest persons.

    Raises:
        InputError: the scenario names an unknown archetype, or shares add to more than 1.
    """
    shares = find_default_shares()
    unknown = sorted(set(scenario.shares) - set(shares))
    if unknown:
        raise InputError(
            f"no such archetype: {', '.join(unknown)}", mend=f"Known are {', '.join(shares)}.", column="shares"
        )
    counts = {
        kind: round(scenario.shares.get(kind, share) * scenario.honest)
        for kind, share in shares.items()
        if kind != "person"
    }
    counts["person"] = scenario.honest - sum(counts.values())
    if counts["person"] < 0 or min(counts.values()) < 0:
        raise InputError("the shares add to more than 1, or one is negative", mend="Lower them.", column="shares")
    return counts


def estimate_exchanges(scenario: Scenario) -> float:
    """Return about how many exchanges the world has, from the archetypes' means and the operators' rates."""
    modules = load_archetypes()
    span = scenario.days / FORTNIGHT
    honest = sum(count * float(modules[kind].MEAN) for kind, count in allot_accounts(scenario).items())
    return honest * span * scenario.volume + sum(
        estimate_harvest(scenario, spec) / (1 - spec.innocent) for spec in scenario.operators
    )


def estimate_harvest(scenario: Scenario, spec: OperatorSpec) -> float:
    """Return about how many exchanges an operator harvests."""
    days = spec.churn_days or min(scenario.days, spec.stop_day) - spec.start_day
    return spec.accounts * spec.rate * days


def count_shards(scenario: Scenario) -> int:
    """Return into how many shards the world is cut."""
    return max(1, int(estimate_exchanges(scenario) / EXCHANGES_PER_SHARD))


def make_shard(context: WorldContext, shard: int, shards: int) -> WorldShard:
    """Make one shard of a world."""
    scenario, seed = context.scenario, context.seed
    state = ShardState(shard, shards)
    cohorts: list[CohortBuilder] = []
    counts = allot_accounts(scenario)
    modules = load_archetypes()

    def begin_cohort(label: int, name: str, whole: int) -> tuple[CohortBuilder, int]:
        first, stop = (whole * at // shards for at in (shard, shard + 1))
        key = (seed, label, crc32(name.encode())) if shards == 1 else (seed, label, crc32(name.encode()), shard)
        return CohortBuilder(context, state, key, accounts_before=first, accounts_in_world=whole), stop - first

    for kind in sorted(modules, key=lambda k: k != "person"):
        cohort, count = begin_cohort(2, kind, counts[kind])
        if count:
            modules[kind].populate(cohort, count)
            cohorts.append(cohort)
    for spec in scenario.operators:
        cohort, count = begin_cohort(3, spec.name, spec.accounts)
        if count:
            operator_traffic.populate_operator(cohort, spec, count)
            cohorts.append(cohort)
    return _assemble_shard(context, state, cohorts)


def _assemble_shard(context: WorldContext, state: ShardState, cohorts: list[CohortBuilder]) -> WorldShard:
    people: dict[str, list[ObjectArray]] = {}
    traffic: dict[str, list[Any]] = {}
    base = 0
    for cohort in cohorts:
        accounts, exchanges = cohort.collect_columns()
        for name, values in accounts.items():
            people.setdefault(name, []).append(values)
        for name, values in exchanges.items():
            traffic.setdefault(name, []).append(values + base if name == "account" else values)
        base += cohort.count
    account_columns = {name: np.concatenate(parts) for name, parts in people.items()}
    columns = {name: np.concatenate(parts) for name, parts in traffic.items()}
    at, keep = _apply_outage(context, columns["started_at"], np.random.default_rng([context.seed, 4, state.shard]))
    columns["started_at"] = at
    order = np.flatnonzero(keep)
    order = order[np.argsort(at[order], kind="stable")]
    columns = {name: values[order] for name, values in columns.items()}
    first = np.full(base, np.iinfo(np.int64).max)
    np.minimum.at(first, columns["account"], columns["started_at"])
    account_columns["created_at"] = np.minimum(account_columns["created_at"].astype(np.int64), first - 60_000_000)
    return WorldShard(account_columns, columns, state.codes)


def _apply_outage(
    context: WorldContext, at: IntArray, rng: np.random.Generator
) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Return times and which exchanges remain: in an outage three in five are lost, the others come when it ends."""
    scenario, start, stop = context.scenario, context.start, context.stop
    keep = (at >= start) & (at < stop)
    days = () if scenario.outage_day is None else (scenario.outage_day,)
    for day in (*days, *scenario.outages):
        begin = start + int(day * DAY)
        end = begin + int(scenario.outage_hours * HOUR)
        struck = (at >= begin) & (at < end)
        lost = struck & (rng.random(len(at)) < 0.6)
        waited = end + (rng.exponential(0.25 * HOUR, len(at))).astype(np.int64)
        at, keep = np.where(struck, waited, at), keep & ~lost & (~struck | (waited < stop))
    return at, keep
