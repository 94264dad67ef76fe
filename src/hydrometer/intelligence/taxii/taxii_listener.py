"""Runs the TAXII server on an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn

from hydrometer.contract import InputError
from hydrometer.files import open_listener
from hydrometer.intelligence.taxii.taxii_server import ROOT, TaxiiServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.files import ServerAddress
    from hydrometer.intelligence.taxii.client_registry import ClientRegistry
    from hydrometer.intelligence.taxii.taxii_store import TaxiiStore

MOST_AT_ONCE = 64
"""Requests that are worked on at a time; others are asked to come again."""
GOODBYE_SECONDS = 10
"""Time that requests have to end when the server is to end."""


def run_taxii_server(
    store: TaxiiStore, clients: ClientRegistry, listen: ServerAddress, announce: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or SIGINT; `announce` gets the address of the API root once it is bound.

    Raises:
        InputError: the address cannot be listened on, or the certificate is unusable.
    """
    listen.check()
    secure = listen.certificate is not None
    config = uvicorn.Config(
        TaxiiServer(store, clients, "Hydrometer").app(),
        log_level="warning",
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_AT_ONCE,
        timeout_graceful_shutdown=GOODBYE_SECONDS,
        ssl_certfile=listen.certificate,
        ssl_keyfile=listen.key,
    )
    try:
        config.load()
    except OSError as error:  # of which ssl.SSLError is one
        raise InputError(
            f"unusable certificate or key: {error}", file=str(listen.certificate), mend="Give both in PEM."
        ) from None
    with open_listener(listen.host, listen.port, backlog=MOST_AT_ONCE) as listener:
        host = f"[{listen.host}]" if ":" in listen.host else listen.host
        announce(f"{'https' if secure else 'http'}://{host}:{listener.getsockname()[1]}{ROOT}")
        try:
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            return  # uvicorn passes on the signal to end: for a server that is no interruption
