"""Who sends a request: what a client can forge and what it cannot."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrometer.contract.errors import InputError
from hydrometer.contract.gateway import GatewaySettings, SenderHeaders
from hydrometer.enforcement.guard.client_identity import canonicalise_address, hash_api_key, make_identity_reader
from hydrometer.files.settings_files import load_gateway_settings

if TYPE_CHECKING:
    from pathlib import Path

ADDRESSES = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str)


def client_ip(forwarded: list[bytes], peer: str, hops: int) -> str:
    read = make_identity_reader(GatewaySettings(trusted_hops=hops))
    return read([(b"x-forwarded-for", value) for value in forwarded], peer)[0].client_ip


@pytest.mark.parametrize(
    ("forwarded", "hops", "address"),
    [
        ([b"6.6.6.6, 198.51.100.7"], 1, "198.51.100.7"),
        ([b"6.6.6.6, 198.51.100.7, 10.0.0.2"], 2, "198.51.100.7"),
        ([b"6.6.6.6", b"198.51.100.7"], 1, "198.51.100.7"),
        ([b"6.6.6.6", b"198.51.100.7", b"10.0.0.2"], 2, "198.51.100.7"),
        ([b"198.51.100.7"], 2, ""),
        ([], 1, ""),
        ([b""], 1, ""),
        ([b"6.6.6.6, unknown"], 1, ""),
        ([b"6.6.6.6, [2001:DB8::1]:443"], 1, "2001:db8::1"),
        ([b"6.6.6.6, 198.51.100.7:5555"], 1, "198.51.100.7"),
        ([b"6.6.6.6"], 0, "192.0.2.1"),
    ],
)
def test_the_address_is_the_one_that_trusted_proxies_saw(forwarded: list[bytes], hops: int, address: str) -> None:
    assert client_ip(forwarded, "192.0.2.1", hops) == address


@given(forged=st.lists(st.binary(max_size=3000), max_size=5), true=ADDRESSES, behind=st.lists(ADDRESSES, max_size=4))
def test_nothing_that_a_client_writes_changes_its_address(forged: list[bytes], true: str, behind: list[str]) -> None:
    appended = b", ".join(address.encode() for address in [true, *behind])
    for joined in (True, False):
        headers = [b",".join([*forged, appended])] if joined else [*forged, appended]
        assert client_ip(headers, "", 1 + len(behind)) == canonicalise_address(true)


@given(ADDRESSES)
def test_an_address_has_one_spelling(address: str) -> None:
    told = canonicalise_address(address)
    assert ipaddress.ip_address(told)
    assert canonicalise_address(told) == told
    assert canonicalise_address(f"[{told}]:80") == told
    if ":" not in told:
        assert canonicalise_address(f"::ffff:{told}") == told


@given(st.text(max_size=100))
def test_whatever_is_said_is_an_address_or_none(text: str) -> None:
    told = canonicalise_address(text)
    assert told == "" or ipaddress.ip_address(told)


@given(st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=60)), max_size=300), st.text(max_size=50))
def test_no_headers_raise(headers: list[tuple[bytes, bytes]], peer: str) -> None:
    read = make_identity_reader(GatewaySettings())
    named = [b"x-account-id", b"x-forwarded-for", b"x-client-asn", b"user-agent"]
    sender, _ = read([*headers, *((name, value) for name, (_, value) in zip(named, headers, strict=False))], peer)
    assert len(sender.account_id) <= 512
    assert 0 <= sender.asn < 2**32


def test_faults_are_told() -> None:
    read = make_identity_reader(GatewaySettings())
    assert read([(b"x-client-asn", b"AS64500"), (b"x-forwarded-for", b"198.51.100.7")], "")[0].asn == 64500
    assert read([(b"x-client-asn", b"many")], "")[1] == "asn"
    assert read([(b"x-forwarded-for", b"nowhere")], "192.0.2.1")[1] == "address"
    assert read([(b"a", b"")] * 300, "")[1] == "too many headers"


def test_the_account_of_a_key_is_its_hash_and_the_header_is_then_nobodys() -> None:
    read = make_identity_reader(GatewaySettings(account_from="key", headers=SenderHeaders(ja4="")))
    hashed = hashlib.sha256(b"sk-1").hexdigest()
    for header in ((b"authorization", b"Bearer sk-1"), (b"x-api-key", b"sk-1")):
        assert read([header, (b"x-account-id", b"forged")], "")[0].account_id == hashed
    assert hash_api_key(b"Bearer ") == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("trusted_hops = 99", "<= 16"),
        ("failing = 'ajar'", "Invalid enum value"),
        ("nothing = 1", "unknown setting `nothing`"),
        ("trusted_hops", "not TOML"),
        ("[failing_by]\nenvoy = 'maybe'", "Invalid enum value"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_with_their_place(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "gateways.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=says) as refused:
        load_gateway_settings(file)
    assert str(file) in str(refused.value)


def test_settings_are_read(tmp_path: Path) -> None:
    file = tmp_path / "gateways.toml"
    file.write_text("trusted_hops = 2\n[failing_by]\nenvoy = 'closed'\n[headers]\nja4 = 'cf-ja4'\n")
    settings = load_gateway_settings(file)
    assert (settings.failing_of("envoy"), settings.failing_of("asgi")) == ("closed", "open")
    assert settings.headers.ja4 == "cf-ja4"
    assert load_gateway_settings(None) == GatewaySettings()
