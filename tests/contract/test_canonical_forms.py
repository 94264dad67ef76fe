"""Each kind of value has one spelling: what SQL makes of it is what Python makes of it, whatever the value is."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.canonical_forms import LEAST_GLOBAL_ID, derive_network_block
from hydrometer.contract.entity_kinds import ENTITY_KINDS, EntityKind
from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.engines.spark_dialect import translate_to_spark

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLES = {"accounts": ACCOUNTS, "exchanges": EXCHANGES}
COLUMNS = [kind for kind, spec in ENTITY_KINDS.items() if spec.table]
HOSTILE = (
    "ab²c7",
    "Ⅷx9",
    "İstanbul.com",
    "ΟΔΟΣ",
    "ΣΣ.example",
    "e\N{COMBINING ACUTE ACCENT}\N{COMBINING DOT ABOVE}7",
    "a\x00b\x1f9\x7f\n",
    "ǅ ǈ ß ẞ ı ſ K",
    "٣4४",
    "漢字かなカナ9",
    "x" * 20_000,
    "\N{MATHEMATICAL BOLD SMALL A}1\N{MATHEMATICAL BOLD DIGIT ONE}",
    "_9_a-1.b+2",
    "1.2.3.4\n",
    "1.2.3",
    "1.2.3.4.5",
    "1111.2.3.4",
    "a.b.c.d",
    "::",
    ":x",
    "1::2::3",
    "::ffff:192.0.2.7",
    "f" * 44 + ":",
    "f" * 45 + ":",
    "x" * (LEAST_GLOBAL_ID - 1),
    "é" * LEAST_GLOBAL_ID,
    "e\N{COMBINING ACUTE ACCENT}" * (LEAST_GLOBAL_ID // 2),
    " ",
    "",
)
# What Unicode 3.2 knows, every engine knows alike: a letter of this year is none yet to a library of last year.
LETTERS = st.characters(exclude_categories=["Cs"]).filter(lambda sign: unicodedata.ucd_3_2_0.category(sign) != "Cn")
TEXTS = st.one_of(
    st.none(),
    st.sampled_from(HOSTILE),
    st.text(LETTERS, max_size=40),
    st.text("aB9.:_²ⅧİΣς\N{COMBINING DOT ABOVE}", max_size=30),
    st.ip_addresses().map(str),
)
ZONES = st.integers(-720, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.string(): TEXTS,
    pa.int32(): st.one_of(st.none(), st.integers(0, 2**31 - 1)),
    pa.list_(pa.string()): st.one_of(st.none(), st.lists(TEXTS, max_size=6)),
    pa.timestamp("us", tz="UTC"): st.one_of(
        st.none(),
        st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1), timezones=ZONES),  # noqa: DTZ001 -- the zone is drawn
    ),
}


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def spelled_by_sql(engine: duckdb.DuckDBPyConnection, kind: EntityKind, values: list[Any]) -> list[str]:
    """Return the texts that the SQL of a kind makes of a column of values, as the step of the kind reads them."""
    spec = ENTITY_KINDS[kind]
    column = TABLES[spec.table].column(spec.column)
    engine.register("traffic", pa.table({"n": range(len(values)), spec.column: pa.array(values, column.type)}))
    rows = engine.execute(
        f"SELECT coalesce(CAST({spec.form.sql(spec.column)} AS VARCHAR), '') FROM traffic ORDER BY n"
    ).fetchall()
    engine.unregister("traffic")
    return [text for (text,) in rows]


@pytest.mark.parametrize("kind", COLUMNS)
@settings(max_examples=60)
@given(data=st.data())
def test_sql_and_python_spell_a_value_alike(engine: duckdb.DuckDBPyConnection, kind: EntityKind, data: Any) -> None:
    spec = ENTITY_KINDS[kind]
    values = data.draw(st.lists(VALUES[TABLES[spec.table].column(spec.column).type], min_size=1, max_size=40))
    assert spelled_by_sql(engine, kind, values) == [spec.form.canonicalise(value) for value in values]


@pytest.mark.parametrize("kind", [kind for kind in COLUMNS if ENTITY_KINDS[kind].column != "created_at"])
def test_hostile_texts_are_spelled_alike(engine: duckdb.DuckDBPyConnection, kind: EntityKind) -> None:
    spec = ENTITY_KINDS[kind]
    types: dict[pa.DataType, list[Any]] = {
        pa.string(): [*HOSTILE, None],
        pa.int32(): [0, 64_512, None],
        pa.list_(pa.string()): [[text, "b", None, "a"] for text in HOSTILE] + [[], [None], [""], None],
    }
    values = types[TABLES[spec.table].column(spec.column).type]
    assert spelled_by_sql(engine, kind, values) == [spec.form.canonicalise(value) for value in values]


@settings(max_examples=50)
@given(text=TEXTS)
@example("İstanbul.com")
def test_a_domain_in_its_one_spelling_keeps_it(text: str | None) -> None:
    spell = ENTITY_KINDS[EntityKind.EMAIL_DOMAIN].form.canonicalise
    assert spell(spell(text)) == spell(text)


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_form_can_be_translated_for_spark(kind: EntityKind) -> None:
    spec = ENTITY_KINDS[kind]
    assert "traffic" in translate_to_spark(f"SELECT {spec.form.sql(spec.column)} AS value FROM traffic", str).sql


def test_letters_are_those_of_unicode_and_digits_those_of_ascii() -> None:
    shape = ENTITY_KINDS[EntityKind.EMAIL_SHAPE].form.canonicalise
    length = ENTITY_KINDS[EntityKind.EMAIL_LENGTH].form.canonicalise
    assert shape("anna.k07") == "a.a99"
    assert length("anna.k07") == "aaaa.a99"
    assert shape("ab²c7") == "a²a9"
    assert shape("Ⅷx9") == "Ⅷa9"
    assert length("漢字_٣") == "aa_٣"


def test_domains_are_in_small_letters_that_every_engine_writes_alike() -> None:
    domain = ENTITY_KINDS[EntityKind.EMAIL_DOMAIN].form.canonicalise
    assert domain("Mail.Example") == "mail.example"
    assert domain("İstanbul.com") == "istanbul.com"
    assert domain("ΟΔΟΣ.example") == "οδοσ.example"


def test_a_day_is_that_of_utc() -> None:
    day = ENTITY_KINDS[EntityKind.SIGNUP_DAY].form.canonicalise
    assert day(datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5)))) == "2026-03-02"
    assert day(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01"


def test_blocks_are_those_of_24_and_48_bits() -> None:
    assert derive_network_block("192.0.2.77") == "192.0.2.0/24"
    assert derive_network_block("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert derive_network_block("2001:db8::1") == "2001:db8:0::/48"
    assert derive_network_block("::1") == "0:0:0::/48"


def test_what_is_no_address_has_none() -> None:
    for odd in ("", "nonsense", "1.2.3", "a.b.c.d.e", "9" * 1_000, ":" * 1_000):
        assert "/" not in derive_network_block(odd)
