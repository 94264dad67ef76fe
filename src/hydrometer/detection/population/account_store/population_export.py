"""A ledger → what the tests read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import SilentProgress
from hydrometer.detection.population.account_store.account_kernels import FACTS
from hydrometer.detection.population.account_store.row_encoder import FLAGGED, REFUSED
from hydrometer.detection.population.account_store.string_hashing import hash_networks
from hydrometer.detection.population.entity_kinds import ENTITY_KINDS
from hydrometer.detection.population.measuring_steps import write_network_sql
from hydrometer.detection.population.memmap_reader import PAGE, read_slice
from hydrometer.detection.population.population import EntityPairs, ExchangeArrays, FragmentIndex, StringColumn
from hydrometer.detection.population.population_assembly import (
    ACCOUNTS,
    assemble_population,
    count_distinct_orgs,
    read_entities,
    read_ints,
)

if TYPE_CHECKING:
    from datetime import datetime

    from hydrometer.contract import Engine, SqlStep
    from hydrometer.detection.population.account_store.account_store import AccountStore
    from hydrometer.detection.population.entity_kinds import EntityKind
    from hydrometer.detection.population.population import Floats, Ints, Population

RARE_SHARE, MANY_ORGS = 0.02, 50
"""A TLS fingerprint so rare among so many users of a client contradicts it; as in the step `account_facts`."""
SOURCES = {
    "address": "client_ip", "network": "client_ip", "end_user": "end_user_id", "session": "session_id",
    "asn": "client_asn", "ja4": "ja4", "user_agent": "user_agent", "tools": "tools",
}  # fmt: skip


def export_population(
    store: AccountStore,
    engine: Engine,
    steps: list[SqlStep],
    *,
    columns: frozenset[str],
    releases: dict[str, datetime],
) -> Population:
    """Number accounts and values as the steps do, and assemble.

    Args:
        steps: the measuring steps, of which those that read accounts alone are run.
    """
    ids = store.encoder.accounts.ids().take(pa.array(store.accounts))
    engine.add_table("traffic_once", pa.table({"account_id": ids}))
    alone = {"account"} | {f"entity_{kind.name}" for kind in ENTITY_KINDS if kind.name not in SOURCES}
    engine.run([step for step in steps if step.name in alone], SilentProgress())
    account = engine.arrow(ACCOUNTS)
    # Accounts are numbered by id: the same order as of the sorted ids.
    order = np.asarray(pc.sort_indices(ids))
    number = np.full(int(store.accounts.max(initial=-1)) + 1, -1, np.int64)
    number[store.accounts[order]] = np.arange(order.size)
    org = read_ints(account, "org_no")
    facts, column = _average_facts(store, order), {name: column.memory_map() for name, column in store.columns.items()}
    facts["contradictions"] = _measure_contradictions(store, number, org)
    flags = np.asarray(column["flags"])
    events = ExchangeArrays(
        starts=store.starts[order],
        counts=store.counts[order],
        time=column["time"],
        demand=flags & FLAGGED != 0,
        confidence=column["confidence"],
        leans=np.zeros(flags.size, np.bool_),
        kind=np.array(column["kind"]),
        model=column["model"],
        prompt=column["prompt"],
        refused=flags & REFUSED != 0,
        capability=column["capability"],
    )
    wordings = store.shingle_fragments
    fragments = FragmentIndex(
        orgs=wordings.orgs,
        prompts=wordings.prompts,
        exchanges=wordings.exchanges,
        lean=np.zeros(wordings.orgs.size),
        carried=column["carried"],
        lengths=column["lengths"],
        starts=store.fragment_starts[order],
        own=column["own"],
        uses=column["own_uses"],
        own_starts=(np.cumsum(store.own_counts) - store.own_counts)[order],
        own_counts=store.own_counts[order],
        repeated=store.repeated_prompts,
        repeats=store.repeats,
        templated=store.templated,
    )
    names, uses = store.encoder.codes["model"].names, np.zeros(len(store.encoder.codes["model"].names), np.int64)
    for at in range(0, flags.size, PAGE):
        uses += np.bincount(read_slice(events.model, at, min(at + PAGE, flags.size)), minlength=uses.size)
    models = sorted(name for name, times in zip(names, uses.tolist(), strict=True) if times)
    by_name = {name: number for number, name in enumerate(models)}
    of_model = np.array([by_name.get(name, -1) for name in names], np.int32)
    if not np.array_equal(of_model, np.arange(of_model.size)):
        events = replace(events, model=of_model[events.model])
    return assemble_population(
        account,
        facts=facts,
        entities={
            kind.name: _build_entities(store, engine, kind, number, org)
            if kind.name in SOURCES
            else read_entities(engine, kind)
            for kind in ENTITY_KINDS
            if columns.issuperset(kind.needs)
        },
        events=events,
        fragments=fragments,
        models=models,
        columns=columns,
        releases=releases,
    )


def _average_facts(store: AccountStore, order: Any) -> dict[str, Floats]:
    whole = {name: store.facts[order, index].astype(np.float64) for index, name in enumerate(FACTS)}
    with np.errstate(invalid="ignore"):
        return {
            **{
                name: whole[name]
                for name in (
                    "exchanges", "first_seen", "last_seen", "active_days", "active_hours", "hours_of_day", "addresses",
                    "networks", "user_agents", "end_users", "languages", "prompts", "sessions", "with_address", "successions",
                )
            },
            "single_turn": whole["single_turn"] / whole["turns_known"],
            "output_tokens": whole["output"] / whole["output_known"],
            "input_tokens": whole["input"] / whole["input_known"],
            "reasoning_tokens": whole["reasoning"] / whole["reasoning_known"],
            "refused": whole["refused"] / whole["exchanges"],
            "demand": whole["demand"] / whole["exchanges"],
        }  # fmt: skip


def _measure_contradictions(store: AccountStore, number: Any, org: Ints) -> Floats:
    """Share of each account's exchanges whose TLS fingerprint is foreign to the client; NaN without both."""
    account, client, uses = store.uses["client"]
    account = number[account]
    clients, of_pair = np.unique(client, return_inverse=True)
    orgs = count_distinct_orgs(org[account], of_pair, clients.size)
    _, of_agent = np.unique(clients >> np.uint64(32), return_inverse=True)
    agent_orgs = np.bincount(of_agent, weights=orgs)[of_agent]
    odd = (orgs / agent_orgs < RARE_SHARE) & (agent_orgs >= MANY_ORGS)
    total = np.bincount(account, weights=uses, minlength=org.size)
    foreign = np.bincount(account, weights=uses * odd[of_pair], minlength=org.size)
    with np.errstate(invalid="ignore"):
        share: Floats = foreign / total
    return share


def _build_entities(store: AccountStore, engine: Engine, kind: EntityKind, number: Any, org: Ints) -> EntityPairs:
    account, value, uses = store.uses[kind.name]
    account = number[account]
    values, names = (
        _resolve_names(store, engine, kind.name) if kind.name != "asn" else _decode_numbers(np.unique(value))
    )
    of_pair = np.searchsorted(values, value)
    # Numbered in the order of the names, leaving out those of rows that were dropped.
    shown = np.zeros(values.size, np.bool_)
    shown[of_pair] = True
    by_name = np.asarray(pc.sort_indices(names))
    by_name = by_name[shown[by_name]]
    value_no = np.full(values.size, -1, np.int64)
    value_no[by_name] = np.arange(by_name.size)
    of_pair = value_no[of_pair]
    order = np.lexsort((of_pair, account))
    return EntityPairs(
        kind=kind.name,
        family=kind.family,
        account=account[order].astype(np.int64),
        value=of_pair[order],
        names=StringColumn(names.take(pa.array(by_name))),
        orgs=count_distinct_orgs(org[account], of_pair, by_name.size),
        single=kind.single,
        uses=uses[order].astype(np.int64),
    )


def _decode_numbers(values: Any) -> tuple[Any, pa.Array]:
    """Values that are numbers, from 1, and the numbers spelt out."""
    return values, pa.array(values.astype(np.int64) - 1).cast(pa.string())


def _resolve_names(store: AccountStore, engine: Engine, kind: str) -> tuple[Any, pa.Array]:
    """Values of one kind, ascending, and their names."""
    source = SOURCES[kind]
    if source in store.encoder.codes:
        names = store.encoder.codes[source].names
        return np.arange(1, len(names) + 1, dtype=np.uint64), pa.array(names, pa.string())
    hashes, names = store.encoder.names[source].distinct()
    if kind != "network":
        return hashes, names
    networks, first = np.unique(hash_networks(names), return_index=True)
    engine.add_table("one_address", pa.table({"place": np.arange(first.size), "address": names.take(pa.array(first))}))
    blocks = engine.arrow(f"SELECT {write_network_sql('address')} AS network FROM one_address ORDER BY place")
    return networks, blocks["network"].combine_chunks()
