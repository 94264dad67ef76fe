"""Blocks of addresses are named alike wherever they are named."""

from __future__ import annotations

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.contract.addresses import derive_network_block
from hydrometer.detection.population import measuring_steps


def test_blocks_are_those_of_24_and_48_bits() -> None:
    assert derive_network_block("192.0.2.77") == "192.0.2.0/24"
    assert derive_network_block("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert derive_network_block("2001:db8::1") == "2001:db8:0::/48"
    assert derive_network_block("::1") == "0:0:0::/48"


def test_what_is_no_address_has_none() -> None:
    for odd in ("", "nonsense", "1.2.3", "a.b.c.d.e", "9" * 1_000, ":" * 1_000):
        assert "/" not in derive_network_block(odd)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.ip_addresses().map(str), min_size=1, max_size=50))
def test_they_are_named_as_detection_names_them(addresses: list[str]) -> None:
    with duckdb.connect() as engine:
        rows = engine.execute(
            f"SELECT {measuring_steps.write_network_sql('a')} FROM (SELECT unnest(?) AS a)", [addresses]
        ).fetchall()
    assert [row[0] for row in rows] == [derive_network_block(address) for address in addresses]
