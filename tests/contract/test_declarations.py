"""Settings, errors and tables as they are declared."""

from __future__ import annotations

import pyarrow as pa
import pytest

from hydrometer.contract.errors import InputError
from hydrometer.contract.exchange_columns import EXCHANGES, TEXTS
from hydrometer.contract.fingerprint_columns import FINGERPRINTS, TRAFFIC


def test_an_input_error_says_where_what_and_how() -> None:
    assert str(InputError("not a time", file="a.jsonl", row=7, column="started_at", mend="Write ISO 8601.")) == (
        "a.jsonl:7 column started_at: not a time. Write ISO 8601."
    )
    assert str(InputError("no rows", mend="Name a file with rows.")) == "no rows. Name a file with rows."


def test_texts_stop_at_the_fingerprint() -> None:
    assert set(TEXTS) <= set(EXCHANGES.names)
    assert not set(TEXTS) & set(TRAFFIC.names)
    assert TRAFFIC.names == [name for name in EXCHANGES.names if name not in TEXTS] + FINGERPRINTS.names


def test_needed_columns_take_no_null() -> None:
    schema = EXCHANGES.schema
    assert [field.name for field in schema if not field.nullable] == EXCHANGES.needed
    assert EXCHANGES.column("started_at").type == pa.timestamp("us", tz="UTC")
    with pytest.raises(KeyError, match="exchanges has no column nothing"):
        EXCHANGES.column("nothing")
