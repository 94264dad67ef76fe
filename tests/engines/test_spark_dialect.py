"""Steps in Spark's dialect: what is translated by rule, and what is refused."""

from __future__ import annotations

import pytest

from hydrometer.contract.settings import Settings
from hydrometer.detection.population.population_assembly import list_measuring_steps
from hydrometer.engines.spark_dialect import RowNumbering, list_tables, translate_to_spark


def translated(sql: str) -> str:
    return translate_to_spark(sql, str).sql


def test_a_numbering_of_the_whole_table_is_left_to_the_engine() -> None:
    query = translate_to_spark(
        "SELECT row_number() OVER (ORDER BY a, b) - 1 AS n, dense_rank() OVER (ORDER BY c) - 1 AS m FROM t", str
    )
    assert query.numberings == (
        RowNumbering("n", ("_key0", "_key1"), dense=False),
        RowNumbering("m", ("_key2",), dense=True),
    )
    assert "OVER" not in query.sql
    assert query.sql.startswith("SELECT CAST(NULL AS BIGINT) AS n, CAST(NULL AS BIGINT) AS m, a AS _key0")


def test_a_window_within_a_part_stays() -> None:
    assert "OVER (PARTITION BY a ORDER BY b" in translated(
        "SELECT row_number() OVER (PARTITION BY a ORDER BY b) AS n FROM t"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT sum(a) OVER () AS n FROM t",
        "SELECT row_number() OVER (ORDER BY a) AS n FROM t",
        "SELECT row_number() OVER (ORDER BY a) + 1 AS n FROM t",
        "SELECT n FROM (SELECT row_number() OVER (ORDER BY a) - 1 AS n FROM t)",
        "SELECT rank() OVER (ORDER BY a) - 1 AS n FROM t",
    ],
)
def test_any_other_window_over_a_whole_table_is_refused(sql: str) -> None:
    with pytest.raises(ValueError, match="goes through one task"):
        translate_to_spark(sql, str)


def test_a_numbering_downwards_is_refused() -> None:
    with pytest.raises(ValueError, match="descending"):
        translate_to_spark("SELECT row_number() OVER (ORDER BY a DESC) - 1 AS n FROM t", str)


def test_every_table_gets_the_name_of_the_run_and_keeps_its_own_in_the_query() -> None:
    sql = translate_to_spark(
        "WITH p AS (SELECT t.a FROM t) SELECT u.* FROM p JOIN u USING (a) JOIN v AS w USING (a)", "run_{}".format
    ).sql
    assert "FROM run_t AS t" in sql
    assert "JOIN run_u AS u" in sql
    assert "JOIN run_v AS w" in sql
    assert "FROM p" in sql


def test_the_column_that_helps_out_for_qualify_is_not_in_the_result() -> None:
    assert translated("SELECT * FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1").startswith(
        "SELECT * EXCEPT (_w) FROM (SELECT *"
    )


def test_decimals_are_doubles_and_whole_numbers_stay() -> None:
    assert translated("SELECT 0.5 AS a, 2 AS b FROM t") == "SELECT CAST(0.5 AS DOUBLE) AS a, 2 AS b FROM t AS t"
    assert translated("SELECT CAST(0.5 AS FLOAT) AS a FROM t") == "SELECT CAST(0.5 AS FLOAT) AS a FROM t AS t"


def test_a_part_of_a_list_is_a_slice() -> None:
    assert translated("SELECT x[2:4] AS a FROM t") == "SELECT SLICE(x, 2, 3) AS a FROM t AS t"


def test_the_tables_of_a_query_are_those_that_it_reads() -> None:
    assert list_tables("WITH p AS (SELECT * FROM b) SELECT * FROM p JOIN a USING (x) JOIN b USING (x)") == ["a", "b"]


def test_every_step_of_a_run_can_be_translated() -> None:
    for step in list_measuring_steps(Settings()):
        assert "QUALIFY" not in translate_to_spark(step.sql, str).sql
