"""A folder of what is known: one bundle a source, and this site's judgement of them all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from hydrometer.contract.errors import InputError
from hydrometer.sharing import stix_objects as kinds
from hydrometer.sharing.judgement import FILE, JudgedSource, Judgement, Withdrawal
from hydrometer.sharing.stix_files import Shelf, held, read_bundle, shelved, write_bundle
from hydrometer.sharing.stix_ids import PROJECT, definitions, is_id, made_id
from hydrometer.sharing.stix_reading import dossiers_of
from hydrometer.sharing.stix_writing import plain, stamp
from hydrometer.sharing.support import Support

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from hydrometer.contract.intel import Dossiers, Reliability, Stance

OWN = JudgedSource(id=made_id("identity", "this site"), name="This site", reliability="A", files=["own.json"])
"""Who says what this site says in its own folder."""
EXPIRED, RESTED = "past its validity", "rested on what was retracted"
_SLUG = re.compile(r"[^a-z0-9]+")


class Added(NamedTuple):
    """What an import changed."""

    source: JudgedSource
    file: Path
    new: int
    newer: int
    same: int
    """Objects that were there in this version or a later one."""


class IntelFolder:
    """Everything known, open for change; nothing is written before a method's end."""

    def __init__(self, folder: Path) -> None:
        """Raises InputError when the judgement in the folder is damaged, or `folder` is a file."""
        if folder.exists() and not folder.is_dir():
            raise InputError("is no folder", file=str(folder), mend="Name a folder for what is known.")
        self.folder = folder
        self.judgement: Judgement = Judgement.read(folder)
        self._read = _content(folder)
        self._shelf: Shelf | None = None

    @property
    def shelf(self) -> Shelf:
        """Everything in the folder, read when it is asked for; raises InputError when a bundle is damaged."""
        if self._shelf is None:
            self._shelf = shelved([self.folder]) if self.folder.is_dir() else Shelf()
        return self._shelf

    def dossiers(self) -> Dossiers:
        """What the folder says, marked as the judgement has it."""
        self.shelf.judgement = self.judgement
        return dossiers_of(self.shelf)

    def source(
        self,
        name: str,
        reliability: Reliability | None = None,
        identity: str = "",
        sent: Sequence[dict[str, Any]] = (),
    ) -> JudgedSource:
        """Return the source of that name, new when nobody knows it; a reliability that is given replaces the earlier.

        A new source has the identity of its name in what it `sent`, if that is nobody else's here.

        Raises:
            InputError: `identity` is no STIX identity, or another source has it.
        """
        if identity and not is_id(identity, "identity"):
            raise InputError(f"{identity!r} is no STIX identity", mend="Name identity--UUID, or leave it out.")
        found = next((one for one in self.judgement.sources if one.name.lower() == name.lower()), None)
        if found is None:
            wanted = identity or self._said_identity(name, sent) or made_id("identity", "source", name)
            taken = next((one for one in self.judgement.sources if one.id == wanted), None)
            if taken is not None:
                raise InputError(f"{wanted} is {taken.name}", mend=f"Name the source {taken.name!r}.")
            slug = _SLUG.sub("-", name.lower()).strip("-")[:40]
            found = JudgedSource(id=wanted, name=name, files=[f"{slug or 'source'}-{wanted[-8:]}.json"])
            self.judgement.sources.append(found)
        elif identity and identity != found.id:
            raise InputError(f"source {name} is {found.id}", mend="Leave the identity out, or name another source.")
        if reliability is not None:
            found.reliability = reliability
        return found

    def _said_identity(self, name: str, sent: Sequence[dict[str, Any]]) -> str:
        said = {
            str(raw["id"])
            for raw in sent
            if is_id(raw.get("id"), "identity") and str(raw.get("name", "")).lower() == name.lower()
        }
        free = said - {one.id for one in self.judgement.sources} - {PROJECT, OWN.id}
        return free.pop() if len(free) == 1 else ""

    def own(self) -> JudgedSource:
        """Return this site as a source."""
        found = next((one for one in self.judgement.sources if one.id == OWN.id), None)
        if found is None:
            found = JudgedSource(id=OWN.id, name=OWN.name, reliability=OWN.reliability, files=list(OWN.files))
            self.judgement.sources.append(found)
        return found

    def add(
        self,
        objects: Sequence[dict[str, Any]],
        origin: Path,
        source: JudgedSource,
        credibility: int | None = None,
        *,
        undated: bool = False,
    ) -> Added:
        """Take objects of a source in, the newest version of each; adding them again changes nothing.

        Of `undated` objects it is the content that makes a version, since their times are those of the import.

        Raises:
            InputError: an object is damaged; nothing is added then.
        """
        file = self.folder / source.files[0]
        mine = Shelf()
        for raw in read_bundle(file) if file.exists() else ():
            mine.put(held(raw, file, source))
        before = {name: one.raw for name, one in mine.held.items()}
        for raw in objects:
            one = held(_dated(raw, before.get(str(raw.get("id")))) if undated else raw, origin, source)
            mine.put(one)
            if credibility is not None and isinstance(one.used, kinds.IndicatorObject):
                self.judgement.credibility[one.used.id] = credibility
        dossiers_of(mine)  # damage in our own extensions shows here, before anything is written
        after = {name: one.raw for name, one in mine.held.items()}
        new = len(after.keys() - before.keys())
        newer = sum(after[name] != raw for name, raw in before.items())
        # First whose it is, then what: a bundle is never there without its source.
        self._judge()
        write_bundle(list(after.values()), file, private=True)
        self._shelf = None
        named = len({str(raw["id"]) for raw in objects})
        return Added(source, file, new, newer, named - new - newer)

    def opine(self, of: str, stance: Stance, explanation: str, at: datetime) -> str:
        """Say what this site holds of a statement; a later opinion replaces an earlier one. Returns the opinion's id.

        Raises:
            InputError: nothing has that id.
        """
        self._known(of)
        source = self.own()
        name = made_id("opinion", source.id, of)
        earlier = self.shelf.held.get(name)
        opinion = plain(
            "opinion",
            name,
            stamp(at),
            created_by_ref=source.id,
            opinion=stance,
            object_refs=[of],
            explanation=explanation,
        )
        if earlier is not None:
            opinion["created"] = earlier.raw["created"]
        self.add([*definitions(), identity(source, at), opinion], self.folder / source.files[0], source)
        return name

    def retract(self, of: str, why: str, at: datetime) -> dict[str, Withdrawal]:
        """Withdraw a statement, or all of a source, and what had rested on it. Returns what was withdrawn, by id.

        The objects stay as they were: a revoked version of one's own could never be taken back.

        Raises:
            InputError: nothing has that id.
        """
        self._known(of)
        gone = {of: Withdrawal(at=at, why=why)}
        if is_id(of, "identity"):
            gone |= {
                name: Withdrawal(at=at, why=why, because_of=of)
                for name, one in self.shelf.held.items()
                if one.source == of and name != of
            }
        support = Support(self.shelf, self.judgement.withdrawn)
        for name in support.fallen(gone):
            gone[name] = Withdrawal(at=at, why=RESTED, because_of=of)
        gone = {name: one for name, one in gone.items() if name not in self.judgement.withdrawn}
        self.judgement.withdrawn |= gone
        self._judge()
        return gone

    def restore(self, of: str) -> list[str]:
        """Take a retraction back, with what it had withdrawn.

        Raises:
            InputError: it was not retracted.
        """
        if of not in self.judgement.withdrawn:
            raise InputError(f"{of} is not withdrawn", mend="`hydrometer intel list` shows what is.")
        back = [name for name, one in self.judgement.withdrawn.items() if of in (name, one.because_of)]
        for name in back:
            del self.judgement.withdrawn[name]
        self._judge()
        return sorted(back)

    def expire(self, at: datetime) -> dict[str, Withdrawal]:
        """Mark what is past its validity, unmark what was prolonged, and withdraw what rested on what is revoked.

        Returns what is newly withdrawn, by id.
        """
        before = set(self.judgement.withdrawn)
        self.judgement.withdrawn = {n: one for n, one in self.judgement.withdrawn.items() if one.why != EXPIRED}
        found = self.dossiers()
        ends = {one.id: one.valid_until for one in found.indicators} | {one.id: one.valid_until for one in found.actors}
        for name, end in ends.items():
            if end is not None and end <= at and name in self.shelf.held:
                self.judgement.withdrawn.setdefault(name, Withdrawal(at=end, why=EXPIRED))
        support = Support(self.shelf, self.judgement.withdrawn)
        for revoked in sorted(name for name, one in self.shelf.held.items() if one.raw.get("revoked") is True):
            for name in support.fallen([revoked]):
                self.judgement.withdrawn.setdefault(name, Withdrawal(at=at, why=RESTED, because_of=revoked))
        self._judge()
        return {name: one for name, one in self.judgement.withdrawn.items() if name not in before}

    def _judge(self) -> None:
        if _content(self.folder) != self._read:
            raise InputError(
                "was changed by another command", file=str(self.folder / FILE), mend="Run this command again."
            )
        self.judgement.write(self.folder)
        self._read = _content(self.folder)

    def _known(self, of: str) -> None:
        if of not in self.shelf.held and all(source.id != of for source in self.judgement.sources):
            raise InputError(f"nothing has the id {of}", file=str(self.folder), mend="See `hydrometer intel list`.")


def _content(folder: Path) -> bytes:
    file = folder / FILE
    return file.read_bytes() if file.exists() else b""


def _dated(raw: dict[str, Any], earlier: dict[str, Any] | None) -> dict[str, Any]:
    """Return an object with the times of an earlier version: both when it says the same, else when it was made."""
    if earlier is None or "modified" not in raw:
        return raw
    times = {"created": earlier["created"], "modified": earlier["modified"]}
    return {**raw, **times} if {**raw, **times} == earlier else {**raw, "created": earlier["created"]}


def identity(source: JudgedSource, at: datetime) -> dict[str, Any]:
    """Return the STIX identity of a source."""
    return plain("identity", source.id, stamp(at), name=source.name, identity_class="organization")


def revoked(objects: Sequence[dict[str, Any]], at: datetime) -> list[dict[str, Any]]:
    """Return the versions that take a bundle back: of everything that its authors made, but of themselves.

    Observables have no versions and stay out, as do definitions and what others made.
    """
    return [
        {**raw, "revoked": True, "modified": stamp(at)}
        for raw in objects
        if "modified" in raw
        and raw.get("type") not in ("identity", "extension-definition", "attack-pattern")
        and is_id(raw.get("created_by_ref"), "identity")
        and raw.get("revoked") is not True
    ]
