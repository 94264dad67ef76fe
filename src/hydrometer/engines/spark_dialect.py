"""Steps are written in DuckDB's dialect; this turns them into Spark's, with the same rows.

sqlglot translates names and notation. Where the two engines would differ in meaning or in cost, a rule stands here:

- A decimal literal is a double: Spark rounds an average of decimals to a few places.
- `x[a:b]` is `slice`; `epoch_us` is `unix_micros`; the column that helps out for QUALIFY does not reach the result.
- A numbering of a whole table, `row_number() OVER (ORDER BY …) - 1 AS n` or `dense_rank() …`, would go through one Spark
  task. It is taken out of the query as a `RowNumbering`, which the engine makes with a sort by ranges.
- Every table gets a name of this run, so that views of a session that others use too are left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.transforms import eliminate_qualify

if TYPE_CHECKING:
    from collections.abc import Callable

QUALIFIED = "_w"
"""What sqlglot calls the column that helps out for QUALIFY."""


@dataclass(frozen=True, slots=True)
class RowNumbering:
    """A column that numbers all rows from 0 in the order of `keys`; `dense`: rows of equal keys get one number.

    `keys` are columns of the query that are not in the result; the query holds a null in the place of `column`.
    """

    column: str
    keys: tuple[str, ...]
    dense: bool


@dataclass(frozen=True, slots=True)
class SparkQuery:
    """A query in Spark's dialect and the numberings that are still to be made of its rows, in this order."""

    sql: str
    numberings: tuple[RowNumbering, ...]


def translate_to_spark(sql: str, named: Callable[[str], str]) -> SparkQuery:
    """Translate a query; `named` gives the name under which the session knows a table.

    Raises:
        ValueError: a window over a whole table that is no numbering of the result: it would go through one task.
    """
    query = sqlglot.parse_one(sql, read="duckdb").transform(_rewrite_qualify)
    numberings = _extract_numberings(query)
    for window in query.find_all(exp.Window):
        if not _has_partition(window):
            raise ValueError(f"a window over a whole table goes through one task: {window.sql('duckdb')}")
    _rename_tables(query, named)
    return SparkQuery(query.transform(_translate_node).sql("spark"), numberings)


def list_tables(sql: str) -> list[str]:
    """Return the names of the tables that a query reads, each once."""
    query = sqlglot.parse_one(sql, read="duckdb")
    own = {cte.alias for cte in query.find_all(exp.CTE)}
    return sorted({table.name for table in query.find_all(exp.Table)} - own)


def _extract_numberings(query: exp.Expr) -> tuple[RowNumbering, ...]:
    """Take the numberings out of the outermost SELECT."""
    if not isinstance(query, exp.Select):
        return ()
    numberings: list[RowNumbering] = []
    hidden: list[exp.Expr] = []
    for projection in query.expressions:
        window = projection.this.this if isinstance(projection.this, exp.Sub) else None
        if not isinstance(window, exp.Window) or _has_partition(window):
            continue
        if not isinstance(window.this, exp.RowNumber | exp.DenseRank) or projection.this.expression.sql() != "1":
            continue
        keys = []
        for ordered in window.args["order"].expressions:
            if ordered.args.get("desc"):
                raise ValueError(f"a numbering in descending order: {projection.sql('duckdb')}")
            keys.append(f"_key{len(hidden)}")
            hidden.append(exp.alias_(ordered.this.copy(), keys[-1]))
        numberings.append(RowNumbering(projection.alias, tuple(keys), isinstance(window.this, exp.DenseRank)))
        projection.this.replace(exp.cast(exp.null(), "bigint"))
    for key in hidden:
        query.append("expressions", key)
    return tuple(numberings)


def _has_partition(window: exp.Window) -> bool:
    return bool(window.args.get("partition_by"))


def _rename_tables(query: exp.Expr, named: Callable[[str], str]) -> None:
    own = {cte.alias for cte in query.find_all(exp.CTE)}
    for table in list(query.find_all(exp.Table)):
        name = table.name
        if name in own:
            continue
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(name)))
        table.set("this", exp.to_identifier(named(name)))


def _rewrite_qualify(node: exp.Expr) -> exp.Expr:
    """Turn QUALIFY into a condition around the query, of which the helping column does not reach the result."""
    if not isinstance(node, exp.Select) or not node.args.get("qualify"):
        return node
    outer = eliminate_qualify(node)
    for projection in outer.expressions:
        if isinstance(projection, exp.Star):
            projection.set("except_", [exp.column(QUALIFIED)])
    return outer


def _translate_node(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Literal) and not node.is_string and not node.is_int:
        return node if isinstance(node.parent, exp.Cast) else exp.cast(node, "double")
    if isinstance(node, exp.Anonymous) and node.name.lower() == "epoch_us":
        return exp.UnixMicros(this=node.expressions[0])
    if isinstance(node, exp.Bracket) and len(node.expressions) == 1 and isinstance(node.expressions[0], exp.Slice):
        first, last = (int(bound.sql()) for bound in (node.expressions[0].this, node.expressions[0].expression))
        return exp.func("slice", node.this, exp.Literal.number(first), exp.Literal.number(last - first + 1))
    return node
