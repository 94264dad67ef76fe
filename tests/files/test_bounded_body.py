"""Bodies that are collected no further than they may be long."""

from __future__ import annotations

import pytest

from hydrometer.files import BodyTooLargeError, BoundedBody


def test_chunks_are_put_together_up_to_the_bound() -> None:
    body = BoundedBody(4)
    body.add(b"ab")
    body.add(b"cd")
    assert body.content == b"abcd"
    with pytest.raises(BodyTooLargeError, match="more than 4 bytes"):
        body.add(b"e")
