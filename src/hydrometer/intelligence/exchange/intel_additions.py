"""What a store of intel gains: files of partners, earlier campaigns of this site, dossiers of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_args

import msgspec
import pyarrow.compute as pc

from hydrometer.contract import Actor, Dossiers, InputError, IntelSource, Role, TemplateSketch
from hydrometer.intelligence.exchange.confidence_scales import Scale
from hydrometer.intelligence.exchange.importers import import_file
from hydrometer.intelligence.exchange.intel_store import OWN, AdditionCounts, IntelStore
from hydrometer.intelligence.exchange.redaction_policy import make_internal_policy
from hydrometer.intelligence.exchange.release_builder import make_release
from hydrometer.intelligence.exchange.release_material import (
    find_campaign,
    gather_material,
    read_fingerprint_settings,
)
from hydrometer.intelligence.exchange.source_ratings import FILE as JUDGEMENT
from hydrometer.intelligence.exchange.stix_encoder import encode_dossiers
from hydrometer.intelligence.exchange.stix_ids import make_id
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.contract import Reliability
    from hydrometer.intelligence.exchange.source_ratings import RatedSource

OWN_KEY = "site"
"""Name of the site key in sketches of one's own campaigns; it never leaves."""


class ImportSummary(NamedTuple):
    """What an import changed, and what should be known of it."""

    source: str
    reliability: str
    file: str
    new: int
    newer: int
    same: int
    notes: dict[str, int]


@dataclass(frozen=True, slots=True)
class SentFiles:
    """What a source sent, and how this site judges it."""

    files: Sequence[Path]
    """STIX bundles, MISP events, tables, and folders of them."""
    source: str
    """Name of who sent them."""
    reliability: Reliability | None = None
    """Of the source; None for what it was, F when it is new."""
    identity: str = ""
    """STIX identity of a new source; empty for one that is made."""
    credibility: int | None = None
    """Of the indicators: 1 (confirmed) to 6 (cannot be judged)."""
    scale: str = "stix"
    """Of a table's confidences."""


def import_files(folder: Path, sent: SentFiles) -> ImportSummary:
    """Import what a source sent as evidence and never as a verdict.

    Files are read before anything is added.

    Raises:
        InputError: a file or the folder is unusable.
    """
    if sent.scale not in get_args(Scale):
        raise InputError(f"scale {sent.scale} is not known", mend=f"Name one of: {', '.join(get_args(Scale))}.")
    intel = IntelStore(folder)
    notes: Counter[str] = Counter()

    def source_of(objects: list[dict[str, Any]]) -> RatedSource:
        return intel.ensure_source(sent.source, sent.reliability, sent.identity, objects)

    at = datetime.now(UTC)
    scale = cast("Scale", sent.scale)
    imports = [(file, import_file(file, source_of, notes, scale=scale, at=at)) for file in _list_files(sent.files)]
    added = [
        intel.add(imported.objects, file, imported.source, sent.credibility, undated=imported.undated)
        for file, imported in imports
    ]
    total = added[0]._replace(
        new=sum(one.new for one in added), newer=sum(one.newer for one in added), same=sum(one.same for one in added)
    )
    return _summarise_import(total, notes)


def add_campaign(
    folder: Path,
    result: Path,
    campaign: str,
    *,
    actor: str = "",
    role: Role = "operator",
    stopped: datetime | None = None,
) -> ImportSummary:
    """Make a campaign of a result known, so that the next one is compared with it. It stays here, marked TLP:RED.

    Raises:
        InputError: no such result, campaign or actor.
    """
    intel = IntelStore(folder)
    result_folder = ResultFolder.read(result)
    campaign_record = find_campaign(result_folder, campaign, result)
    named_actor = _find_actor(intel.dossiers(), actor) if actor else None
    site = IntelSource(id=OWN.id, name=OWN.name, reliability=OWN.reliability)
    release = make_release(
        gather_material(result_folder, campaign_record, _read_own_sketches(result_folder, campaign)),
        make_internal_policy(),
        "red",
        site=site,
    )
    past = msgspec.structs.replace(
        release.campaign, actors={named_actor.id: role} if named_actor else {}, stopped=stopped
    )
    dossiers = msgspec.structs.replace(release.dossiers, campaigns=(past,), sightings=())
    objects = encode_dossiers(dossiers, release.modified, release.created)
    return _summarise_import(intel.add(objects, result, intel.ensure_own_source()), Counter(release.withheld))


def add_actor(folder: Path, actor: Actor) -> ImportSummary:
    """Write a dossier of one's own; of an actor of that name that this site knows already, a newer version.

    Raises:
        InputError: the folder is unusable, or the actor has a working time that is none.
    """
    intel = IntelStore(folder)
    name = make_id("intrusion-set", OWN.id, actor.name)
    actor = msgspec.structs.replace(actor, id=name, source=OWN.id)
    source = IntelSource(id=OWN.id, name=OWN.name)
    at = datetime.now(UTC)
    earlier = intel.bundles.objects.get(name)
    created = earlier.parsed.created if earlier is not None and earlier.parsed is not None else at
    objects = encode_dossiers(Dossiers(sources=(source,), actors=(actor,)), at, created)
    return _summarise_import(intel.add(objects, folder, intel.ensure_own_source()), Counter())


def _list_files(files: Sequence[Path]) -> list[Path]:
    paths: list[Path] = []
    for file in files:
        if file.is_dir():
            paths += sorted(one for one in file.iterdir() if one.suffix in (".json", ".csv") and one.name != JUDGEMENT)
        else:
            paths.append(file)
    if not paths:
        raise InputError("holds no *.json and no *.csv", file=", ".join(map(str, files)), mend="Name what was sent.")
    return paths


def _summarise_import(added: AdditionCounts, notes: Counter[str]) -> ImportSummary:
    return ImportSummary(
        source=added.source.name,
        reliability=added.source.reliability,
        file=str(added.file),
        new=added.new,
        newer=added.newer,
        same=added.same,
        notes=dict(sorted(notes.items())),
    )


def _find_actor(dossiers: Dossiers, reference: str) -> Actor:
    """Return the actor of that id, name or alias."""
    folded = reference.lower()
    for one in dossiers.actors:
        if reference == one.id or folded in (name.lower() for name in (one.name, *one.aliases)):
            return one
    raise InputError(f"no actor {reference}", mend="Write its dossier first: hydrometer intel actor FOLDER NAME.")


def _read_own_sketches(result_folder: ResultFolder, campaign: str) -> list[TemplateSketch]:
    settings = read_fingerprint_settings(result_folder)
    return [
        TemplateSketch(
            id=row["template_id"],
            key=OWN_KEY,
            hashes=tuple(row["hashes"]),
            shingle_words=settings.shingle_words,
            sample_one_in=settings.sample_one_in,
            elicitation=row["elicitation"],
        )
        for row in result_folder.templates.filter(
            pc.equal(result_folder.templates["campaign_id"], campaign)
        ).to_pylist()
    ]
