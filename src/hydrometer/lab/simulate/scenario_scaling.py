"""A scenario at another size: more accounts, more exchanges, more days, operators apart from the honest side or with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from hydrometer.contract import InputError
from hydrometer.lab.simulate.scenario import check_scenario
from hydrometer.lab.simulate.shards import count_shards, make_shard
from hydrometer.lab.simulate.world_context import WorldContext

if TYPE_CHECKING:
    from hydrometer.lab.simulate.scenario import OperatorSpec, Scenario

NEAR = 0.05
"""Exchanges come within this share of what was asked for."""
_CLOSE = 0.01
_ROUNDS = 10
_SAMPLE = 3
"""Parts that are drawn, without texts, to see how many exchanges a world has."""


@dataclass(frozen=True, slots=True)
class WorldSize:
    """What is asked for; None keeps what the scenario says."""

    accounts: int | None = None
    """Of the whole world, in the scenario's proportions."""
    exchanges: int | None = None
    """Of the whole world; how busy everybody is, is scaled alike."""
    days: int | None = None
    operator_accounts: int | None = None
    """Of all operators, in their proportions, apart from the honest side."""
    harvested: int | None = None
    """Exchanges that the operators harvest, in their proportions, apart from the honest side."""


@dataclass(frozen=True, slots=True)
class _ExchangeVolumes:
    """How many exchanges a world is expected to have, by whose they are."""

    honest: float
    """Exchanges of honest accounts."""
    operated: float
    """Exchanges of operators' accounts."""
    harvested: float


def scale_scenario(scenario: Scenario, size: WorldSize, seed: int) -> Scenario:
    """Return the scenario at a size; `seed` is that of the world, whose volumes are drawn to be measured.

    Raises:
        InputError: the size is impossible, or so many exchanges cannot be had of so many accounts.
    """
    for name in ("accounts", "exchanges", "days", "operator_accounts", "harvested"):
        requested = getattr(size, name)
        if requested is not None and requested < 1:
            raise InputError(f"{requested} is not possible", column=name, mend="Ask for 1 or more.")
    if not scenario.operators and (size.operator_accounts or size.harvested):
        raise InputError(f"the scenario {scenario.name} has no operator", mend="Choose another scenario.")
    if size.days is not None:
        scenario = _stretch_days(scenario, size.days)
    if size.accounts is not None or size.operator_accounts is not None:
        scenario = _scale_accounts(scenario, size)
    check_scenario(scenario)
    if size.exchanges is not None or size.harvested is not None:
        scenario = _scale_volumes(scenario, size, seed)
    return scenario


def _stretch_days(scenario: Scenario, days: int) -> Scenario:
    """Return the scenario over other days: what happens on a day happens at the same share of the span."""
    times = days / scenario.days

    def stretch_day(day: float | None) -> float | None:
        return None if day is None else day * times

    def stretch_operator(spec: OperatorSpec) -> OperatorSpec:
        return replace(
            spec,
            start_day=spec.start_day * times,
            stop_day=spec.stop_day * times,
            search_days=spec.search_days * times,
            ban_day=stretch_day(spec.ban_day),
            churn_days=spec.churn_days * times,
        )

    return replace(
        scenario,
        days=days,
        # A model is out for a day at the least, however short the world.
        release_day=None if scenario.release_day is None else min(scenario.release_day * times, days - 1.0),
        outage_day=stretch_day(scenario.outage_day),
        outages=tuple(day * times for day in scenario.outages),
        operators=tuple(stretch_operator(spec) for spec in scenario.operators),
    )


def _scale_accounts(scenario: Scenario, size: WorldSize) -> Scenario:
    """Return the scenario with so many accounts; what an operator has per account stays in proportion."""
    now = [spec.accounts for spec in scenario.operators]
    total = scenario.honest + sum(now)
    accounts = size.accounts if size.accounts is not None else None
    operated = size.operator_accounts
    if operated is None:
        operated = max(len(now), round(sum(now) * (accounts or total) / total))
    if operated < len(now):
        raise InputError(
            f"{operated} accounts are too few for {len(now)} operators",
            column="operator_accounts",
            mend="Ask for more.",
        )
    shares = _apportion_total(now, operated)
    honest = scenario.honest if accounts is None else accounts - sum(shares)
    if honest < 1:
        raise InputError("no account is left for honest customers", column="accounts", mend="Ask for more accounts.")
    specs = tuple(
        replace(
            spec,
            accounts=share,
            customers=max(1, round(spec.customers * share / spec.accounts)),
            addresses=max(1, round(spec.addresses * share / spec.accounts)),
        )
        for spec, share in zip(scenario.operators, shares, strict=True)
    )
    return replace(scenario, honest=honest, operators=specs)


def _apportion_total(now: list[int], total: int) -> list[int]:
    """Return whole numbers in the proportions of `now`, at least 1 each, that add to `total` (largest remainders)."""
    if not now:
        return []
    exact = np.array(now) / sum(now) * (total - len(now))
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - len(now) - int(whole.sum())]] += 1
    return [int(share) + 1 for share in whole]


def _scale_volumes(scenario: Scenario, size: WorldSize, seed: int) -> Scenario:
    """Return the scenario with volumes and rates that give the exchanges asked for."""
    best, nearest = scenario, np.inf
    for _ in range(_ROUNDS):
        volume = _measure_volumes(scenario, seed)
        harvest = volume.harvested / size.harvested if size.harvested else 1.0
        if size.harvested is None:
            honest = operated = (volume.honest + volume.operated) / (size.exchanges or 1)
        else:
            operated = harvest
            rest = None if size.exchanges is None else size.exchanges - volume.operated / harvest
            if rest is not None and rest <= 0:
                raise InputError(
                    f"the operators alone would send {volume.operated / harvest:,.0f} exchanges",
                    column="exchanges",
                    mend="Ask for more exchanges or for less harvest.",
                )
            honest = 1.0 if rest is None else volume.honest / rest
        whole = 1.0 if size.exchanges is None else (volume.honest + volume.operated) / size.exchanges
        off = max(abs(whole - 1), abs(harvest - 1))
        if off < nearest:
            best, nearest = scenario, off
        if off < _CLOSE:
            break
        scenario = _multiply_volumes(scenario, 1 / honest, 1 / operated if operated else 1.0)
    if nearest > NEAR:
        raise InputError(
            f"so many exchanges cannot be had of these accounts; the nearest was {nearest:.0%} off",
            column="exchanges" if size.harvested is None else "harvested",
            mend="Ask for other numbers of accounts or exchanges.",
        )
    return best


def _multiply_volumes(scenario: Scenario, honest: float, operated: float) -> Scenario:
    specs = tuple(
        replace(spec, rate=spec.rate * operated, search_rate=spec.search_rate * operated, warmup=spec.warmup * operated)
        for spec in scenario.operators
    )
    return replace(scenario, volume=scenario.volume * honest, operators=specs)


def _measure_volumes(scenario: Scenario, seed: int) -> _ExchangeVolumes:
    """Draw some parts of the world, or the only one, and return what the whole would hold."""
    context, shards = WorldContext(scenario, seed), count_shards(scenario)
    sampled = np.unique(np.linspace(0, shards - 1, min(shards, _SAMPLE)).astype(int)).tolist()
    honest = operated = harvested = 0
    for number in sampled:
        shard = make_shard(context, number, shards)
        by_operator = (shard.accounts["operator"] != "")[shard.exchanges["account"]]
        operated += int(by_operator.sum())
        honest += int((~by_operator).sum())
        harvested += int((shard.exchanges["campaign"] != shard.codes["campaign"](None)).sum())
    times = shards / len(sampled)
    return _ExchangeVolumes(honest * times, operated * times, harvested * times)
