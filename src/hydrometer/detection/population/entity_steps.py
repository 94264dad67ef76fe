"""The steps that find what accounts share: one table a kind of value."""

from __future__ import annotations

from hydrometer.contract import ENTITY_KINDS, EntityKind, SqlStep

TRAFFIC_KINDS = tuple(kind for kind, spec in ENTITY_KINDS.items() if spec.table)
"""Kinds that a column of the traffic holds, in the order in which they are measured."""
_ROWS = {"accounts": "account", "exchanges": "exchange"}
"""The step's table in which the rows of each table of traffic are numbered."""
_DERIVED = {EntityKind.NETWORK: "network"}
"""Kinds whose canonical form is a column of the step `exchange` already."""


def build_entity_step(kind: EntityKind) -> SqlStep:
    """Return the step that makes the table `entity_<kind>`: account_no, org_no, value, value_no, uses."""
    spec = ENTITY_KINDS[kind]
    value = _DERIVED.get(kind) or spec.form.sql(spec.column)
    return SqlStep(
        f"entity_{kind}",
        f"""WITH pair AS (SELECT account_no, CAST(value AS VARCHAR) AS value, count(*) AS uses
  FROM (SELECT account_no, {value} AS value FROM {_ROWS[spec.table]})
  WHERE value IS NOT NULL AND CAST(value AS VARCHAR) <> '' GROUP BY ALL)
SELECT account_no, org_no, value, dense_rank() OVER (ORDER BY value) - 1 AS value_no, uses
FROM pair JOIN (SELECT account_no, org_no FROM account) USING (account_no)""",
        spec.meaning,
    )
