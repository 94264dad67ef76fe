"""A folder of what is known: one bundle a source, and this site's judgement of them all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from hydrometer.contract import InputError
from hydrometer.files import read_regular_file
from hydrometer.intelligence.exchange import stix_objects as kinds
from hydrometer.intelligence.exchange.bundle_files import (
    BundleSet,
    load_bundle_set,
    parse_object,
    read_bundle,
    write_bundle,
)
from hydrometer.intelligence.exchange.dependency_graph import DependencyGraph
from hydrometer.intelligence.exchange.source_ratings import FILE, RatedSource, SourceRatings, Withdrawal
from hydrometer.intelligence.exchange.stix_decoder import build_dossiers
from hydrometer.intelligence.exchange.stix_encoder import format_stix_time, make_identity, make_object
from hydrometer.intelligence.exchange.stix_ids import PROJECT, define_extension, is_id, make_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from hydrometer.contract import Dossiers, Reliability, Stance

OWN = RatedSource(id=make_id("identity", "this site"), name="This site", reliability="A", files=["own.json"])
"""Who says what this site says in its own folder."""
EXPIRED, RESTED = "past its validity", "rested on what was retracted"
_SLUG = re.compile(r"[^a-z0-9]+")


class AdditionCounts(NamedTuple):
    """What an import changed."""

    source: RatedSource
    file: Path
    new: int
    newer: int
    same: int
    """Objects that were there in this version or a later one."""


class IntelStore:
    """Everything known, open for change; nothing is written before a method's end."""

    def __init__(self, folder: Path) -> None:
        """Raise InputError when the judgement in the folder is damaged, or `folder` is a file."""
        if folder.exists() and not folder.is_dir():
            raise InputError("is no folder", file=str(folder), mend="Name a folder for what is known.")
        self.folder = folder
        self.ratings: SourceRatings = SourceRatings.read(folder)
        self._ratings_bytes = _read_ratings_bytes(folder)
        self._bundles: BundleSet | None = None

    @property
    def bundles(self) -> BundleSet:
        """Everything in the folder, read when it is asked for; raises InputError when a bundle is damaged."""
        if self._bundles is None:
            self._bundles = load_bundle_set([self.folder]) if self.folder.is_dir() else BundleSet()
        return self._bundles

    def dossiers(self) -> Dossiers:
        """Return what the folder says, marked as the judgement has it."""
        self.bundles.ratings = self.ratings
        return build_dossiers(self.bundles)

    def ensure_source(
        self,
        name: str,
        reliability: Reliability | None = None,
        identity: str = "",
        sent: Sequence[dict[str, Any]] = (),
    ) -> RatedSource:
        """Return the source of that name, new when nobody knows it; a reliability that is given replaces the earlier.

        A new source has the identity of its name in what it `sent`, if that is nobody else's here.

        Raises:
            InputError: `identity` is no STIX identity, or another source has it.
        """
        if identity and not is_id(identity, "identity"):
            raise InputError(f"{identity!r} is no STIX identity", mend="Name identity--UUID, or leave it out.")
        source = next((one for one in self.ratings.sources if one.name.lower() == name.lower()), None)
        if source is None:
            source_id = identity or self._find_stated_identity(name, sent) or make_id("identity", "source", name)
            owner = next((one for one in self.ratings.sources if one.id == source_id), None)
            if owner is not None:
                raise InputError(f"{source_id} is {owner.name}", mend=f"Name the source {owner.name!r}.")
            slug = _SLUG.sub("-", name.lower()).strip("-")[:40]
            source = RatedSource(id=source_id, name=name, files=[f"{slug or 'source'}-{source_id[-8:]}.json"])
            self.ratings.sources.append(source)
        elif identity and identity != source.id:
            raise InputError(f"source {name} is {source.id}", mend="Leave the identity out, or name another source.")
        if reliability is not None:
            source.reliability = reliability
        return source

    def _find_stated_identity(self, name: str, sent: Sequence[dict[str, Any]]) -> str:
        stated_ids = {
            str(raw["id"])
            for raw in sent
            if is_id(raw.get("id"), "identity") and str(raw.get("name", "")).lower() == name.lower()
        }
        free_ids = stated_ids - {one.id for one in self.ratings.sources} - {PROJECT, OWN.id}
        return free_ids.pop() if len(free_ids) == 1 else ""

    def ensure_own_source(self) -> RatedSource:
        """Return this site as a source."""
        source = next((one for one in self.ratings.sources if one.id == OWN.id), None)
        if source is None:
            source = RatedSource(id=OWN.id, name=OWN.name, reliability=OWN.reliability, files=list(OWN.files))
            self.ratings.sources.append(source)
        return source

    def add(
        self,
        objects: Sequence[dict[str, Any]],
        origin: Path,
        source: RatedSource,
        credibility: int | None = None,
        *,
        undated: bool = False,
    ) -> AdditionCounts:
        """Take in objects of a source, the newest version of each; adding them again changes nothing.

        Of `undated` objects it is the content that makes a version, since their times are those of the import.

        Raises:
            InputError: an object is damaged; nothing is added then.
        """
        file = self.folder / source.files[0]
        bundles = BundleSet()
        for raw in read_bundle(file) if file.exists() else ():
            bundles.add(parse_object(raw, file, source))
        before = {name: one.raw for name, one in bundles.objects.items()}
        for raw in objects:
            one = parse_object(_restore_times(raw, before.get(str(raw.get("id")))) if undated else raw, origin, source)
            bundles.add(one)
            if credibility is not None and isinstance(one.parsed, kinds.IndicatorObject):
                self.ratings.credibility[one.parsed.id] = credibility
        build_dossiers(bundles)  # damage in our own extensions shows here, before anything is written
        after = {name: one.raw for name, one in bundles.objects.items()}
        new = len(after.keys() - before.keys())
        newer = sum(after[name] != raw for name, raw in before.items())
        # First whose it is, then what: a bundle is never there without its source.
        self._save_ratings()
        write_bundle(list(after.values()), file, private=True)
        self._bundles = None
        named = len({str(raw["id"]) for raw in objects})
        return AdditionCounts(source, file, new, newer, named - new - newer)

    def opine(self, of: str, stance: Stance, explanation: str, at: datetime) -> str:
        """Say what this site holds of a statement; a later opinion replaces an earlier one. Return the opinion's id.

        Raises:
            InputError: nothing has that id.
        """
        self._require_id(of)
        source = self.ensure_own_source()
        name = make_id("opinion", source.id, of)
        earlier = self.bundles.objects.get(name)
        opinion = make_object(
            "opinion",
            name,
            format_stix_time(at),
            created_by_ref=source.id,
            opinion=stance,
            object_refs=[of],
            explanation=explanation,
        )
        if earlier is not None:
            opinion["created"] = earlier.raw["created"]
        self.add(
            [*define_extension(), make_identity(source.id, source.name, format_stix_time(at)), opinion],
            self.folder / source.files[0],
            source,
        )
        return name

    def retract(self, of: str, why: str, at: datetime) -> dict[str, Withdrawal]:
        """Withdraw a statement, or all of a source, and what had rested on it. Return what was withdrawn, by id.

        The objects stay as they were: a revoked version of one's own could never be taken back.

        Raises:
            InputError: nothing has that id.
        """
        self._require_id(of)
        gone = {of: Withdrawal(at=at, why=why)}
        if is_id(of, "identity"):
            gone |= {
                name: Withdrawal(at=at, why=why, because_of=of)
                for name, one in self.bundles.objects.items()
                if one.source == of and name != of
            }
        support = DependencyGraph(self.bundles, self.ratings.withdrawn)
        for name in support.find_dependents(gone):
            gone[name] = Withdrawal(at=at, why=RESTED, because_of=of)
        gone = {name: one for name, one in gone.items() if name not in self.ratings.withdrawn}
        self.ratings.withdrawn |= gone
        self._save_ratings()
        return gone

    def restore(self, of: str) -> list[str]:
        """Take a retraction back, with what it had withdrawn.

        Raises:
            InputError: it was not retracted.
        """
        if of not in self.ratings.withdrawn:
            raise InputError(f"{of} is not withdrawn", mend="`hydrometer intel list` shows what is.")
        back = [name for name, one in self.ratings.withdrawn.items() if of in (name, one.because_of)]
        for name in back:
            del self.ratings.withdrawn[name]
        self._save_ratings()
        return sorted(back)

    def expire(self, at: datetime) -> dict[str, Withdrawal]:
        """Mark what is past its validity, unmark what was prolonged, and withdraw what rested on what is revoked.

        Return what is newly withdrawn, by id.
        """
        before = set(self.ratings.withdrawn)
        self.ratings.withdrawn = {n: one for n, one in self.ratings.withdrawn.items() if one.why != EXPIRED}
        dossiers = self.dossiers()
        ends = {one.id: one.valid_until for one in dossiers.indicators} | {
            one.id: one.valid_until for one in dossiers.actors
        }
        for name, end in ends.items():
            if end is not None and end <= at and name in self.bundles.objects:
                self.ratings.withdrawn.setdefault(name, Withdrawal(at=end, why=EXPIRED))
        support = DependencyGraph(self.bundles, self.ratings.withdrawn)
        for revoked in sorted(name for name, one in self.bundles.objects.items() if one.raw.get("revoked") is True):
            for name in support.find_dependents([revoked]):
                self.ratings.withdrawn.setdefault(name, Withdrawal(at=at, why=RESTED, because_of=revoked))
        self._save_ratings()
        return {name: one for name, one in self.ratings.withdrawn.items() if name not in before}

    def _save_ratings(self) -> None:
        if _read_ratings_bytes(self.folder) != self._ratings_bytes:
            raise InputError(
                "was changed by another command", file=str(self.folder / FILE), mend="Run this command again."
            )
        self.ratings.write(self.folder)
        self._ratings_bytes = _read_ratings_bytes(self.folder)

    def _require_id(self, of: str) -> None:
        if of not in self.bundles.objects and all(source.id != of for source in self.ratings.sources):
            raise InputError(f"nothing has the id {of}", file=str(self.folder), mend="See `hydrometer intel list`.")


def _read_ratings_bytes(folder: Path) -> bytes:
    file = folder / FILE
    return read_regular_file(file) if file.exists() else b""


def _restore_times(raw: dict[str, Any], earlier: dict[str, Any] | None) -> dict[str, Any]:
    """Return an object with the times of an earlier version: both when it says the same, else when it was made."""
    if earlier is None or "modified" not in raw:
        return raw
    times = {"created": earlier["created"], "modified": earlier["modified"]}
    return {**raw, **times} if {**raw, **times} == earlier else {**raw, "created": earlier["created"]}


def revoke_objects(objects: Sequence[dict[str, Any]], at: datetime) -> list[dict[str, Any]]:
    """Return the versions that take a bundle back: of everything that its authors made, but of themselves.

    Observables have no versions and stay out, as do definitions and what others made.
    """
    return [
        {**raw, "revoked": True, "modified": format_stix_time(at)}
        for raw in objects
        if "modified" in raw
        and raw.get("type") not in ("identity", "extension-definition", "attack-pattern")
        and is_id(raw.get("created_by_ref"), "identity")
        and raw.get("revoked") is not True
    ]
