"""The tables that the measuring steps made → the population that signals read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from hydrometer.contract import CAPABILITY_CLASSES, ELICITATION_CLASSES, ENTITY_KINDS
from hydrometer.detection.population.account_store.fragment_index import allocate_marks, count_account_fragments
from hydrometer.detection.population.elicitation_exchanges import (
    compute_account_shares,
    mask_leaning_exchanges,
    measure_lean,
    score_elicitation_rate,
    spread_over_fragments,
)
from hydrometer.detection.population.entity_steps import TRAFFIC_KINDS, build_entity_step
from hydrometer.detection.population.measurement_kernels import count_by_account, find_first_uses
from hydrometer.detection.population.measuring_steps import build_exchange_steps, build_fact_steps, build_fragment_steps
from hydrometer.detection.population.memmap_reader import PAGE, read_slice
from hydrometer.detection.population.population import (
    Bools,
    EntityPairs,
    ExchangeArrays,
    Floats,
    FragmentIndex,
    Ints,
    Population,
    StringColumn,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from hydrometer.contract import EntityKind, Settings, SqlStep


DAY = 86_400_000_000
ACCOUNTS = """SELECT account_no, org_no, org_name, account_id, verification, agreements, epoch_us(created_at) AS created
FROM account ORDER BY account_no"""

SUCCESSIONS = """SELECT successions FROM account LEFT JOIN succession USING (account_no) ORDER BY account_no"""


class TableSource(Protocol):
    """A source of the steps' tables."""

    def arrow(self, sql: str) -> pa.Table:
        """Return the rows of a query."""
        ...


def list_measuring_steps(settings: Settings) -> list[SqlStep]:
    """Return all measuring steps, in the order in which they run."""
    return (
        build_exchange_steps(settings)
        + build_fact_steps()
        + build_fragment_steps()
        + [build_entity_step(kind) for kind in TRAFFIC_KINDS]
    )


def measure_population(tables: TableSource, *, columns: frozenset[str], releases: dict[str, datetime]) -> Population:
    """Read the measuring steps' tables into a Population; `releases` are announced model releases."""
    account = tables.arrow(ACCOUNTS)
    facts_table = tables.arrow("SELECT * FROM account_facts ORDER BY account_no")
    facts = {name: read_floats(facts_table, name) for name in facts_table.column_names if name != "account_no"}
    facts["successions"] = np.nan_to_num(read_floats(tables.arrow(SUCCESSIONS), "successions"))
    events = _read_events(tables, accounts=account.num_rows)
    parts = PopulationParts(
        account=account,
        facts=facts,
        entities={
            kind: read_entities(tables, kind)
            for kind in TRAFFIC_KINDS
            if ENTITY_KINDS[kind].qualified_column in columns
        },
        events=events,
        fragments=_read_fragments(tables, events),
        models=tables.arrow("SELECT model FROM model_name ORDER BY model_no")["model"].to_pylist(),
        columns=columns,
        releases=releases,
    )
    return assemble_population(parts)


@dataclass(frozen=True, kw_only=True, slots=True)
class PopulationParts:
    """What was measured of a population, one part independent of the other.

    Attributes:
        account: rows of ACCOUNTS, in the order of account_no.
        facts: those of ACCOUNT_FACTS that SQL or kernels measure.
        entities: which accounts show which values, by kind.
        events: the exchanges, with `demand` by each text itself, and `leans` still false.
        fragments: the fragments, with `lean` still 0.
        models: the models in use, by number.
        columns: columns that have any value, as `exchanges.x` or `accounts.x`.
        releases: announced model releases.
    """

    account: pa.Table
    facts: dict[str, Floats]
    entities: dict[EntityKind, EntityPairs]
    events: ExchangeArrays
    fragments: FragmentIndex
    models: list[str]
    columns: frozenset[str]
    releases: dict[str, datetime]


def assemble_population(parts: PopulationParts) -> Population:
    """Return the population that follows from its parts."""
    account, events = parts.account, parts.events
    org = read_ints(account, "org_no")
    fragments = replace(parts.fragments, lean=measure_lean(events, parts.fragments))
    events = spread_over_fragments(replace(events, leans=mask_leaning_exchanges(events, fragments)), fragments)
    share = compute_account_shares(events, events.demand)
    facts = parts.facts | {
        "created": read_floats(account, "created"),
        "demand": share,
        "leaning": compute_account_shares(events, events.leans),
        "asking": score_elicitation_rate(parts.facts["exchanges"], share),
    }
    start, end = 0, 0
    if events.time.size:
        start, end = int(facts["first_seen"].min()), int(facts["last_seen"].max())
    release_times = _find_releases(events, parts.models, parts.releases, start, end)
    verification = account["verification"].to_pylist()
    agreements = account["agreements"].to_pylist()
    authorised_orgs = {
        o for o, agreed in zip(org.tolist(), agreements, strict=True) if agreed and "distillation" in agreed
    }
    verified_orgs = {o for o, how in zip(org.tolist(), verification, strict=True) if how in ("contract", "sso")}
    _, first = np.unique(org, return_index=True)
    return Population(
        accounts=StringColumn(account["account_id"]),
        org=org,
        orgs=StringColumn(account["org_name"].take(pa.array(first))),
        facts=facts,
        entities=parts.entities,
        events=events,
        fragments=fragments,
        models=parts.models,
        turned={model: compute_turn_shares(events, model, moment) for model, moment in release_times.items()},
        releases=release_times,
        authorised=_mask_orgs(org, authorised_orgs),
        verified=_mask_orgs(org, verified_orgs),
        start=start,
        end=end,
        columns=parts.columns,
    )


def read_ints(table: pa.Table, column: str) -> Ints:
    """Return a column as int64."""
    values = table[column].combine_chunks().cast(pa.int64()).to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values, dtype=np.int64)


def read_floats(table: pa.Table, column: str) -> Floats:
    """Return a column as float64; NaN for null."""
    values = table[column].combine_chunks().cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values, dtype=np.float64)


def _read_bools(table: pa.Table, column: str) -> Bools:
    values = table[column].combine_chunks().to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values, dtype=np.bool_)


def _mask_orgs(org: Ints, chosen: set[int]) -> Bools:
    return np.isin(org, np.fromiter(chosen, dtype=np.int64, count=len(chosen)))


def _write_code_sql(column: str, names: Iterable[str], fallback: int) -> str:
    cases = " ".join(f"WHEN '{name}' THEN {code}" for code, name in enumerate(names))
    return f"CASE {column} {cases} ELSE {fallback} END"


def _read_events(tables: TableSource, *, accounts: int) -> ExchangeArrays:
    table = tables.arrow(
        f"""SELECT account_no, epoch_us(started_at) AS time, demand, model_no, coalesce(prompt_hash, 0) AS prompt, refused,
  coalesce(elicitation_confidence, 0) AS confidence,
  {_write_code_sql("elicitation", ELICITATION_CLASSES, 0)} AS kind, {_write_code_sql("capability", CAPABILITY_CLASSES, 0)} AS capability
FROM exchange ORDER BY exchange_no"""
    )
    counts = np.bincount(read_ints(table, "account_no"), minlength=accounts).astype(np.int64)
    return ExchangeArrays(
        starts=np.cumsum(counts) - counts,
        counts=counts,
        time=read_ints(table, "time"),
        demand=_read_bools(table, "demand"),
        confidence=read_floats(table, "confidence").astype(np.float32),
        leans=np.zeros(table.num_rows, dtype=np.bool_),
        kind=read_ints(table, "kind").astype(np.int8),
        model=read_ints(table, "model_no").astype(np.int32),
        prompt=read_ints(table, "prompt"),
        refused=_read_bools(table, "refused"),
        capability=read_ints(table, "capability").astype(np.int8),
    )


def read_entities(tables: TableSource, kind: EntityKind) -> EntityPairs:
    """Return the pairs that the step of one kind of entity made."""
    pairs = tables.arrow(f"SELECT account_no, org_no, value_no, uses FROM entity_{kind} ORDER BY account_no, value_no")
    names = tables.arrow(f"SELECT value_no, min(value) AS value FROM entity_{kind} GROUP BY value_no ORDER BY value_no")
    return EntityPairs(
        kind=kind,
        family=ENTITY_KINDS[kind].family,
        account=read_ints(pairs, "account_no"),
        value=read_ints(pairs, "value_no"),
        names=StringColumn(names["value"]),
        orgs=count_distinct_orgs(read_ints(pairs, "org_no"), read_ints(pairs, "value_no"), names.num_rows),
        single=ENTITY_KINDS[kind].single,
        uses=read_ints(pairs, "uses"),
    )


def count_distinct_orgs(org: Ints, value: Ints, values: int) -> Ints:
    """Count the organisations that show each value."""
    pairs = np.sort(value * (int(org.max(initial=0)) + 1) + org)
    first = np.ones(pairs.size, np.bool_)
    first[1:] = pairs[1:] != pairs[:-1]
    return np.bincount(pairs[first] // (int(org.max(initial=0)) + 1), minlength=values).astype(np.int64)


def _read_fragments(tables: TableSource, events: ExchangeArrays) -> FragmentIndex:
    pairs = tables.arrow("SELECT exchange_no, fragment_no FROM exchange_fragment ORDER BY exchange_no, fragment_no")
    fragment = tables.arrow("SELECT orgs, prompts, exchanges FROM fragment ORDER BY fragment_no")
    return build_fragments(
        events,
        read_ints(pairs, "exchange_no"),
        read_ints(pairs, "fragment_no"),
        orgs=read_ints(fragment, "orgs"),
        prompts=read_ints(fragment, "prompts"),
        exchanges=read_ints(fragment, "exchanges"),
    )


def build_fragments(
    events: ExchangeArrays, exchange: Ints, fragment: Ints, *, orgs: Ints, prompts: Ints, exchanges: Ints
) -> FragmentIndex:
    """Return the index of distinct (exchange, fragment) pairs in order; accounts lie in the order of their numbers."""
    lengths = np.bincount(exchange, minlength=events.time.size)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    starts = ends[events.starts]
    carried = fragment.astype(np.int32)
    own, uses = np.empty(carried.size, np.int32), np.empty(carried.size, np.int32)
    counts = np.zeros(events.counts.size, np.int64)
    have = count_account_fragments(carried, np.append(starts, ends[-1]), allocate_marks(orgs.size), own, uses, counts)
    prompt, repeats = np.unique(events.prompt[lengths > 0], return_counts=True)
    return FragmentIndex(
        orgs=orgs,
        prompts=prompts,
        exchanges=exchanges,
        lean=np.zeros(orgs.size),
        carried=carried,
        lengths=lengths.astype(np.uint16),
        starts=starts,
        own=own[:have].copy(),
        uses=uses[:have].copy(),
        own_starts=np.cumsum(counts) - counts,
        own_counts=counts,
        repeated=prompt[repeats > 1],
        repeats=repeats[repeats > 1],
        templated=int(np.sum(lengths > 0)),
    )


def _find_releases(
    events: ExchangeArrays, models: list[str], announced: dict[str, datetime], start: int, end: int
) -> dict[int, int]:
    """Return the releases within the span: those announced, else of models whose use begins well after the traffic."""
    uses, first = np.zeros(len(models), np.int64), np.full(len(models), np.iinfo(np.int64).max)
    for at in range(0, events.time.size, PAGE):
        stop = min(at + PAGE, events.time.size)
        find_first_uses(read_slice(events.model, at, stop), read_slice(events.time, at, stop), uses, first)
    released: dict[int, int] = {}
    settling = max((end - start) // 10, DAY)
    for number, model in enumerate(models):
        if model in announced:
            moment = int(announced[model].timestamp() * 1e6)
        else:
            # A rare model's first call is no release: its use must begin and then hold.
            if uses[number] < 50 or first[number] < start + settling:
                continue
            moment = int(first[number])
        if start < moment <= end:
            released[number] = moment
    return released


def compute_turn_shares(events: ExchangeArrays, model: int, released: int) -> Floats:
    """Return per account the share of the exchanges of a release's first 24 hours that go to the new model; NaN without any."""
    within = np.zeros(events.time.size, np.bool_)
    new = np.zeros(events.time.size, np.bool_)
    for at in range(0, events.time.size, PAGE):
        stop = min(at + PAGE, events.time.size)
        time = read_slice(events.time, at, stop)
        within[at:stop] = (time >= released) & (time < released + DAY)
        new[at:stop] = within[at:stop] & (read_slice(events.model, at, stop) == model)
    total = count_by_account(events.starts, events.counts, within)
    share = count_by_account(events.starts, events.counts, new) / np.maximum(total, 1)
    return np.where(total > 0, share, np.nan)
