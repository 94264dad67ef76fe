"""Digests of texts: the same on every gateway, of the length that is asked for, and of any text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hydrometer.enforcement.text_digest import digest_text, hash_text


@given(st.text(alphabet=st.characters()), st.binary(min_size=1, max_size=64))
def test_any_text_has_a_digest_that_a_key_changes(text: str, key: bytes) -> None:
    assert digest_text(text, 12) == digest_text(text, 12)
    assert len(digest_text(text, 12, key)) == 12
    assert digest_text(text, 12) != digest_text(text, 12, key)
    assert hash_text(text, key) == int.from_bytes(digest_text(text, 8, key), "little")


def test_digests_do_not_change_between_versions() -> None:
    # Who is in a roll-out, and what a fleet counts together, hangs on them.
    assert digest_text("account", 16).hex() == "db983216e3d499b9bb4c558f72769037"
    assert digest_text("\ud800", 8) == digest_text("?", 8)
