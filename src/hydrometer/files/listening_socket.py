"""Sockets that servers listen on."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hydrometer.contract import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def open_listener(host: str, port: int, *, backlog: int = 8) -> Iterator[socket.socket]:
    """Yield a socket that listens on an address, of a free port where that is 0; it is closed after the block.

    backlog: connections that may wait to be accepted.

    Raises:
        InputError: the address cannot be listened on.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(backlog)
        except (OSError, OverflowError) as error:
            raise InputError(
                f"cannot listen on {host} port {port}: {error}", mend="Give another host or port."
            ) from None
        yield listener
