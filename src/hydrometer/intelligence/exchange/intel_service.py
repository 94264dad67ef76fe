"""What is known of actors: partners' files in, earlier campaigns in, judged, looked over, retracted."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_args

import msgspec
import pyarrow.compute as pc

from hydrometer.contract import Actor, Dossiers, FingerprintSettings, InputError, IntelSource, Role, TemplateSketch
from hydrometer.intelligence.exchange.bundle_files import read_bundle, write_bundle
from hydrometer.intelligence.exchange.campaign_release import ReleaseMaterial
from hydrometer.intelligence.exchange.canonicalisation import canonicalise_value
from hydrometer.intelligence.exchange.confidence_scales import Scale
from hydrometer.intelligence.exchange.importers import import_file
from hydrometer.intelligence.exchange.intel_store import OWN, AdditionCounts, IntelStore, revoke_objects
from hydrometer.intelligence.exchange.redaction_policy import make_internal_policy
from hydrometer.intelligence.exchange.release_builder import make_release
from hydrometer.intelligence.exchange.source_ratings import FILE as JUDGEMENT
from hydrometer.intelligence.exchange.stix_encoder import encode_dossiers
from hydrometer.intelligence.exchange.stix_ids import make_id
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.contract import Reliability, Stance
    from hydrometer.intelligence.exchange.lint import IntelFault
    from hydrometer.intelligence.exchange.source_ratings import RatedSource, Withdrawal

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


def import_files(
    folder: Path,
    files: Sequence[Path],
    source: str,
    reliability: Reliability | None = None,
    *,
    identity: str = "",
    credibility: int | None = None,
    scale: str = "stix",
) -> ImportSummary:
    """Import what a source sent as evidence and never as a verdict: STIX bundles, MISP events, tables, folders of them.

    Files are read before anything is added.

    Raises:
        InputError: the file or the folder is unusable.
    """
    if scale not in get_args(Scale):
        raise InputError(f"scale {scale} is not known", mend=f"Name one of: {', '.join(get_args(Scale))}.")
    intel = IntelStore(folder)
    notes: Counter[str] = Counter()

    def source_of(sent: list[dict[str, Any]]) -> RatedSource:
        return intel.ensure_source(source, reliability, identity, sent)

    at = datetime.now(UTC)
    imports = [
        (file, import_file(file, source_of, notes, scale=cast("Scale", scale), at=at)) for file in _list_files(files)
    ]
    added = [
        intel.add(imported.objects, file, imported.source, credibility, undated=imported.undated)
        for file, imported in imports
    ]
    total = added[0]._replace(
        new=sum(one.new for one in added), newer=sum(one.newer for one in added), same=sum(one.same for one in added)
    )
    return _summarise_import(total, notes)


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
    campaign_record = next((one for one in result_folder.campaigns if one.id == campaign), None)
    if campaign_record is None:
        names = ", ".join(one.id for one in result_folder.campaigns) or "none"
        raise InputError(f"no campaign {campaign}", file=str(result), mend=f"Name one of: {names}.")
    named_actor = _find_actor(intel.dossiers(), actor) if actor else None
    members = result_folder.members.filter(pc.equal(result_folder.members["campaign_id"], campaign))
    site = IntelSource(id=OWN.id, name=OWN.name, reliability=OWN.reliability)
    release = make_release(
        ReleaseMaterial(
            campaign=campaign_record,
            members=dict(zip(members["account_id"].to_pylist(), members["probability"].to_pylist(), strict=True)),
            accounts=pc.unique(result_folder.considered["account_id"]).to_pylist(),
            indicators=result_folder.indicators.filter(
                pc.equal(result_folder.indicators["campaign_id"], campaign)
            ).to_pylist(),
            sketches=_read_own_sketches(result_folder, campaign),
            now=result_folder.run.started_at,
        ),
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


def read_intel(folder: Path) -> tuple[Dossiers, dict[str, Withdrawal], dict[str, int]]:
    """Return what a folder holds, what of it is withdrawn, and notes.

    Raises:
        InputError: the folder is unusable.
    """
    intel = _open_existing(folder)
    dossiers = intel.dossiers()
    return dossiers, intel.ratings.withdrawn, dict(sorted(intel.bundles.notes.items()))


def lint_intel(folder: Path, result: Path | None = None, most: int | None = None) -> tuple[list[IntelFault], str]:
    """Return what is wrong in a folder and the name of what validated; a result tells what is common.

    Raises:
        InputError: the folder or the result is unusable.
    """
    from hydrometer.intelligence.exchange import lint as linting  # late: imports stix2, which takes half a second

    intel = _open_existing(folder)
    population: dict[tuple[str, str], int] = {}
    accounts = 0
    if result is not None:
        result_folder = ResultFolder.read(result)
        accounts = result_folder.run.rows.get("accounts", 0)
        for row in result_folder.indicators.select(["kind", "value", "accounts", "population"]).to_pylist():
            try:
                key = row["kind"], canonicalise_value(row["kind"], row["value"])
            except ValueError:
                continue  # no value of its kind, and so of no indicator
            # Of other campaigns' members some are counted as strangers: the least counts.
            strangers = row["population"] - row["accounts"]
            population[key] = min(strangers, population.get(key, strangers))
    faults = linting.find_faults(intel, datetime.now(UTC), population, accounts, most or linting.MOST_VALIDATED)
    return faults, linting.validator()


def expire_intel(folder: Path, at: datetime | None = None) -> dict[str, Withdrawal]:
    """Mark what is past its validity, and what rested on what its source revoked; return what is new of it."""
    return _open_existing(folder).expire(at or datetime.now(UTC))


def retract_statement(folder: Path, of: str, why: str) -> dict[str, Withdrawal]:
    """Withdraw a statement or a source, and what rested on it; return what was withdrawn."""
    return _open_existing(folder).retract(of, why, datetime.now(UTC))


def restore_statement(folder: Path, of: str) -> list[str]:
    """Take a retraction back; return what counts again."""
    return _open_existing(folder).restore(of)


def state_opinion(folder: Path, of: str, stance: Stance, explanation: str) -> str:
    """Say what this site holds of a statement; return the opinion's id."""
    return _open_existing(folder).opine(of, stance, explanation, datetime.now(UTC))


def write_revocation(bundle: Path, out: Path) -> int:
    """Write the bundle that takes back what an earlier one said; return how many objects it revokes.

    Raises:
        InputError: the bundle cannot be read, says nothing that could be taken back, or `out` cannot be written.
    """
    objects = read_bundle(bundle)
    revocations = revoke_objects(objects, datetime.now(UTC))
    if not revocations:
        raise InputError("says nothing that could be taken back", file=str(bundle), mend="Name a bundle that you sent.")
    authors = {raw["created_by_ref"] for raw in revocations}
    write_bundle([*revocations, *(raw for raw in objects if raw.get("id") in authors)], out, private=True)
    return len(revocations)


def _open_existing(folder: Path) -> IntelStore:
    if not folder.is_dir():
        raise InputError("no such folder", file=str(folder), mend="`hydrometer intel add` makes one.")
    return IntelStore(folder)


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
    settings = msgspec.convert(result_folder.run.settings.get("fingerprint", {}), FingerprintSettings)
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
