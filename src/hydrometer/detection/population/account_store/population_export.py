"""An account store → the population that signals read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import ENTITY_KINDS, EntityKind, SilentProgress, write_network_sql
from hydrometer.detection.population.account_facts import MANY_ORGS, RARE_SHARE, finish_facts
from hydrometer.detection.population.account_store.exchange_row import FLAGGED, REFUSED
from hydrometer.detection.population.account_store.sorted_store import STORED_COLUMNS
from hydrometer.detection.population.account_store.string_hashing import hash_networks
from hydrometer.detection.population.entity_steps import TRAFFIC_KINDS
from hydrometer.detection.population.memmap_reader import PAGE, read_slice
from hydrometer.detection.population.population import EntityPairs, ExchangeArrays, FragmentIndex, StringColumn
from hydrometer.detection.population.population_assembly import (
    ACCOUNTS,
    PopulationParts,
    assemble_population,
    count_distinct_orgs,
    read_entities,
    read_ints,
)

if TYPE_CHECKING:
    from datetime import datetime

    import numpy.typing as npt

    from hydrometer.contract import Engine, SqlStep
    from hydrometer.detection.population.account_store.account_store import AccountStore
    from hydrometer.detection.population.account_store.sorted_store import StoredAccounts
    from hydrometer.detection.population.account_store.traffic_dictionaries import TrafficDictionaries
    from hydrometer.detection.population.population import Floats, Ints, Population

SOURCES = {
    EntityKind.ADDRESS: "client_ip",
    EntityKind.NETWORK: "client_ip",
    EntityKind.END_USER: "end_user_id",
    EntityKind.SESSION: "session_id",
    EntityKind.ASN: "client_asn",
    EntityKind.JA4: "ja4",
    EntityKind.USER_AGENT: "user_agent",
    EntityKind.TOOLS: "tools",
}
"""The dictionary that the values of each kind are named by; the steps find those of the other kinds."""


def export_population(
    store: AccountStore,
    engine: Engine,
    steps: list[SqlStep],
    *,
    columns: frozenset[str],
    releases: dict[str, datetime],
) -> Population:
    """Assign numbers to accounts and values as the measuring steps do, and assemble.

    Args:
        store: the traffic account by account.
        engine: what holds the table `accounts`.
        steps: the measuring steps, of which those that read accounts alone are run.
        columns: columns that hold anything, as `exchanges.x` or `accounts.x`.
        releases: announced model releases.
    """
    ids = store.dictionaries.accounts.list_ids().take(pa.array(store.stored.accounts))
    engine.add_table("traffic_once", pa.table({"account_id": ids}))
    alone = {"account"} | {f"entity_{kind}" for kind in TRAFFIC_KINDS if kind not in SOURCES}
    engine.run([step for step in steps if step.name in alone], SilentProgress())
    account = engine.arrow(ACCOUNTS)
    # Accounts are numbered by id: the same order as of the sorted ids.
    order = np.asarray(pc.sort_indices(ids))
    numbers = _AccountNumbers(store.stored, order, read_ints(account, "org_no"))
    exchanges = _build_exchanges(store.stored, order)
    models, exchanges = _number_models(store.dictionaries.codes["model"].names, exchanges)
    parts = PopulationParts(
        account=account,
        facts={
            **finish_facts(store.stored.tallies[order]),
            "contradictions": _measure_contradictions(store.stored, numbers),
        },
        entities={
            kind: _build_entities(store, engine, kind, numbers) if kind in SOURCES else read_entities(engine, kind)
            for kind in TRAFFIC_KINDS
            if ENTITY_KINDS[kind].qualified_column in columns
        },
        events=exchanges,
        fragments=_build_fragment_index(store, order),
        models=models,
        columns=columns,
        releases=releases,
    )
    return assemble_population(parts)


class _AccountNumbers:
    """The numbers that accounts have in the population.

    Attributes:
        org: the organisation of each account of the population.
    """

    def __init__(self, stored: StoredAccounts, order: npt.NDArray[Any], org: Ints) -> None:
        """Assign numbers by `order`: the indices of the stored accounts in the order of their ids."""
        self.org = org
        self._number = np.full(int(stored.accounts.max(initial=-1)) + 1, -1, np.int64)
        self._number[stored.accounts[order]] = np.arange(order.size)

    def translate(self, accounts: npt.NDArray[np.int32]) -> Ints:
        """Return the numbers in the population of accounts as the dictionaries number them."""
        numbers: Ints = self._number[accounts]
        return numbers


def _build_exchanges(stored: StoredAccounts, order: npt.NDArray[Any]) -> ExchangeArrays:
    """Return the exchanges as they lie on disk, with models as the dictionaries number them."""
    column = {name: stored.columns[name].memory_map() for name in STORED_COLUMNS}
    flags = np.asarray(column["flags"])
    return ExchangeArrays(
        starts=stored.starts[order],
        counts=stored.counts[order],
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


def _build_fragment_index(store: AccountStore, order: npt.NDArray[Any]) -> FragmentIndex:
    """Return the fragments, with accounts in an order."""
    fragments, carried = store.fragments, store.carried
    return FragmentIndex(
        orgs=fragments.orgs,
        prompts=fragments.prompts,
        exchanges=fragments.exchanges,
        lean=np.zeros(fragments.orgs.size),
        carried=carried.carried.memory_map(),
        lengths=carried.lengths.memory_map(),
        starts=carried.starts[order],
        own=carried.own.memory_map(),
        uses=carried.own_uses.memory_map(),
        own_starts=(np.cumsum(carried.own_counts) - carried.own_counts)[order],
        own_counts=carried.own_counts[order],
        repeated=carried.repeated,
        repeats=carried.repeats,
        templated=carried.templated,
    )


def _number_models(names: list[str], exchanges: ExchangeArrays) -> tuple[list[str], ExchangeArrays]:
    """Return the models in use, by name, and the exchanges with their numbers."""
    uses = np.zeros(len(names), np.int64)
    for at in range(0, exchanges.model.size, PAGE):
        uses += np.bincount(read_slice(exchanges.model, at, min(at + PAGE, exchanges.model.size)), minlength=uses.size)
    models = sorted(name for name, times in zip(names, uses.tolist(), strict=True) if times)
    by_name = {name: number for number, name in enumerate(models)}
    of_model = np.array([by_name.get(name, -1) for name in names], np.int32)
    if np.array_equal(of_model, np.arange(of_model.size)):
        return models, exchanges
    return models, replace(exchanges, model=of_model[exchanges.model])


def _measure_contradictions(stored: StoredAccounts, numbers: _AccountNumbers) -> Floats:
    """Return the fact `contradictions`; a client is a user agent in the upper bits, its TLS fingerprint in the lower."""
    shown = stored.uses["client"]
    account, client, uses, org = numbers.translate(shown.account), shown.value, shown.uses, numbers.org
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


def _build_entities(store: AccountStore, engine: Engine, kind: EntityKind, numbers: _AccountNumbers) -> EntityPairs:
    """Return which accounts show which values of a kind of entity, as its step would."""
    shown = store.stored.uses[kind]
    account, value, uses = numbers.translate(shown.account), shown.value, shown.uses
    values, names = (
        _resolve_names(store.dictionaries, engine, kind)
        if kind != EntityKind.ASN
        else _decode_numbers(np.unique(value))
    )
    of_pair = np.searchsorted(values, value)
    # Numbered in the order of the names, leaving out those of rows that were dropped.
    in_use = np.zeros(values.size, np.bool_)
    in_use[of_pair] = True
    by_name = np.asarray(pc.sort_indices(names))
    by_name = by_name[in_use[by_name]]
    value_no = np.full(values.size, -1, np.int64)
    value_no[by_name] = np.arange(by_name.size)
    of_pair = value_no[of_pair]
    order = np.lexsort((of_pair, account))
    return EntityPairs(
        kind=kind,
        family=ENTITY_KINDS[kind].family,
        account=account[order],
        value=of_pair[order],
        names=StringColumn(names.take(pa.array(by_name))),
        orgs=count_distinct_orgs(numbers.org[account], of_pair, by_name.size),
        single=ENTITY_KINDS[kind].single,
        uses=uses[order].astype(np.int64),
    )


def _decode_numbers(values: Any) -> tuple[Any, pa.Array]:
    """Return values that are numbers from 1, and the numbers spelt out."""
    return values, pa.array(values.astype(np.int64) - 1).cast(pa.string())


def _resolve_names(dictionaries: TrafficDictionaries, engine: Engine, kind: EntityKind) -> tuple[Any, pa.Array]:
    """Return the values of one kind, ascending, and their names."""
    source = SOURCES[kind]
    if source in dictionaries.codes:
        names = dictionaries.codes[source].names
        return np.arange(1, len(names) + 1, dtype=np.uint64), pa.array(names, pa.string())
    hashes, names = dictionaries.names[source].list_distinct()
    if kind != EntityKind.NETWORK:
        return hashes, names
    networks, first = np.unique(hash_networks(names), return_index=True)
    one_each = {"position": np.arange(first.size), "address": names.take(pa.array(first))}
    engine.add_table("one_address", pa.table(one_each))
    blocks = engine.arrow(f"SELECT {write_network_sql('address')} AS network FROM one_address ORDER BY position")
    return networks, blocks["network"].combine_chunks()
