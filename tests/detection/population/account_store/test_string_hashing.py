"""Blocks of addresses as numbers: one number a block, none for what is no address."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.contract.canonical_forms import derive_network_block
from hydrometer.detection.population.account_store.string_hashing import ABSENT, hash_networks

NO_ADDRESSES = ["", "nonsense", "1.2.3", "1.2.3.", "1..2.3", "1.2.3.4.5", "1111.2.3.4", "a.b.c.d", "9" * 50, "é:" * 30]


@settings(max_examples=100)
@given(st.lists(st.ip_addresses().map(str), min_size=1, max_size=40))
def test_a_block_has_one_number_and_no_other_block_has_it(addresses: list[str]) -> None:
    blocks = [derive_network_block(address) for address in addresses]
    numbers = hash_networks(pa.array(addresses)).tolist()
    assert len(set(blocks)) == len(set(numbers)) == len(set(zip(blocks, numbers, strict=True)))


@pytest.mark.parametrize("odd", NO_ADDRESSES)
def test_what_has_no_block_has_no_number(odd: str) -> None:
    assert derive_network_block(odd) == ""
    assert hash_networks(pa.array([odd, None, "192.0.2.1"]))[:2].tolist() == [ABSENT, ABSENT]


def test_blocks_are_spelled_alike_however_the_address_goes_on() -> None:
    numbers = hash_networks(pa.array(["192.0.2.1", "192.0.2.255", "2001:db8::1", "2001:db8:0:5::"]))
    assert np.unique(numbers).size == 2
