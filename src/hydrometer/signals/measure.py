"""From the tables that the steps made to the arrays that tests read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hydrometer.contract.fingerprints import CAPABILITY_CLASSES, ELICITATION_CLASSES
from hydrometer.contract.population import Entities, Events, Fragments, Population
from hydrometer.signals.demands import asking, leaning, leans, share_of, spread_over_wordings
from hydrometer.signals.entities import ENTITY_KINDS, EntityKind
from hydrometer.signals.steps import exchange_steps, fact_steps, fragment_steps

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from hydrometer.contract.settings import Settings
    from hydrometer.contract.step import Step


class Tables(Protocol):
    """Where the steps' tables can be read."""

    def arrow(self, sql: str) -> pa.Table:
        """The rows of a query."""
        ...


def measuring_steps(settings: Settings) -> list[Step]:
    """All steps of the signals, in the order in which they run."""
    return exchange_steps(settings) + fact_steps() + fragment_steps() + [kind.step for kind in ENTITY_KINDS]


def measure(tables: Tables, *, columns: frozenset[str], releases: dict[str, datetime]) -> Population:
    """Read the measuring steps' tables into a Population; `releases` are model releases known beforehand."""
    account = tables.arrow(
        "SELECT account_no, org_no, org_name, account_id, verification, agreements, epoch_us(created_at) AS created FROM account ORDER BY account_no"
    )
    org = _ints(account, "org_no")
    facts_table = tables.arrow("SELECT * FROM account_facts ORDER BY account_no")
    facts = {name: _floats(facts_table, name) for name in facts_table.column_names if name != "account_no"}
    facts["created"] = _floats(account, "created")
    models: list[str] = tables.arrow("SELECT model FROM model_name ORDER BY model_no")["model"].to_pylist()
    fragments = _fragments(tables)
    events = _events(tables, accounts=account.num_rows)
    fragments = replace(fragments, lean=leaning(events, fragments))
    events = spread_over_wordings(replace(events, leans=leans(events, fragments)), fragments)
    facts["demand"] = share_of(events, events.demand)
    facts["leaning"] = share_of(events, events.leans)
    facts["asking"] = asking(facts["exchanges"], facts["demand"])
    start, end = (int(events.time.min()), int(events.time.max())) if events.time.size else (0, 0)
    verification = account["verification"].to_pylist()
    authorised_orgs = {
        o
        for o, agreed in zip(org.tolist(), account["agreements"].to_pylist(), strict=True)
        if agreed and "distillation" in agreed
    }
    verified_orgs = {o for o, how in zip(org.tolist(), verification, strict=True) if how in ("contract", "sso")}
    names = dict(zip(org.tolist(), account["org_name"].to_pylist(), strict=True))
    return Population(
        accounts=account["account_id"].to_pylist(),
        org=org,
        orgs=[names[o] for o in sorted(names)],
        facts=facts,
        entities={kind.name: _entities(tables, kind) for kind in ENTITY_KINDS if columns.issuperset(kind.needs)},
        events=events,
        fragments=fragments,
        models=models,
        releases=_releases(events, models, releases, start, end),
        authorised=_mask(org, authorised_orgs),
        verified=_mask(org, verified_orgs),
        start=start,
        end=end,
        columns=columns,
    )


def _ints(table: pa.Table, column: str) -> npt.NDArray[np.int64]:
    values = table[column].combine_chunks().cast(pa.int64()).to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values, dtype=np.int64)


def _floats(table: pa.Table, column: str) -> npt.NDArray[np.float64]:
    values = table[column].combine_chunks().cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values, dtype=np.float64)


def _bools(table: pa.Table, column: str) -> npt.NDArray[np.bool_]:
    values = table[column].combine_chunks().to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values, dtype=np.bool_)


def _mask(org: npt.NDArray[np.int64], chosen: set[int]) -> npt.NDArray[np.bool_]:
    return np.isin(org, np.fromiter(chosen, dtype=np.int64, count=len(chosen)))


def _codes(column: str, names: Iterable[str], fallback: int) -> str:
    cases = " ".join(f"WHEN '{name}' THEN {code}" for code, name in enumerate(names))
    return f"CASE {column} {cases} ELSE {fallback} END"


def _events(tables: Tables, *, accounts: int) -> Events:
    table = tables.arrow(
        f"""SELECT account_no, epoch_us(started_at) AS time, demand, model_no, coalesce(prompt_hash, 0) AS prompt, refused,
  coalesce(elicitation_confidence, 0) AS confidence,
  {_codes("elicitation", ELICITATION_CLASSES, 0)} AS kind, {_codes("capability", CAPABILITY_CLASSES, 0)} AS capability
FROM exchange ORDER BY exchange_no"""
    )
    account = _ints(table, "account_no")
    offsets = np.searchsorted(account, np.arange(accounts + 1)).astype(np.int64)
    return Events(
        offsets=offsets,
        account=account,
        time=_ints(table, "time"),
        demand=_bools(table, "demand"),
        confidence=_floats(table, "confidence").astype(np.float32),
        leans=np.zeros(table.num_rows, dtype=np.bool_),
        kind=_ints(table, "kind").astype(np.int8),
        model=_ints(table, "model_no"),
        prompt=_ints(table, "prompt"),
        refused=_bools(table, "refused"),
        capability=_ints(table, "capability").astype(np.int8),
    )


def _entities(tables: Tables, kind: EntityKind) -> Entities:
    pairs = tables.arrow(
        f"SELECT account_no, org_no, value_no, uses FROM entity_{kind.name} ORDER BY account_no, value_no"
    )
    names = tables.arrow(f"SELECT DISTINCT value_no, value FROM entity_{kind.name} ORDER BY value_no")[
        "value"
    ].to_pylist()
    value, org = _ints(pairs, "value_no"), _ints(pairs, "org_no")
    distinct = np.unique(org * max(1, len(names)) + value) % max(1, len(names))
    return Entities(
        kind=kind.name,
        family=kind.family,
        account=_ints(pairs, "account_no"),
        value=value,
        names=names,
        orgs=np.bincount(distinct, minlength=len(names)).astype(np.int64),
        single=kind.single,
        uses=_ints(pairs, "uses"),
    )


def _fragments(tables: Tables) -> Fragments:
    pairs = tables.arrow("SELECT exchange_no, fragment_no FROM exchange_fragment ORDER BY exchange_no, fragment_no")
    fragment = tables.arrow("SELECT orgs, prompts, exchanges FROM fragment ORDER BY fragment_no")
    return Fragments(
        exchange=_ints(pairs, "exchange_no"),
        fragment=_ints(pairs, "fragment_no"),
        orgs=_ints(fragment, "orgs"),
        prompts=_ints(fragment, "prompts"),
        exchanges=_ints(fragment, "exchanges"),
        lean=np.zeros(fragment.num_rows),
    )


def _releases(events: Events, models: list[str], known: dict[str, datetime], start: int, end: int) -> dict[int, int]:
    """Releases within the span: those told, else models first seen well after the traffic begins."""
    released: dict[int, int] = {}
    settling = max((end - start) // 10, 86_400_000_000)
    for number, model in enumerate(models):
        if model in known:
            moment = int(known[model].timestamp() * 1e6)
        else:
            seen = events.time[events.model == number]
            # A rare model's first call is no release: its use must begin and then hold.
            if seen.size < 50 or int(seen.min()) < start + settling:
                continue
            moment = int(seen.min())
        if start < moment <= end:
            released[number] = moment
    return released
