"""Sockets that servers listen on."""

from __future__ import annotations

import socket

import pytest

from hydrometer.contract import InputError
from hydrometer.files import open_listener


def test_a_free_port_is_listened_on_until_the_block_ends() -> None:
    with open_listener("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        with (
            pytest.raises(InputError, match=f"cannot listen on 127.0.0.1 port {port}"),
            open_listener("127.0.0.1", port),
        ):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_what_is_no_port_is_refused() -> None:
    with pytest.raises(InputError, match="cannot listen"), open_listener("127.0.0.1", 70_000):
        pass
