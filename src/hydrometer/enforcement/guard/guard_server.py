"""The guard's own server: HTTP on uvicorn, Envoy's gRPC beside it in the same loop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

from hydrometer.contract import InputError
from hydrometer.enforcement.guard.guard_app import GuardApp

if TYPE_CHECKING:
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
    try:
        import uvicorn  # late: an extra
    except ImportError:
        raise _make_missing_extra_error("serve") from None
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
        with asyncio.Runner(loop_factory=_choose_loop_factory()) as runner:
            runner.run(_run_server(uvicorn.Server(config), enforcement_point, host, port, envoy_port, started))
    finally:
        gc.unfreeze()


async def _run_server(
    server: Any,
    enforcement_point: EnforcementPoint,
    host: str,
    port: int,
    envoy_port: int | None,
    started: Callable[[int, int | None], None],
) -> None:
    listener = _open_listener(host, port)
    envoy: Any = None
    bound: int | None = None
    if envoy_port is not None:
        try:
            from hydrometer.enforcement.guard.gateways.envoy import start_envoy_server  # late: an extra
        except ImportError:
            listener.close()
            raise _make_missing_extra_error("envoy") from None
        envoy, bound = await start_envoy_server(enforcement_point, host, envoy_port)
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


def _open_listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise InputError(
            f"{host}:{port} cannot be listened on: {error.strerror}", mend="Name another address, or stop what has it."
        ) from None
    listener.setblocking(False)
    return listener


def _choose_loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    try:
        import uvloop  # late: an extra
    except ImportError:
        raise _make_missing_extra_error("serve") from None
    return uvloop.new_event_loop


def _make_missing_extra_error(extra: str) -> InputError:
    return InputError(
        f"the extra `{extra}` is not installed", mend=f"Install it with: pip install 'hydrometer[{extra}]'"
    )
