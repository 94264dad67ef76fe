"""What is known of actors, on standard output."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from hydrometer.cli.output.terminal import escape_controls, format_json
from hydrometer.contract import Actor, Indicator, IntelOpinion, IntelSource, PastCampaign, Sighting, TemplateSketch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract import Dossiers

    DossierRecord = IntelSource | Actor | Indicator | TemplateSketch | PastCampaign | Sighting | IntelOpinion

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


@dataclass(frozen=True)
class DossierFilters:
    """Which records of the dossiers are printed."""

    part: str = "all"
    """A part of the dossiers, such as actors, or all."""
    kind: str = ""
    """Only indicators of this kind, where one is named."""
    source: str = ""
    """Only what this source says, by its id or name."""
    subject: str = ""
    """Only what is or points to this actor or campaign, by its id or name."""
    in_force: bool = False
    """Only what counts now."""


@dataclass(frozen=True)
class _RecordLine:
    """What a line says of a record, whatever its type."""

    id: str
    texts: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    """Ids of what it points to."""
    source: str | None = None
    """Id of who says it; None where the record has none, and "" where it is not said."""
    reliability: str | None = None
    tlp: str | None = None
    revoked: bool = False
    valid_until: datetime | None = None

    def is_in_force(self, now: datetime) -> bool:
        """Return whether it counts at `now`."""
        return not self.revoked and (self.valid_until is None or self.valid_until > now)


@dataclass(frozen=True)
class _DossierNames:
    """Names by id, of sources and of actors and campaigns."""

    sources: dict[str, str]
    subjects: dict[str, str]

    def matches(self, record: DossierRecord, filters: DossierFilters) -> bool:
        """Return whether a record is of the kind, source and subject that are wanted."""
        line = _describe_record(record)
        if filters.kind and not (isinstance(record, Indicator) and record.kind == filters.kind):
            return False
        source = line.id if line.source is None else line.source
        if filters.source and filters.source not in (source, self.sources.get(source)):
            return False
        pointed = (line.id, *line.subjects)
        return not filters.subject or any(filters.subject in (name, self.subjects.get(name)) for name in pointed)

    def format(self, record: DossierRecord, now: datetime) -> str:
        """Return the line of a record."""
        line = _describe_record(record)
        columns = [line.id, *(text[:WIDEST] for text in line.texts if text)]
        if subjects := [name for name in line.subjects if name]:
            columns.append("→ " + ", ".join(self.subjects.get(name, name) for name in subjects))
        if line.reliability is not None:
            columns.append(f"reliability {line.reliability}")
        if line.source:
            columns.append(f"says {self.sources.get(line.source, line.source)}")
        if line.tlp is not None:
            columns.append(f"TLP:{line.tlp.upper()}")
        if line.revoked:
            columns.append("withdrawn")
        elif not line.is_in_force(now):
            columns.append("past its validity")
        return "  ".join(columns)


def print_dossiers(
    dossiers: Dossiers,
    withdrawn: Mapping[str, Any],
    notes: Mapping[str, int],
    filters: DossierFilters,
    *,
    as_json: bool,
) -> None:
    """Print the records that the filters leave."""
    names = _DossierNames(
        {source.id: source.name for source in dossiers.sources},
        {actor.id: actor.name for actor in dossiers.actors}
        | {campaign.id: campaign.name for campaign in dossiers.campaigns},
    )
    now = datetime.now(UTC)
    records_by_part = {
        part: [
            record
            for record in records
            if names.matches(record, filters) and (not filters.in_force or _describe_record(record).is_in_force(now))
        ]
        for part, records in _list_parts(dossiers)
        if filters.part in ("all", part)
    }
    if as_json:
        built_ins = {part: msgspec.to_builtins(records) for part, records in records_by_part.items()}
        typer.echo(format_json({**built_ins, "withdrawn": withdrawn, "notes": notes}))
        return
    for part, records in records_by_part.items():
        typer.echo(f"{part}: {len(records):,}")
        for record in records:
            typer.echo(escape_controls(f"  {names.format(record, now)}"))
    for note, number in notes.items():
        typer.echo(escape_controls(f"Note: {number:,} {note}"))


def _list_parts(dossiers: Dossiers) -> list[tuple[str, tuple[DossierRecord, ...]]]:
    return [(part, getattr(dossiers, part)) for part in dossiers.__struct_fields__]


def _describe_record(record: DossierRecord) -> _RecordLine:
    """Return what a line says of a record."""
    if isinstance(record, IntelSource):
        return _RecordLine(record.id, (record.name,), reliability=record.reliability)
    if isinstance(record, TemplateSketch):
        return _RecordLine(record.id, (record.key,))
    if isinstance(record, Sighting):
        return _RecordLine(record.id, (), (record.of,), record.source)
    if isinstance(record, IntelOpinion):
        return _RecordLine(record.id, (record.stance,), (record.of,), record.source)
    if isinstance(record, PastCampaign):
        subjects = tuple(record.actors)
        return _RecordLine(record.id, (record.name,), subjects, record.source, tlp=record.tlp, revoked=record.revoked)
    texts, subjects = (
        ((record.name,), ()) if isinstance(record, Actor) else ((record.kind, record.value), record.indicates)
    )
    return _RecordLine(
        record.id,
        texts,
        subjects,
        record.source,
        tlp=record.tlp,
        revoked=record.revoked,
        valid_until=record.valid_until,
    )
