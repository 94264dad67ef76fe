"""What is known of actors: partners' files in, earlier campaigns in, judged, looked over, retracted."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_args

import msgspec
import pyarrow.compute as pc

from hydrometer.contract.errors import InputError
from hydrometer.contract.intel import Actor, Dossiers, Role, Source, TemplateSketch
from hydrometer.contract.settings import FingerprintSettings
from hydrometer.sharing.confidence import Scale
from hydrometer.sharing.folder import OWN, Added, IntelFolder, revoked
from hydrometer.sharing.intake import taken
from hydrometer.sharing.judgement import FILE as JUDGEMENT
from hydrometer.sharing.redaction import inside
from hydrometer.sharing.release import Known, released
from hydrometer.sharing.stix_files import read_bundle, write_bundle
from hydrometer.sharing.stix_ids import made_id
from hydrometer.sharing.stix_writing import objects_of
from hydrometer.sharing.values import canonical
from hydrometer.store.result import ResultFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.contract.intel import Reliability, Stance
    from hydrometer.sharing.judgement import JudgedSource, Withdrawal
    from hydrometer.sharing.lint import Fault

OWN_KEY = "site"
"""Name of the site key in sketches of one's own campaigns; it never leaves."""


class Import(NamedTuple):
    """What an import changed, and what should be known of it."""

    source: str
    reliability: str
    file: str
    new: int
    newer: int
    same: int
    notes: dict[str, int]


def add_files(
    folder: Path,
    files: Sequence[Path],
    source: str,
    reliability: Reliability | None = None,
    *,
    identity: str = "",
    credibility: int | None = None,
    scale: str = "stix",
) -> Import:
    """Import what a source sent as evidence and never as a verdict: STIX bundles, MISP events, tables, folders of them.

    Files are read before anything is added.

    Raises:
        InputError: the file or the folder is unusable.
    """
    if scale not in get_args(Scale):
        raise InputError(f"scale {scale} is not known", mend=f"Name one of: {', '.join(get_args(Scale))}.")
    intel = IntelFolder(folder)
    notes: Counter[str] = Counter()

    def source_of(sent: list[dict[str, Any]]) -> JudgedSource:
        return intel.source(source, reliability, identity, sent)

    at = datetime.now(UTC)
    read = [(file, taken(file, source_of, notes, scale=cast("Scale", scale), at=at)) for file in _each(files)]
    added = [intel.add(found.objects, file, found.source, credibility, undated=found.undated) for file, found in read]
    total = added[0]._replace(
        new=sum(one.new for one in added), newer=sum(one.newer for one in added), same=sum(one.same for one in added)
    )
    return _told(total, notes)


def _each(files: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for file in files:
        if file.is_dir():
            found += sorted(one for one in file.iterdir() if one.suffix in (".json", ".csv") and one.name != JUDGEMENT)
        else:
            found.append(file)
    if not found:
        raise InputError("holds no *.json and no *.csv", file=", ".join(map(str, files)), mend="Name what was sent.")
    return found


def add_result(
    folder: Path,
    result: Path,
    campaign: str,
    *,
    actor: str = "",
    role: Role = "operator",
    stopped: datetime | None = None,
) -> Import:
    """Make a campaign of a result known, so that the next one is compared with it. It stays here, marked TLP:RED.

    Raises:
        InputError: no such result, campaign or actor.
    """
    intel = IntelFolder(folder)
    pieces = ResultFolder.read(result)
    found = next((one for one in pieces.campaigns if one.id == campaign), None)
    if found is None:
        known = ", ".join(one.id for one in pieces.campaigns) or "none"
        raise InputError(f"no campaign {campaign}", file=str(result), mend=f"Name one of: {known}.")
    named = _actor(intel.dossiers(), actor) if actor else None
    members = pieces.members.filter(pc.equal(pieces.members["campaign_id"], campaign))
    site = Source(id=OWN.id, name=OWN.name, reliability=OWN.reliability)
    release = released(
        Known(
            campaign=found,
            members=dict(zip(members["account_id"].to_pylist(), members["probability"].to_pylist(), strict=True)),
            accounts=pc.unique(pieces.considered["account_id"]).to_pylist(),
            indicators=pieces.indicators.filter(pc.equal(pieces.indicators["campaign_id"], campaign)).to_pylist(),
            sketches=_own_sketches(pieces, campaign),
            now=pieces.run.started_at,
        ),
        inside(),
        "red",
        site=site,
    )
    past = msgspec.structs.replace(release.campaign, actors={named.id: role} if named else {}, stopped=stopped)
    dossiers = msgspec.structs.replace(release.dossiers, campaigns=(past,), sightings=())
    objects = objects_of(dossiers, release.modified, release.created)
    return _told(intel.add(objects, result, intel.own()), Counter(release.withheld))


def add_actor(folder: Path, actor: Actor) -> Import:
    """Write a dossier of one's own; of an actor of that name that this site knows already, a newer version.

    Raises:
        InputError: the folder is unusable, or the actor has a working time that is none.
    """
    intel = IntelFolder(folder)
    name = made_id("intrusion-set", OWN.id, actor.name)
    actor = msgspec.structs.replace(actor, id=name, source=OWN.id)
    source = Source(id=OWN.id, name=OWN.name)
    at = datetime.now(UTC)
    earlier = intel.shelf.held.get(name)
    created = earlier.used.created if earlier is not None and earlier.used is not None else at
    objects = objects_of(Dossiers(sources=(source,), actors=(actor,)), at, created)
    return _told(intel.add(objects, folder, intel.own()), Counter())


def known(folder: Path) -> tuple[Dossiers, dict[str, Withdrawal], dict[str, int]]:
    """Return what a folder holds, what of it is withdrawn, and notes.

    Raises:
        InputError: the folder is unusable.
    """
    intel = _existing(folder)
    dossiers = intel.dossiers()
    return dossiers, intel.judgement.withdrawn, dict(sorted(intel.shelf.notes.items()))


def lint(folder: Path, result: Path | None = None, most: int | None = None) -> tuple[list[Fault], str]:
    """Return what is wrong in a folder and the name of what validated; a result tells what is common.

    Raises:
        InputError: the folder or the result is unusable.
    """
    from hydrometer.sharing import lint as linting  # late: imports stix2, which takes half a second

    intel = _existing(folder)
    population: dict[tuple[str, str], int] = {}
    accounts = 0
    if result is not None:
        pieces = ResultFolder.read(result)
        accounts = pieces.run.rows.get("accounts", 0)
        for row in pieces.indicators.select(["kind", "value", "accounts", "population"]).to_pylist():
            try:
                key = row["kind"], canonical(row["kind"], row["value"])
            except ValueError:
                continue  # no value of its kind, and so of no indicator
            # Of other campaigns' members some are counted as strangers: the least counts.
            strangers = row["population"] - row["accounts"]
            population[key] = min(strangers, population.get(key, strangers))
    found = linting.faults(intel, datetime.now(UTC), population, accounts, most or linting.MOST_VALIDATED)
    return found, linting.validator()


def expire(folder: Path, at: datetime | None = None) -> dict[str, Withdrawal]:
    """Mark what is past its validity, and what rested on what its source revoked; return what is new of it."""
    return _existing(folder).expire(at or datetime.now(UTC))


def retract(folder: Path, of: str, why: str) -> dict[str, Withdrawal]:
    """Withdraw a statement or a source, and what rested on it; return what was withdrawn."""
    return _existing(folder).retract(of, why, datetime.now(UTC))


def restore(folder: Path, of: str) -> list[str]:
    """Take a retraction back; return what counts again."""
    return _existing(folder).restore(of)


def opine(folder: Path, of: str, stance: Stance, explanation: str) -> str:
    """Say what this site holds of a statement; return the opinion's id."""
    return _existing(folder).opine(of, stance, explanation, datetime.now(UTC))


def revoke(bundle: Path, out: Path) -> int:
    """Write the bundle that takes back what an earlier one said; return how many objects it revokes.

    Raises:
        InputError: the bundle cannot be read, says nothing that could be taken back, or `out` cannot be written.
    """
    found = read_bundle(bundle)
    back = revoked(found, datetime.now(UTC))
    if not back:
        raise InputError("says nothing that could be taken back", file=str(bundle), mend="Name a bundle that you sent.")
    authors = {raw["created_by_ref"] for raw in back}
    write_bundle([*back, *(raw for raw in found if raw.get("id") in authors)], out, private=True)
    return len(back)


def _existing(folder: Path) -> IntelFolder:
    if not folder.is_dir():
        raise InputError("no such folder", file=str(folder), mend="`hydrometer intel add` makes one.")
    return IntelFolder(folder)


def _told(added: Added, notes: Counter[str]) -> Import:
    return Import(
        source=added.source.name,
        reliability=added.source.reliability,
        file=str(added.file),
        new=added.new,
        newer=added.newer,
        same=added.same,
        notes=dict(sorted(notes.items())),
    )


def _actor(dossiers: Dossiers, wanted: str) -> Actor:
    """Return the actor of that id, name or alias."""
    small = wanted.lower()
    for one in dossiers.actors:
        if wanted == one.id or small in (name.lower() for name in (one.name, *one.aliases)):
            return one
    raise InputError(f"no actor {wanted}", mend="Write its dossier first: hydrometer intel actor FOLDER NAME.")


def _own_sketches(pieces: ResultFolder, campaign: str) -> list[TemplateSketch]:
    settings = msgspec.convert(pieces.run.settings.get("fingerprint", {}), FingerprintSettings)
    return [
        TemplateSketch(
            id=row["template_id"],
            key=OWN_KEY,
            hashes=tuple(row["hashes"]),
            shingle_words=settings.shingle_words,
            sample_one_in=settings.sample_one_in,
            elicitation=row["elicitation"],
        )
        for row in pieces.templates.filter(pc.equal(pieces.templates["campaign_id"], campaign)).to_pylist()
    ]
