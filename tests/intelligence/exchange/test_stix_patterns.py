"""Patterns say one value, and what is read of them is what was written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stix2patterns.validator import run_validator

from fixtures.dossiers import VALUES
from hydrometer.contract.entity_kinds import INDICATOR_KINDS, EntityKind
from hydrometer.intelligence.exchange.canonicalisation import canonicalise_value
from hydrometer.intelligence.exchange.stix_patterns import PatternValue, read_pattern, write_pattern

FREE = [kind for kind in INDICATOR_KINDS if kind not in ("address", "network", "signup_network", "asn")]


@pytest.mark.parametrize("kind", INDICATOR_KINDS)
def test_every_kind_has_a_valid_pattern_that_reads_back(kind: EntityKind) -> None:
    made = write_pattern(kind, VALUES[kind])
    assert run_validator(made, stix_version="2.1") == []
    assert read_pattern(made) == [PatternValue(kind, VALUES[kind])]


@settings(max_examples=300)
@given(st.sampled_from(FREE), st.text(min_size=1, max_size=60))
def test_any_text_reads_back(kind: EntityKind, value: str) -> None:
    try:
        wanted = canonicalise_value(kind, value)
    except ValueError:
        return
    made = write_pattern(kind, value)
    assert read_pattern(made) == [PatternValue(kind, wanted)]
    assert canonicalise_value(kind, wanted) == wanted


@given(st.ip_addresses(), st.integers(0, 32))
def test_any_address_and_range_reads_back(address: object, prefix: int) -> None:
    assert read_pattern(write_pattern(EntityKind.ADDRESS, str(address))) == [
        PatternValue(EntityKind.ADDRESS, canonicalise_value(EntityKind.ADDRESS, str(address)))
    ]
    network = canonicalise_value(EntityKind.NETWORK, f"{address}/{prefix}")
    assert read_pattern(write_pattern(EntityKind.NETWORK, network)) == [PatternValue(EntityKind.NETWORK, network)]


@settings(max_examples=300)
@given(st.text(alphabet="[]()'\\ ORIN=LIKEx-hydrometer:value.,%0123456789\"*", max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = read_pattern(text)
    assert found is None or all(read_pattern(write_pattern(*one)) == [one] for one in found)


@pytest.mark.parametrize("version", ["4", "6"])
@pytest.mark.parametrize("end", ["src_ref", "dst_ref"])
def test_an_end_of_a_connection_is_an_address(version: str, end: str) -> None:
    value = "198.51.100.7" if version == "4" else "2001:db8::1"
    kind, said = f"network-traffic:{end}.type = 'ipv{version}-addr'", f"network-traffic:{end}.value = '{value}'"
    assert (
        read_pattern(f"[{kind} AND {said}]")
        == read_pattern(f"[{said} AND {kind}]")
        == [PatternValue(EntityKind.ADDRESS, value)]
    )
    assert read_pattern(f"[{said}]") == [PatternValue(EntityKind.ADDRESS, value)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "ipv4-addr:value = '198.51.100.7'",
        "[ipv4-addr:value = '198.51.100.7'",
        "[ipv4-addr:value = '198.51.100.7'] AND [autonomous-system:number = 1]",
        "[ipv4-addr:value = '198.51.100.7' AND autonomous-system:number = 1]",
        "[ipv4-addr:value != '198.51.100.7']",
        "[ipv4-addr:value NOT = '198.51.100.7']",
        "[NOT ipv4-addr:value = '198.51.100.7']",
        "[ipv4-addr:value = '198.51.100.7'] WITHIN 5 SECONDS",
        "[ipv4-addr:value = '198.51.100.7'] REPEATS 5 TIMES",
        "[ipv4-addr:value LIKE '198.51.%']",
        "[ipv4-addr:value = 'localhost']",
        "[email-addr:value LIKE '%example']",
        "[email-addr:value LIKE '%@%.example']",
        "[email-addr:value = 'somebody@relay.example']",
        "[file:name = 'x']",
        "[autonomous-system:number IN ()]",
        "[autonomous-system:number IN (1 2)]",
        "[autonomous-system:number IN (1,,2)]",
        "[ipv4-addr:value = '198.51.100.7' OR file:name = 'x']",
        "[network-traffic:src_ref.type = 'ipv4-addr']",
        "[network-traffic:src_ref.type = 'ipv4-addr' OR network-traffic:src_ref.value = '198.51.100.7']",
        "[network-traffic:src_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]",
        "[network-traffic:src_ref.value = '198.51.100.7' AND network-traffic:dst_ref.value = '198.51.100.8']",
        "[ipv4-addr:value = '198.51.100.7' OR ipv4-addr:value = '198.51.100.8' AND autonomous-system:number = 1]",
        "[" * 3000,
    ],
)
def test_what_no_single_value_holds_is_not_guessed_at(text: str) -> None:
    assert read_pattern(text) is None


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("address", " 198.51.100.7 ", "198.51.100.7"),
        ("address", "198.51.100.7/32", "198.51.100.7"),
        ("address", "2001:0DB8::0001", "2001:db8::1"),
        ("address", "::ffff:198.51.100.7", "198.51.100.7"),
        ("network", "198.51.100.7/24", "198.51.100.0/24"),
        ("network", "::ffff:198.51.100.0/120", "198.51.100.0/24"),
        ("network", "2001:db8:0::/48", "2001:db8::/48"),
        ("asn", "AS64500", "64500"),
        ("asn", "064500", "64500"),
        ("domain", "Relay.Example.", "relay.example"),
        ("user_agent", "Curl/8", "Curl/8"),
    ],
)
def test_equal_things_have_one_spelling(kind: EntityKind, value: str, wanted: str) -> None:
    assert canonicalise_value(kind, value) == wanted


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("address", "198.51.100.0/24"),
        ("address", "fe80::1%eth0"),
        ("address", "relay.example"),
        ("network", "198.51.100.0/33"),
        ("asn", "4294967296"),
        ("asn", "-1"),
        ("asn", "٣"),
        ("payment", ""),
        ("payment", "a\nb"),
        ("user_agent", "x" * 4097),
    ],
)
def test_what_is_no_value_of_its_kind_is_refused(kind: EntityKind, value: str) -> None:
    with pytest.raises(ValueError):
        canonicalise_value(kind, value)
