"""The command `hydrometer`: its commands are the modules of `cli/commands/`."""

from __future__ import annotations

import importlib
import io
import pkgutil
import sys
from typing import Annotated

import typer

from hydrometer import __version__
from hydrometer.cli import commands

# Plain help and errors (no markup mode): a file name in a message is never wrapped or drawn into a box.
# Plain tracebacks: the decorated ones may show local variables, which can hold texts of customers.
app = typer.Typer(
    name="hydrometer",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"hydrometer {__version__}")
        raise typer.Exit


@app.callback()
def hydrometer(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Find networks of fraudulent accounts that harvest a language model's outputs.

    Exit status: 0 done, 2 unusable input, settings or arguments, 3 interrupted or failed after writing what it had.
    """


for _name in sorted(module.name for module in pkgutil.iter_modules(commands.__path__)):
    _command = getattr(importlib.import_module(f"{commands.__name__}.{_name}"), _name)
    if isinstance(_command, typer.Typer):
        app.add_typer(_command, name=_name)
    else:
        app.command(_name)(_command)


def main() -> None:
    """Run the command line; never fails to print because of a terminal's encoding."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()
