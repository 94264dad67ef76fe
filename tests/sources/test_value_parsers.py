"""How single values are read, and that whole columns are read alike."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.contract.fingerprint_columns import TRAFFIC
from hydrometer.contract.table_spec import TIMESTAMP
from hydrometer.sources import Rejects, value_parsers
from hydrometer.sources.column_casts import BatchOrigin, conform_columns

if TYPE_CHECKING:
    import ipaddress

ORIGIN = BatchOrigin("f", lambda row: row)
NOON = 1_772_452_800_000_000
"""2026-03-02T12:00Z, µs."""


@pytest.mark.parametrize(
    ("value", "read", "fault"),
    [
        ("plain", "plain", None),
        ("", None, None),
        (None, None, None),
        (" ", " ", None),
        ("a\0b\0", "ab", value_parsers.NUL),
        ("\0", None, value_parsers.NUL),
        ("half \ud83d", "half \ufffd", value_parsers.SURROGATE),
        ("\ud83d\ude00", "😀", value_parsers.SURROGATE),
        (b"caf\xc3\xa9", "café", None),
        (b"caf\xe9", "caf\ufffd", value_parsers.SURROGATE),
        (True, None, value_parsers.BOOLEAN),
        (12, "12", None),
        (12.0, "12", None),
        (1.5, "1.5", None),
        (1e22, None, value_parsers.TOO_LARGE),
        (float("nan"), None, None),
        ({"a": 1}, None, value_parsers.NOT_TEXT),
    ],
)
def test_text(value: object, read: str | None, fault: str | None) -> None:
    assert value_parsers.parse_text(value) == (read, fault)


def test_a_blank_identifier_is_absent() -> None:
    assert value_parsers.parse_identifier(" \t") == (None, None)
    assert value_parsers.parse_identifier(" x") == (" x", None)


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-02T12:00:00Z",
        "2026-03-02 12:00:00",
        "2026-03-02T14:00:00+02:00",
        "2026-03-02 14:00:00 +0200",
        "2026-03-02 12:00:00 UTC",
        "2026-03-02T12:00:00.000000999Z",
        "1772452800",
        " 1772452800.0 ",
        1_772_452_800,
        1_772_452_800.0,
        1_772_452_800_000,
        1_772_452_800_000_000,
        1_772_452_800_000_000_000,
        Decimal("1772452800"),
        datetime(2026, 3, 2, 12, tzinfo=UTC),
        datetime(2026, 3, 2, 12),  # noqa: DTZ001 -- a time without a zone is what is tested
        datetime(2026, 3, 2, 14, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_spellings_of_one_moment(value: object) -> None:
    assert value_parsers.parse_timestamp(value) == (NOON, None)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("soon", value_parsers.NOT_TIME),
        ("2026-13-01", value_parsers.NOT_TIME),
        ("0", value_parsers.IMPLAUSIBLE),
        ("2014-12-31T23:59:59.999999Z", value_parsers.IMPLAUSIBLE),
        ("2100-01-01", value_parsers.IMPLAUSIBLE),
        ("0001-01-01T00:00:00+14:00", value_parsers.IMPLAUSIBLE),
        (10**40, value_parsers.IMPLAUSIBLE),
        (float("inf"), value_parsers.NOT_TIME),
        (True, value_parsers.BOOLEAN),
        ([1], value_parsers.NOT_TIME),
        ("", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_moments_that_cannot_be_used(value: object, fault: str | None) -> None:
    assert value_parsers.parse_timestamp(value) == (None, fault)


def test_bounds_of_plausible_times_are_those_stated() -> None:
    assert value_parsers.parse_timestamp("2015-01-01")[0] == value_parsers.EARLIEST
    assert value_parsers.parse_timestamp("2099-12-31T23:59:59.999999")[0] == value_parsers.LATEST - 1
    assert value_parsers.parse_timestamp(date(2026, 3, 2))[0] == NOON - 12 * 3_600_000_000


def test_a_stated_unit_stands_over_the_magnitude() -> None:
    assert value_parsers.parse_timestamp(1_772_452_800, "ms") == (None, value_parsers.IMPLAUSIBLE)
    assert value_parsers.parse_timestamp(1_772_452_800_000, "ms") == (NOON, None)


@given(st.integers(value_parsers.EARLIEST, value_parsers.LATEST - 1))
@settings(max_examples=60)
def test_every_unit_and_spelling_of_a_moment_gives_it_back(micros: int) -> None:
    moment = value_parsers.EPOCH + timedelta(microseconds=micros)
    assert value_parsers.parse_timestamp(micros) == (micros, None)
    assert value_parsers.parse_timestamp(micros * 1_000 + 7) == (micros, None)
    assert value_parsers.parse_timestamp(micros // 1_000) == (micros // 1_000 * 1_000, None)
    assert value_parsers.parse_timestamp(moment.isoformat()) == (micros, None)
    assert value_parsers.parse_timestamp(micros / 1_000_000) == (micros, None)


@pytest.mark.parametrize(
    ("value", "read", "fault"),
    [
        (7, 7, None),
        (7.0, 7, None),
        ("7", 7, None),
        (" 7.0 ", 7, None),
        (Decimal(7), 7, None),
        (7.5, None, value_parsers.FRACTION),
        ("7.5", None, value_parsers.FRACTION),
        (-1, None, value_parsers.NEGATIVE),
        ("-1", None, value_parsers.NEGATIVE),
        (2**63, None, value_parsers.TOO_LARGE),
        (True, None, value_parsers.BOOLEAN),
        ("many", None, value_parsers.NOT_NUMBER),
        ([7], None, value_parsers.NOT_NUMBER),
        (float("inf"), None, value_parsers.NOT_NUMBER),
        (float("nan"), None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_counts(value: object, read: int | None, fault: str | None) -> None:
    assert value_parsers.parse_count(value) == (read, fault)


@pytest.mark.parametrize(
    ("value", "trusted", "read", "fault"),
    [
        ("203.0.113.7", 0, "203.0.113.7", None),
        ("203.0.113.7:443", 0, "203.0.113.7", None),
        (" 203.0.113.7 ", 0, "203.0.113.7", None),
        ("2001:DB8:0::1", 0, "2001:db8::1", None),
        ("[2001:db8::1]", 0, "2001:db8::1", None),
        ("[2001:db8::1]:443", 0, "2001:db8::1", None),
        ('"[2001:db8::1]:443"', 0, "2001:db8::1", None),
        ("fe80::1%eth0", 0, "fe80::1", None),
        ("::ffff:203.0.113.7", 0, "203.0.113.7", None),
        ("[::ffff:203.0.113.7]:80", 0, "203.0.113.7", None),
        ("198.51.100.1, 203.0.113.7", 0, "203.0.113.7", None),
        ("198.51.100.1, 203.0.113.7, 10.0.0.1", 1, "203.0.113.7", None),
        ("198.51.100.1, 203.0.113.7", 2, "198.51.100.1", value_parsers.FEW_HOPS),
        (["198.51.100.1", "203.0.113.7"], 0, "203.0.113.7", None),
        ("203.0.113.7", 3, "203.0.113.7", None),
        ("203.0.113.7, unknown", 0, None, value_parsers.NOT_ADDRESS),
        ("203.0.113.7,", 0, None, value_parsers.NOT_ADDRESS),
        ("203.0.113.256", 0, None, value_parsers.NOT_ADDRESS),
        ("203.0.113.7:http", 0, None, value_parsers.NOT_ADDRESS),
        ("[2001:db8::1]x", 0, None, value_parsers.NOT_ADDRESS),
        ("0.0.0.0", 0, None, value_parsers.NOT_ADDRESS),  # noqa: S104 -- an address that is none
        ("::", 0, None, value_parsers.NOT_ADDRESS),
        ("localhost", 0, None, value_parsers.NOT_ADDRESS),
        (1, 0, None, value_parsers.NOT_ADDRESS),
        ("", 0, None, None),
        ("  ", 0, None, None),
        (None, 0, None, None),
    ],
)
def test_addresses(value: object, trusted: int, read: str | None, fault: str | None) -> None:
    assert value_parsers.parse_address(value, trusted) == (read, fault)


@given(st.ip_addresses(), st.booleans(), st.lists(st.text("0123456789.:x ,", max_size=9), max_size=3))
@settings(max_examples=80)
def test_what_a_client_forges_on_the_left_never_matters(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: bool, forged: list[str]
) -> None:
    entry = f"[{address}]" if address.version == 6 else str(address)
    header = ", ".join([*forged, entry + (":8443" if port else "")])
    alone = value_parsers.parse_address(str(address))
    assert value_parsers.parse_address(header) == alone
    assert value_parsers.parse_address(f"{header}, 10.0.0.1", 1) == alone


@given(
    st.text(max_size=30)
    | st.from_regex(r"[-+]?\d{1,60}(\.\d+)?(e\d{1,5})?", fullmatch=True)
    | st.integers()
    | st.floats()
    | st.none()
    | st.booleans()
    | st.binary(max_size=9)
)
@settings(max_examples=150)
def test_nothing_raises_and_what_is_read_is_clean(value: object) -> None:
    for read in (
        value_parsers.parse_timestamp,
        value_parsers.parse_count,
        value_parsers.parse_integer,
        value_parsers.parse_float,
        value_parsers.parse_address,
        value_parsers.parse_names,
    ):
        read(value)
    assert value_parsers.parse_float(10**400) == (None, value_parsers.TOO_LARGE)
    assert value_parsers.parse_timestamp("9" * 5_000) == (None, value_parsers.NOT_TIME)
    spelt, _ = value_parsers.parse_text(value)
    if spelt is not None:
        assert spelt
        assert "\0" not in spelt
        spelt.encode("utf-8")


@pytest.mark.parametrize(
    ("value", "read", "fault"),
    [
        (["a", "b"], ["a", "b"], None),
        ([], [], None),
        ('["a", "b"]', ["a", "b"], None),
        ("a; b,c", ["a", "b", "c"], None),
        (["a", " ", None, 3], ["a", "3"], None),
        (["a\0"], ["a"], value_parsers.NUL),
        (["a", True], ["a"], value_parsers.BOOLEAN),
        ("[broken", None, value_parsers.NOT_LIST),
        (3, None, value_parsers.NOT_LIST),
        ("", None, None),
        (None, None, None),
    ],
)
def test_names(value: object, read: list[str] | None, fault: str | None) -> None:
    assert value_parsers.parse_names(value) == (read, fault)


ANYTHING: Any = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(1_400_000_000, 1_900_000_000),
    st.floats(),
    st.text(st.characters(codec=None), max_size=8),
    st.sampled_from(["203.0.113.7", "7", "2026-03-02", "1772452800.5", "\ud83d", "a\0", " ", "[1]"]),
    st.lists(st.text(max_size=3) | st.none() | st.booleans(), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=1),
)


@given(st.lists(ANYTHING, max_size=6), st.sampled_from(EXCHANGES.names))
@example([0.0, False], "started_at")
@example(["bash"], "tool_names")
@example([1.5], "turns")
@settings(max_examples=300)
def test_a_whole_column_is_read_as_its_values_one_by_one(raw: list[Any], name: str) -> None:
    together, alone = _conformed(name, raw), [_conformed(name, [value]) for value in raw]
    assert together[0] == [value for values_, _ in alone for value in values_]
    faults: dict[str, int] = {}
    for _, repaired in alone:
        for reason, number in repaired.items():
            faults[reason] = faults.get(reason, 0) + number
    assert together[1] == faults


def _conformed(name: str, raw: Any) -> tuple[list[Any], dict[str, int]]:
    """A column's values of the rows that stay, and what was rejected or repaired in it."""
    rows = len(raw)
    columns: dict[str, Any] = {
        "exchange_id": [f"e{row}" for row in range(rows)],
        "started_at": [NOON] * rows,
        "account_id": ["a"] * rows,
        "model": ["m"] * rows,
        name: raw,
    }
    rejects = Rejects()
    batch = conform_columns(EXCHANGES, columns, rows, ORIGIN, rejects)
    assert batch.schema == EXCHANGES.schema
    assert batch.num_rows + sum(rejects.counts.values()) == rows
    batch.validate(full=True)
    return batch.column(name).to_pylist(), rejects.counts | rejects.repaired


SPELLINGS: Any = st.one_of(
    st.none(),
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded),
    st.lists(st.sampled_from(["0", "", "1", "0a", "ab", "ffff", "F", "12345"]), min_size=2, max_size=9).map(":".join),
    st.lists(st.sampled_from(["0", "", "01", "9", "99", "199", "249", "255", "256"]), min_size=3, max_size=5).map(
        ".".join
    ),
    st.sampled_from(
        ["::ffff:203.0.113.7", "203.0.113.7\n", "203.0.113.7, 198.51.100.4", "[2001:db8::1]:80", " ", "", "é"]
    ),
)


@given(st.lists(SPELLINGS, max_size=8), st.sampled_from(["client_ip", "user_agent"]), st.integers(0, 2))
@settings(max_examples=300)
def test_a_column_of_strings_is_read_as_its_values_wherever_it_begins(raw: list[Any], name: str, skip: int) -> None:
    array, rows = pa.array(raw, pa.string()).slice(skip), raw[skip:]
    for column in (array, array.dictionary_encode()):
        assert _conformed(name, column) == _conformed(name, rows)


@pytest.mark.parametrize(
    ("name", "array", "read"),
    [
        ("started_at", pa.array([NOON // 1_000_000], pa.timestamp("s")), [NOON]),
        ("started_at", pa.array([NOON * 1_000 + 9], pa.timestamp("ns", tz="Europe/Berlin")), [NOON]),
        ("started_at", pa.array([NOON / 1e6]), [NOON]),
        ("started_at", pa.array(["2026-03-02T12:00Z"]), [NOON]),
        ("turns", pa.array([1.0, None, float("nan")]), [1, None, None]),
        ("turns", pa.array([5], pa.uint8()), [5]),
        ("client_asn", pa.array([64_512, 2**31], pa.int64()), [64_512, None]),
        ("input_tokens", pa.array([Decimal("12"), Decimal("1.5")]), [12, None]),
        ("prompt", pa.array(["a", None, ""], pa.large_string()), ["a", None, None]),
        ("prompt", pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        ("channel", pa.array([True]), [None]),
        ("prompt", pa.array([b"caf\xe9"]), ["caf\ufffd"]),
        ("tool_names", pa.array([["a"], [], None], pa.large_list(pa.string())), [["a"], [], None]),
        ("tool_names", pa.array([["a", None, " "]]), [["a"]]),
        ("client_ip", pa.array(["::ffff:1.2.3.4", "x", None]).dictionary_encode(), ["1.2.3.4", None, None]),
    ],
)
def test_arrow_columns_of_other_types_are_cast(name: str, array: Any, read: list[Any]) -> None:
    rows = len(array)
    columns: dict[str, Any] = {
        "exchange_id": pa.array([f"e{row}" for row in range(rows)]),
        "started_at": pa.array([NOON] * rows, TIMESTAMP),
        "account_id": pa.array(["a"] * rows),
        "model": pa.array(["m"] * rows),
        name: array,
    }
    batch = conform_columns(EXCHANGES, columns, rows, ORIGIN, Rejects())
    column = batch.column(name)
    assert (column.cast(pa.int64()) if name == "started_at" else column).to_pylist() == read


def test_strings_of_bytes_that_are_no_utf8_are_mended() -> None:
    data = pa.py_buffer(b"okcaf\xe9")
    offsets = pa.py_buffer(np.array([0, 2, 6], dtype=np.int32).tobytes())
    broken = pa.Array.from_buffers(pa.string(), 2, [None, offsets, data])
    columns: dict[str, Any] = {name: ["x", "y"] for name in ("exchange_id", "account_id", "model")}
    rejects = Rejects()
    batch = conform_columns(
        EXCHANGES,
        columns | {"started_at": [NOON, NOON], "prompt": broken},
        2,
        ORIGIN,
        rejects,
    )
    assert batch.column("prompt").to_pylist() == ["ok", "caf\ufffd"]
    assert rejects.repaired == {f"prompt: {value_parsers.SURROGATE}": 1}


def test_hashes_keep_their_sign() -> None:
    columns: dict[str, Any] = {name: ["x"] for name in ("exchange_id", "account_id", "model")}
    columns |= {"started_at": [NOON], "prompt_hash": [-(2**63)], "sketch": [[-5, 2**63 - 1]], "input_tokens": [-1]}
    columns |= {"elicitation_confidence": ["0.5"]}
    batch = conform_columns(TRAFFIC, columns, 1, ORIGIN, Rejects())
    row = batch.to_pylist()[0]
    assert (row["prompt_hash"], row["sketch"], row["input_tokens"]) == (-(2**63), [-5, 2**63 - 1], None)
    assert row["elicitation_confidence"] == 0.5


def test_an_account_made_at_an_implausible_time_stays_without_it() -> None:
    rejects = Rejects()
    columns: dict[str, Any] = {"account_id": ["a"], "created_at": ["1970-01-01"], "signup_ip": ["1.2.3.4:5"]}
    batch = conform_columns(ACCOUNTS, columns, 1, ORIGIN, rejects)
    assert batch.to_pylist()[0]["created_at"] is None
    assert batch.to_pylist()[0]["signup_ip"] == "1.2.3.4"
    assert rejects.repaired == {f"created_at: {value_parsers.IMPLAUSIBLE}": 1}
