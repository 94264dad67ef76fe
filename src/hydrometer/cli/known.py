"""What is known of actors, on standard output."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from hydrometer.cli.text import json_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract.intel import Dossiers

WIDEST = 60
"""Characters of a value in a line; --json has them all."""


def print_import(made: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what an import changed."""
    if as_json:
        typer.echo(json_text(made))
        return
    typer.echo(shown(f"{made['source']} (reliability {made['reliability']}): {made['file']}"))
    typer.echo(f"Objects: {made['new']:,} new, {made['newer']:,} newer versions, {made['same']:,} known already")
    for note, number in made["notes"].items():
        typer.echo(shown(f"Note: {number:,} {note}"))


def print_withdrawn(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what does not count any more."""
    if as_json:
        typer.echo(json_text({"withdrawn": found}))
        return
    for name, one in sorted(found.items()):
        behind = f" ({one.because_of})" if one.because_of else ""
        typer.echo(shown(f"{name}: {one.why}{behind}"))
    typer.echo(f"Withdrawn: {len(found):,}")


def print_known(
    dossiers: Dossiers,
    withdrawn: Mapping[str, Any],
    notes: Mapping[str, int],
    filters: Mapping[str, str],
    *,
    valid: bool,
    as_json: bool,
) -> None:
    """Print the records that the filters leave."""
    names = {source.id: source.name for source in dossiers.sources}
    called = {one.id: one.name for one in dossiers.actors} | {one.id: one.name for one in dossiers.campaigns}
    now = datetime.now(UTC)
    found: dict[str, list[Any]] = {}
    for part in dossiers.__struct_fields__:
        if filters["what"] in ("all", part):
            records = [one for one in getattr(dossiers, part) if _wanted(one, filters, names, called)]
            found[part] = [one for one in records if not valid or _counts(one, now)]
    if as_json:
        said = {part: [msgspec.to_builtins(one) for one in records] for part, records in found.items()}
        typer.echo(json_text({**said, "withdrawn": withdrawn, "notes": notes}))
        return
    for part, records in found.items():
        typer.echo(f"{part}: {len(records):,}")
        for one in records:
            typer.echo(shown(f"  {_line(one, names, called, now)}"))
    for note, number in notes.items():
        typer.echo(shown(f"Note: {number:,} {note}"))


def _wanted(one: Any, filters: Mapping[str, str], names: Mapping[str, str], called: Mapping[str, str]) -> bool:
    kind, source, of = filters["kind"], filters["source"], filters["of"]
    if kind and getattr(one, "kind", None) != kind:
        return False
    if source:
        said = getattr(one, "source", one.id)
        if source not in (said, names.get(said)):
            return False
    if of:
        pointed = [one.id, *getattr(one, "indicates", ()), *getattr(one, "actors", ()), getattr(one, "of", "")]
        return any(of in (name, called.get(name)) for name in pointed)
    return True


def _counts(one: Any, now: datetime) -> bool:
    end = getattr(one, "valid_until", None)
    return not getattr(one, "revoked", False) and (end is None or end > now)


def _line(one: Any, names: Mapping[str, str], called: Mapping[str, str], now: datetime) -> str:
    said = [one.id]
    told = (str(getattr(one, field, "")) for field in ("name", "kind", "value", "stance", "key"))
    said += [text[:WIDEST] for text in told if text]
    pointed = [*getattr(one, "indicates", ()), *getattr(one, "actors", ()), *filter(None, [getattr(one, "of", "")])]
    if pointed:
        said.append("→ " + ", ".join(called.get(name, name) for name in pointed))
    if (reliability := getattr(one, "reliability", "")) != "":
        said.append(f"reliability {reliability}")
    if source := getattr(one, "source", ""):
        said.append(f"says {names.get(source, source)}")
    if (tlp := getattr(one, "tlp", "")) != "":
        said.append(f"TLP:{tlp.upper()}")
    if getattr(one, "revoked", False):
        said.append("withdrawn")
    elif not _counts(one, now):
        said.append("past its validity")
    return "  ".join(said)
