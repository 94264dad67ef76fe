"""The guard's own server: HTTP on uvicorn, Envoy's gRPC beside it in the same loop."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from typing import TYPE_CHECKING, Any

from hydrometer.enforcement.guard.guard_app import GuardApp
from hydrometer.files import open_listener, require_extra

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from hydrometer.enforcement.guard.enforcement_point import EnforcementPoint

SHUTDOWN_SECONDS = 5
"""What requests in flight have when the server is to end."""
BACKLOG = 2048
"""Connections that may wait to be accepted."""


def serve_guard(
    enforcement_point: EnforcementPoint,
    *,
    host: str,
    port: int,
    token: str = "",
    envoy_port: int | None = None,
    started: Callable[[int, int | None], None] = lambda _port, _envoy: None,
) -> None:
    """Serve until SIGTERM or SIGINT; `started` is called with the ports of HTTP and gRPC once they are open (0: any).

    Raises:
        InputError: an extra is not installed, or an address cannot be had.
    """
    with require_extra("serve", "serving the gateways"):
        import uvicorn  # late: an extra
    # Nothing of a request may reach a log but through the event log: no access log, no log of the server's own.
    config = uvicorn.Config(
        GuardApp(enforcement_point, token=token),
        access_log=False,
        log_config=None,
        log_level="critical",
        lifespan="off",
        server_header=False,
        date_header=False,
        proxy_headers=False,  # X-Forwarded-For is read by ourselves
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    # What was made until now stays: a collection that looked at all of it again would hold requests up.
    gc.collect()
    gc.freeze()
    try:
        with (
            open_listener(host, port, backlog=BACKLOG) as listener,
            asyncio.Runner(loop_factory=_choose_loop_factory()) as runner,
        ):
            listener.setblocking(False)
            envoy_address = None if envoy_port is None else (host, envoy_port)
            runner.run(_run_server(uvicorn.Server(config), enforcement_point, listener, envoy_address, started))
    finally:
        gc.unfreeze()


async def _run_server(
    server: Any,
    enforcement_point: EnforcementPoint,
    listener: socket.socket,
    envoy_address: tuple[str, int] | None,
    started: Callable[[int, int | None], None],
) -> None:
    envoy: Any = None
    bound: int | None = None
    if envoy_address is not None:
        with require_extra("envoy", "Envoy's port"):
            from hydrometer.enforcement.guard.gateways.envoy import start_envoy_server  # late: an extra
        envoy, bound = await start_envoy_server(enforcement_point, *envoy_address)
    # Not the loop's handlers, which Windows has not: the server looks at the flag ten times a second.
    before = {
        name: signal.signal(name, lambda *_: setattr(server, "should_exit", True))
        for name in (signal.SIGINT, signal.SIGTERM)
    }
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    try:
        await server.startup(sockets=[listener])
        started(listener.getsockname()[1], bound)
        await server.main_loop()
        await server.shutdown(sockets=[listener])
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
        if envoy is not None:
            await envoy.stop(SHUTDOWN_SECONDS)


def _choose_loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    with require_extra("serve", "serving the gateways"):
        import uvloop  # late: an extra
    return uvloop.new_event_loop
