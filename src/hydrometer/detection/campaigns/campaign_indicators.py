"""What the accounts of a campaign show, value by value, and how common each is in the whole population."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import BLOCKS, ENTITY_KINDS, INDICATOR_KINDS, INDICATORS, EntityKind
from hydrometer.detection.population.memo import memoize_by_key

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import EntityPairs, Ints, Population

KINDS = tuple(kind for kind in INDICATOR_KINDS if ENTITY_KINDS[kind].table)
"""Kinds of indicator that the traffic shows."""
_BLOCKS = ((r"^(\d+\.\d+)\..*$", r"\1.0.0/16"), (r"^([0-9A-Fa-f]*:[0-9A-Fa-f]*):.*$", r"\1::/32"))
"""Blocks in which base rates of ranges are counted: how the network's name becomes the block's, v4 and v6."""


def build_indicator_table(group: AccountGroup, campaign: str) -> pa.Table:
    """Return every value that a member of a campaign shows, as INDICATORS."""
    population = group.population
    parts = [
        _build_kind_rows(group, campaign, population.entities[kind]) for kind in KINDS if kind in population.entities
    ]
    return pa.concat_tables([INDICATORS.schema.empty_table(), *parts])


def _build_kind_rows(group: AccountGroup, campaign: str, entities: EntityPairs) -> pa.Table:
    population = group.population
    mine = np.nonzero(entities.mask_members(group.members))[0]
    mine = mine[np.argsort(entities.value[mine], kind="stable")]
    owner, value = entities.account[mine], entities.value[mine]
    values, starts = np.unique(value, return_index=True)
    if not values.size:
        return INDICATORS.schema.empty_table()
    everywhere = memoize_by_key(
        population,
        ("accounts by value", entities.kind),
        lambda: np.bincount(entities.value, minlength=len(entities.names)),
    )
    moment = INDICATORS.column("first_seen").type
    first = np.minimum.reduceat(population.facts["first_seen"][owner], starts).astype(np.int64)
    last = np.maximum.reduceat(population.facts["last_seen"][owner], starts).astype(np.int64)
    return pa.table(
        {
            "campaign_id": _repeat_text(campaign, values.size),
            "kind": _repeat_text(entities.kind, values.size),
            "value": entities.names.take(values),
            "family": _repeat_text(entities.family, values.size),
            "accounts": np.diff(np.append(starts, mine.size)),
            "population": everywhere[values],
            "exchanges": np.add.reduceat(entities.uses[mine], starts),
            "first_seen": pa.array(first).cast(moment),
            "last_seen": pa.array(last).cast(moment),
        },
        schema=INDICATORS.schema,
    )


def count_block_accounts(population: Population) -> pa.Table:
    """Return how many accounts of the whole population are seen in each block and autonomous system, as BLOCKS."""
    tables = [BLOCKS.schema.empty_table()]
    if EntityKind.ASN in population.entities:
        entities = population.entities[EntityKind.ASN]
        accounts = np.bincount(entities.value, minlength=len(entities.names))
        tables.append(_build_block_rows(EntityKind.ASN, entities.names.take(np.arange(accounts.size)), accounts))
    if EntityKind.NETWORK in population.entities:
        entities = population.entities[EntityKind.NETWORK]
        names = entities.names.take(np.arange(len(entities.names)))
        for network, block in _BLOCKS:
            names = pc.replace_substring_regex(names, network, block)
        coded = names.dictionary_encode()
        of_value = coded.indices.to_numpy().astype(np.int64)
        tables.append(
            _build_block_rows("block", coded.dictionary, _count_accounts(entities, of_value, len(coded.dictionary)))
        )
    return pa.concat_tables(tables)


def _count_accounts(entities: EntityPairs, of_value: Ints, parts: int) -> Ints:
    """Return the distinct accounts in each part, given the part of each value."""
    pairs = np.unique(entities.account * max(1, parts) + of_value[entities.value])
    return np.bincount(pairs % max(1, parts), minlength=parts).astype(np.int64)


def _build_block_rows(kind: str, names: pa.Array, accounts: Ints) -> pa.Table:
    return pa.table(
        {"kind": _repeat_text(kind, len(names)), "value": names, "accounts": accounts}, schema=BLOCKS.schema
    )


def _repeat_text(text: str, rows: int) -> pa.Array:
    return pa.array([text]).take(pa.array(np.zeros(rows, np.int8)))
