"""What is known of actors, on standard output."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from hydrometer.cli.output.terminal import escape_controls, format_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract import Dossiers

WIDEST = 60
"""Characters of a value in a line; --json has them all."""


def print_import(changes: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what an import changed."""
    if as_json:
        typer.echo(format_json(changes))
        return
    typer.echo(escape_controls(f"{changes['source']} (reliability {changes['reliability']}): {changes['file']}"))
    typer.echo(
        f"Objects: {changes['new']:,} new, {changes['newer']:,} newer versions, {changes['same']:,} known already"
    )
    for note, number in changes["notes"].items():
        typer.echo(escape_controls(f"Note: {number:,} {note}"))


def print_withdrawals(withdrawn: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what does not count any more."""
    if as_json:
        typer.echo(format_json({"withdrawn": withdrawn}))
        return
    for name, one in sorted(withdrawn.items()):
        behind = f" ({one.because_of})" if one.because_of else ""
        typer.echo(escape_controls(f"{name}: {one.why}{behind}"))
    typer.echo(f"Withdrawn: {len(withdrawn):,}")


def print_dossiers(
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
    records_by_part: dict[str, list[Any]] = {}
    for part in dossiers.__struct_fields__:
        if filters["what"] in ("all", part):
            records = [one for one in getattr(dossiers, part) if _matches_filters(one, filters, names, called)]
            records_by_part[part] = [one for one in records if not valid or _is_in_force(one, now)]
    if as_json:
        built_ins = {part: [msgspec.to_builtins(one) for one in records] for part, records in records_by_part.items()}
        typer.echo(format_json({**built_ins, "withdrawn": withdrawn, "notes": notes}))
        return
    for part, records in records_by_part.items():
        typer.echo(f"{part}: {len(records):,}")
        for one in records:
            typer.echo(escape_controls(f"  {_format_record(one, names, called, now)}"))
    for note, number in notes.items():
        typer.echo(escape_controls(f"Note: {number:,} {note}"))


def _matches_filters(one: Any, filters: Mapping[str, str], names: Mapping[str, str], called: Mapping[str, str]) -> bool:
    kind, source, of = filters["kind"], filters["source"], filters["of"]
    if kind and getattr(one, "kind", None) != kind:
        return False
    if source:
        source_id = getattr(one, "source", one.id)
        if source not in (source_id, names.get(source_id)):
            return False
    if of:
        pointed = [one.id, *getattr(one, "indicates", ()), *getattr(one, "actors", ()), getattr(one, "of", "")]
        return any(of in (name, called.get(name)) for name in pointed)
    return True


def _is_in_force(one: Any, now: datetime) -> bool:
    end = getattr(one, "valid_until", None)
    return not getattr(one, "revoked", False) and (end is None or end > now)


def _format_record(one: Any, names: Mapping[str, str], called: Mapping[str, str], now: datetime) -> str:
    columns = [one.id]
    texts = (str(getattr(one, field, "")) for field in ("name", "kind", "value", "stance", "key"))
    columns += [text[:WIDEST] for text in texts if text]
    pointed = [*getattr(one, "indicates", ()), *getattr(one, "actors", ()), *filter(None, [getattr(one, "of", "")])]
    if pointed:
        columns.append("→ " + ", ".join(called.get(name, name) for name in pointed))
    if (reliability := getattr(one, "reliability", "")) != "":
        columns.append(f"reliability {reliability}")
    if source := getattr(one, "source", ""):
        columns.append(f"says {names.get(source, source)}")
    if (tlp := getattr(one, "tlp", "")) != "":
        columns.append(f"TLP:{tlp.upper()}")
    if getattr(one, "revoked", False):
        columns.append("withdrawn")
    elif not _is_in_force(one, now):
        columns.append("past its validity")
    return "  ".join(columns)
