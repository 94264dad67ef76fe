"""`hydrometer match`: learn with a partner which indicators both know, and show it nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.options import Json  # noqa: TC001 (Typer reads the annotations at run time)
from hydrometer.cli.output.terminal import escape_controls, format_json

if TYPE_CHECKING:
    from hydrometer.intelligence.psi import ItemList, MatchResult

match = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Learn with a partner which indicators both know, and show it nothing else.",
)

Source = Annotated[
    Path, typer.Argument(metavar="ITEMS", help="A folder or bundle of STIX, or a list of kind:value, one a line.")
]
PartnerFile = Annotated[
    Path, typer.Option("--partner", metavar="FILE", help="The partner's file, which `match partner` makes.")
]
Learn = Annotated[
    Literal["both", "us", "them"], typer.Option("--learn", help="Who is to learn what is shared, seen from here.")
]
Pad = Annotated[bool, typer.Option("--pad", help="Fill the list up to a power of two, to hide its length.")]
Seconds = Annotated[float, typer.Option("--seconds", min=1, help="Time for the session.")]
Threads = Annotated[int, typer.Option("--threads", min=0, help="Threads to use; 0 for all cores.")]


@match.command("partner")
def partner(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The partner's name, for you.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write; only you can read it.")],
) -> None:
    """Make a partner's file with a new key. The partner needs a file with the same key: give it over a safe way."""
    with ExitStatus():
        from hydrometer.intelligence.psi import (
            make_partner,
        )

        make_partner(name, out)
        typer.echo(f"Wrote {out}.", err=True)


@match.command("serve")
def serve(
    items: Source,
    partner: PartnerFile,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 for any that is free.")] = 8792,
    learn: Learn = "both",
    pad: Pad = False,
    wait: Annotated[float, typer.Option("--wait", min=1, help="Seconds to wait for the partner.")] = 3_600.0,
    seconds: Seconds = 600.0,
    threads: Threads = 0,
    as_json: Json = False,
) -> None:
    """Wait for the partner, and match ITEMS with it once."""
    with ExitStatus():
        from hydrometer.intelligence.psi import (
            MatchOptions,
            read_match_items,
            serve_match,
        )

        own_items = read_match_items(items)
        done = serve_match(
            partner,
            own_items,
            (host, port),
            lambda line: typer.echo(escape_controls(line), err=True),
            MatchOptions(learn, pad, seconds, threads),
            wait,
        )
        _print_match(done, own_items, as_json)


@match.command("join")
def join(
    items: Source,
    partner: PartnerFile,
    host: Annotated[str, typer.Option("--host", help="Where the partner waits.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Its port.")] = 8792,
    learn: Learn = "both",
    pad: Pad = False,
    seconds: Seconds = 600.0,
    threads: Threads = 0,
    as_json: Json = False,
) -> None:
    """Call the partner, and match ITEMS with it once."""
    with ExitStatus():
        from hydrometer.intelligence.psi import (
            MatchOptions,
            join_match,
            read_match_items,
        )

        own_items = read_match_items(items)
        done = join_match(partner, own_items, (host, port), MatchOptions(learn, pad, seconds, threads))
        _print_match(done, own_items, as_json)


@match.command("sessions")
def sessions(partner: PartnerFile, as_json: Json = False) -> None:
    """List the sessions with a partner: what it has asked about, and what counts against its quota."""
    with ExitStatus():
        from hydrometer.intelligence.psi import (
            open_query_ledger,
        )

        every = open_query_ledger(partner).sessions()
        if as_json:
            typer.echo(format_json(every))
            return
        for one in every:
            counts = "counts" if one.counted else "does not count"
            line = f"{one.began_at:%Y-%m-%d %H:%M}  {one.partner}  theirs {one.theirs}, ours {one.ours}"
            typer.echo(escape_controls(f"{line}, learn {one.learn}, {counts}: {one.outcome}"))


def _print_match(done: MatchResult, own_items: ItemList, as_json: bool) -> None:
    if as_json:
        pairs = None if done.items is None else [{"kind": item.kind, "value": item.value} for item in done.items]
        sizes = {"ours": done.ours, "theirs": done.theirs, "learn": done.learn, "left_out": own_items.left_out}
        typer.echo(format_json({"partner": done.partner, **sizes, "shared": pairs}))
        return
    for item in done.items or ():
        typer.echo(escape_controls(f"{item.kind}:{item.value}"))
    for reason, count in sorted(own_items.left_out.items()):
        typer.echo(f"{count} left out: {reason}.", err=True)
    outcome = "we were not to learn how many are shared" if done.items is None else f"{len(done.items)} shared"
    typer.echo(f"{done.ours} of ours, {done.theirs} of {done.partner}: {outcome}.", err=True)
