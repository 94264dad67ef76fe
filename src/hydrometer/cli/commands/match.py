"""`hydrometer match`: learn with a partner which indicators both know, and show it nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hydrometer.cli.ending import Ending
from hydrometer.cli.options import Json  # noqa: TC001 (Typer reads the annotations at run time)
from hydrometer.cli.text import json_text, shown

if TYPE_CHECKING:
    from hydrometer.flow.matching import Items, Matched

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
    with Ending():
        from hydrometer.flow import matching

        matching.make_partner(name, out)
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
    with Ending():
        from hydrometer.flow import matching

        taken = matching.taken(items)
        done = matching.serve(
            partner,
            taken,
            (host, port),
            lambda line: typer.echo(shown(line), err=True),
            learn=learn,
            pad=pad,
            wait=wait,
            seconds=seconds,
            threads=threads,
        )
        _print(done, taken, as_json)


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
    with Ending():
        from hydrometer.flow import matching

        taken = matching.taken(items)
        done = matching.join(partner, taken, (host, port), learn=learn, pad=pad, seconds=seconds, threads=threads)
        _print(done, taken, as_json)


@match.command("sessions")
def sessions(partner: PartnerFile, as_json: Json = False) -> None:
    """List the sessions with a partner: what it has asked about, and what counts against its quota."""
    with Ending():
        from hydrometer.flow import matching

        every = matching.ledger_of(partner).sessions()
        if as_json:
            typer.echo(json_text(every))
            return
        for one in every:
            counts = "counts" if one.counted else "does not count"
            line = f"{one.when:%Y-%m-%d %H:%M}  {one.partner}  theirs {one.theirs}, ours {one.ours}"
            typer.echo(shown(f"{line}, learn {one.learn}, {counts}: {one.outcome}"))


def _print(done: Matched, taken: Items, as_json: bool) -> None:
    if as_json:
        pairs = None if done.items is None else [{"kind": item.kind, "value": item.value} for item in done.items]
        sizes = {"ours": done.ours, "theirs": done.theirs, "learn": done.learn, "left_out": taken.left_out}
        typer.echo(json_text({"partner": done.partner, **sizes, "shared": pairs}))
        return
    for item in done.items or ():
        typer.echo(shown(f"{item.kind}:{item.value}"))
    for reason, count in sorted(taken.left_out.items()):
        typer.echo(f"{count} left out: {reason}.", err=True)
    told = "we were not to learn how many are shared" if done.items is None else f"{len(done.items)} shared"
    typer.echo(f"{done.ours} of ours, {done.theirs} of {done.partner}: {told}.", err=True)
