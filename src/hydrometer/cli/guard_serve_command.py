"""`hydrometer guard serve`: the gateways as a server."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (Typer reads the annotations at run time)
from typing import Annotated

import typer

from hydrometer.cli import options  # noqa: TC001 (Typer reads the annotations at run time)
from hydrometer.cli.exit_status import ExitStatus


def serve_gateways(
    snapshot: Annotated[
        Path, typer.Argument(metavar="SNAPSHOT", help="A file that `guard snapshot` writes, now and again.")
    ],
    public_key: Annotated[
        list[Path], typer.Option("--public-key", metavar="FILE", help="Public key that is trusted; may be given again.")
    ],
    site_key: options.SiteKey = None,
    settings: Annotated[
        Path | None, typer.Option("--settings", metavar="FILE", help="TOML: trusted proxies, headers, failing.")
    ] = None,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", help="Port of HTTP; 0 for any.")] = 8787,
    envoy_port: Annotated[
        int | None, typer.Option("--envoy-port", metavar="N", help="Port of Envoy's gRPC; none without it, 0 for any.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", metavar="FILE", help="Token that peers must show over HTTP.")
    ] = None,
    audit: Annotated[
        Path | None, typer.Option("--audit", metavar="FOLDER", help="Audit log of whatever is not allowed.")
    ] = None,
    audit_key: Annotated[
        Path | None,
        typer.Option("--audit-key", metavar="FILE", help="Secret key of its own that signs the audit log's heads."),
    ] = None,
    log: Annotated[
        Path | None, typer.Option("--log", metavar="FILE", help="Log, JSON lines; standard error without it.")
    ] = None,
    redis: Annotated[
        str,
        typer.Option("--redis", metavar="ADDRESS", help="Server by which a fleet shares budgets: redis://HOST:PORT."),
    ] = "",
    gateways: Annotated[
        int, typer.Option("--gateways", metavar="N", min=1, help="How many gateways share them at least.")
    ] = 1,
) -> None:
    """Serve the gateways over HTTP, with /healthz, /readyz and /metrics, until SIGTERM or Ctrl-C."""
    with ExitStatus():
        from hydrometer.enforcement.guard import GuardConfig, serve_gateways

        config = GuardConfig(
            snapshot=snapshot,
            public_keys=tuple(public_key),
            site_key=site_key,
            settings=settings,
            audit=audit,
            audit_key=audit_key,
            log=log,
            redis=redis,
            gateways=gateways,
        )

        def started(http: int, grpc: int | None) -> None:
            beside = "" if grpc is None else f", Envoy's gRPC on port {grpc}"
            typer.echo(f"Serving http://{f'[{host}]' if ':' in host else host}:{http}{beside}")

        serve_gateways(config, host=host, port=port, token_file=token_file, envoy_port=envoy_port, started=started)
