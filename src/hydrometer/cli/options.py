"""Arguments and options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hydrometer.files import load_settings

if TYPE_CHECKING:
    from hydrometer.contract import Settings

Traffic = Annotated[
    str,
    typer.Argument(
        metavar="TRAFFIC",
        help="A log file, or a folder of logs with what is known of the accounts. With the engine spark also an address "
        "such as s3://bucket/logs, or a table: table:NAME, delta:PLACE, iceberg:PLACE.",
    ),
]
Out = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write; it is made when it is not there.")]
OutAddress = Annotated[
    str,
    typer.Option(
        "--out",
        metavar="FOLDER",
        help="Folder to write; it is made when it is not there. With the engine spark also an address or a table.",
    ),
]
Result = Annotated[Path, typer.Argument(metavar="RESULT", help="A folder that `detect` wrote.")]
Source = Annotated[
    str | None, typer.Option("--source", metavar="NAME", help="Format of the logs; recognised when not named.")
]
Mapping = Annotated[
    Path | None, typer.Option("--mapping", metavar="FILE", help="Which field of your logs is which column.")
]
SiteKey = Annotated[
    Path | None, typer.Option("--site-key", metavar="FILE", help="The secret that keys all fingerprints of texts.")
]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", metavar="FILE", help="TOML as `hydrometer settings` prints it.")
]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="Start of every random choice.")]
Threads = Annotated[int | None, typer.Option("--threads", metavar="N", help="Threads to use; 0 for all cores.")]
Memory = Annotated[
    str | None, typer.Option("--memory", metavar="SIZE", help="Memory before the engine spills to disk, such as 4GB.")
]
Engine = Annotated[
    str | None, typer.Option("--engine", metavar="NAME", help="What measures the traffic: embedded, duckdb or spark.")
]
Intel = Annotated[
    list[Path] | None,
    typer.Option(
        "--intel",
        metavar="PATH",
        help="Dossiers of known actors: STIX 2.1 bundles, or a folder of them; can be given again.",
    ),
]
SharingKey = Annotated[
    Path | None,
    typer.Option(
        "--sharing-key",
        metavar="FILE",
        help="The key that partners share: compares their digests and sketches too.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and only JSON, on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress; errors and results are still printed.")]

Casebook = Annotated[
    str,
    typer.Option(
        "--casebook",
        metavar="PLACE",
        envvar="HYDROMETER_CASEBOOK",
        help="A file, or postgresql://USER@HOST/NAME.",
    ),
]
CASEBOOK = "casebook.db"
"""The casebook where none is named."""
Audit = Annotated[
    Path | None,
    typer.Option(
        "--audit",
        metavar="FOLDER",
        envvar="HYDROMETER_AUDIT",
        help="Audit log of what is decided; beside the casebook's file when not named.",
    ),
]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why: read when this is looked at again.")]
Finding = Annotated[
    str, typer.Argument(metavar="uphold|overturn|unsure", help="The decision stands, falls, or nobody can say yet.")
]


def resolve_settings(
    file: Path | None,
    *,
    seed: int | None = None,
    threads: int | None = None,
    memory: str | None = None,
    exhibits: bool | None = None,
    engine: str | None = None,
) -> Settings:
    """Return the settings of `file`, with those of the command line over them.

    Raises:
        InputError: a setting is unknown or out of its bounds.
    """
    return load_settings(file, seed=seed, threads=threads, memory=memory, exhibits=exhibits, engine=engine)


def resolve_location(argument: str, settings: Settings) -> Path | str:
    """Return what an argument names: a path, or for the engine spark a place in its own notation, which a path would change."""
    return argument if settings.engine == "spark" else Path(argument)
