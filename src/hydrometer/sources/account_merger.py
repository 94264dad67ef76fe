"""What account tables and exchanges state of accounts → one row each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydrometer.sources.account_statements import AccountStatements, Facts
    from hydrometer.sources.rejects import Rejects

CONFLICT = "another row tells otherwise of the same account"
_REST = [name for name in ACCOUNTS.names if name != "account_id"]


def join_statements(statements: AccountStatements, rejects: Rejects) -> list[Facts]:
    """Return one row an account, sorted; statements that fill each other's gaps are joined, others counted."""
    rows: list[Facts] = []
    for account_id, facts_and_files in statements.list_by_account():
        facts_and_files.sort(key=lambda entry: _make_sort_key(entry[0]))
        row: Facts = {"account_id": account_id}
        for facts, file in facts_and_files:
            if any(row.get(name) not in (None, value) for name, value in facts.items() if value is not None):
                rejects.reject(CONFLICT, file=file, column="account_id")
            else:
                row |= {name: value for name, value in facts.items() if value is not None}
        rows.append(row)
    return rows


def _make_sort_key(row: Facts) -> tuple[Any, ...]:
    """Return (created_at, remaining columns), absent values last."""
    key: list[Any] = []
    for name in ("created_at", *(name for name in _REST if name != "created_at")):
        value = row.get(name)
        if isinstance(value, datetime):
            value = value.timestamp()
        elif isinstance(value, list):
            value = tuple(value)
        key.append((value is None, value if value is not None else 0))
    return tuple(key)


def merge_account_rows(batches: Iterable[tuple[str, Any]], exchange_facts: list[Facts], rejects: Rejects) -> Any:
    """Bring account tables' batches, each with its file, to one row an account, sorted, gaps filled from
    `exchange_facts`.

    Equal rows collapse. Of rows that differ the first in (created_at, remaining columns) stays, the others are counted.
    """
    tables = [
        pa.Table.from_batches([batch]).append_column("file", pa.array([file] * batch.num_rows, pa.string()))
        for file, batch in batches
    ]
    empty = ACCOUNTS.schema.append(pa.field("file", pa.string())).empty_table()
    table = pa.concat_tables([empty, *tables])
    del tables
    if not exchange_facts and _is_strictly_ascending(table["account_id"].combine_chunks()):
        return table.select(ACCOUNTS.names).combine_chunks()
    table = table.sort_by("account_id")
    counted = table.group_by("account_id").aggregate([("account_id", "count")])
    single = counted.filter(pc.equal(counted["account_id_count"], 1))["account_id"]
    alone = pc.is_in(table["account_id"], value_set=single.combine_chunks())
    kept_rows = [_choose_row(rows, rejects) for rows in _group_by_account(table.filter(pc.invert(alone)).to_pylist())]
    facts_by_account = {row["account_id"]: row for row in exchange_facts}
    lone = table.filter(alone).select(ACCOUNTS.names)
    gaps = pc.is_in(lone["account_id"], value_set=pa.array(list(facts_by_account), type=pa.string()))
    incomplete_rows = kept_rows + lone.filter(gaps).to_pylist()
    filled = [_fill_gaps(row, facts_by_account.pop(row["account_id"], {}), rejects) for row in incomplete_rows]
    rows = pa.Table.from_pylist([*filled, *facts_by_account.values()], schema=ACCOUNTS.schema)
    return pa.concat_tables([lone.filter(pc.invert(gaps)), rows]).sort_by("account_id").combine_chunks()


def _is_strictly_ascending(ids: Any) -> bool:
    """Return whether ids come in order, each once: a table of millions is not sorted and counted for nothing then."""
    return bool(pc.all(pc.less(ids[:-1], ids[1:]), min_count=0).as_py())


def _group_by_account(rows: list[Facts]) -> list[list[Facts]]:
    groups: dict[str, list[Facts]] = {}
    for row in rows:
        groups.setdefault(row["account_id"], []).append(row)
    return list(groups.values())


def _choose_row(rows: list[Facts], rejects: Rejects) -> Facts:
    distinct: dict[tuple[Any, ...], tuple[Facts, str]] = {}
    for row in rows:
        file = row.pop("file")
        distinct.setdefault(_make_sort_key(row), (row, file))
    (_, (chosen, _)), *others = sorted(distinct.items(), key=lambda entry: entry[0])
    for _, (_, file) in others:
        rejects.reject(CONFLICT, file=file, column="account_id")
    return chosen


def _fill_gaps(row: Facts, facts: Facts, rejects: Rejects) -> Facts:
    if any(row[name] not in (None, value) for name, value in facts.items()):
        rejects.note("exchanges tell otherwise of an account than its table, which stands")
    return row | {name: value for name, value in facts.items() if row[name] is None}
