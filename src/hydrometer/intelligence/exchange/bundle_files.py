"""Bundles on disk: read into objects, each held as it stands, and written back."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from hydrometer.contract import InputError
from hydrometer.files import explain_read_errors, read_regular_file, replace_file
from hydrometer.intelligence.exchange import stix_objects as kinds
from hydrometer.intelligence.exchange.source_ratings import FILE, RatedSource, SourceRatings
from hydrometer.intelligence.exchange.stix_ids import TEMPLATE, is_id, make_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

LARGEST = 256 << 20
"""Bytes of a bundle that is read: a hundred thousand indicators with their relationships have some 120 MB."""
MEND = "Mend the object or take it out of the file, or ask its sender for a valid STIX 2.1 bundle."

USED: dict[str, type[kinds.StixObject]] = {
    "identity": kinds.IdentityObject,
    "intrusion-set": kinds.ActorObject,
    "threat-actor": kinds.ActorObject,
    "indicator": kinds.IndicatorObject,
    "campaign": kinds.CampaignObject,
    "relationship": kinds.RelationshipObject,
    "sighting": kinds.SightingObject,
    "opinion": kinds.OpinionObject,
    TEMPLATE: kinds.TemplateObject,
}
"""Types that records are made of; objects of other types are kept as they stand."""
WITHOUT_TIMES = frozenset({TEMPLATE})


class _RawBundle(msgspec.Struct):
    """A bundle whose objects are left as their writer wrote them."""

    objects: list[msgspec.Raw] = []


@dataclass(slots=True)
class BundledObject:
    """One object: as it stands, what we use of it (None for other types), who says it, and where it was read."""

    raw: dict[str, Any]
    parsed: kinds.StixObject | None
    source: str
    file: str

    @property
    def version(self) -> tuple[str, bytes]:
        """What orders the versions of one object; the text decides between two of one moment."""
        moment = self.parsed.modified if self.parsed is not None else None
        said = moment.isoformat() if moment is not None else str(self.raw.get("modified", ""))
        return said, orjson.dumps(self.raw, option=orjson.OPT_SORT_KEYS)


@dataclass(slots=True)
class BundleSet:
    """Every object of some bundles in its newest version, by id, with what the site holds of the sources."""

    objects: dict[str, BundledObject] = field(default_factory=dict)
    ratings: SourceRatings = field(default_factory=SourceRatings)
    unknown_sources: list[RatedSource] = field(default_factory=list)
    """Sources of which nothing is known but a file beside those of judged ones."""
    unassigned_files: list[str] = field(default_factory=list)
    """Names of files in folders that the site has not said the sender of."""
    notes: Counter[str] = field(default_factory=Counter)
    """What should be known, with how often it happened."""

    def add(self, one: BundledObject) -> None:
        """Keep the newest version of a source; of several sources the most reliable one's.

        So that no partner can change or revoke what a better one said.
        """
        name = str(one.raw["id"])
        other = self.objects.get(name)
        if other is None:
            self.objects[name] = one
        elif other.source == one.source:
            self.notes["older versions of objects"] += other.raw != one.raw
            self.objects[name] = max(other, one, key=lambda version: version.version)
        else:
            self.notes["objects that several sources sent; the most reliable one's version counts"] += 1
            self.objects[name] = min(other, one, key=self._rank)

    def _rank(self, candidate: BundledObject) -> tuple[str, bool, str]:
        letters = {source.id: source.reliability for source in self.ratings.sources}
        return (
            letters.get(candidate.source, "F"),
            candidate.raw.get("created_by_ref") != candidate.source,
            candidate.source,
        )


def load_bundle_set(paths: Iterable[Path]) -> BundleSet:
    """Read bundles, and folders of bundles with their judgement.

    Raises:
        InputError: a file is missing, is no bundle, or holds a damaged object.
    """
    roots = list(paths)
    # Beside judged sources nothing may borrow their names.
    judged = any((root / FILE).exists() for root in roots)
    bundles = BundleSet()
    for root in roots:
        ratings = SourceRatings.read(root) if root.is_dir() else SourceRatings()
        bundles.ratings.sources += ratings.sources
        bundles.ratings.credibility |= ratings.credibility
        bundles.ratings.withdrawn |= ratings.withdrawn
        for file in _list_files(root):
            source = ratings.find_source(file.name)
            if root.is_dir() and ratings.is_unassigned(file.name):
                bundles.unassigned_files.append(file.name)
            if judged and ratings.is_unassigned(file.name):
                source = _make_unknown_source(file.name)
                bundles.unknown_sources.append(source)
            for raw in read_bundle(file):
                bundles.add(parse_object(raw, file, source))
    return bundles


def _list_files(root: Path) -> list[Path]:
    return sorted(file for file in root.glob("*.json") if file.name != FILE) if root.is_dir() else [root]


def _make_unknown_source(name: str) -> RatedSource:
    return RatedSource(id=make_id("identity", "file", name), name=f"Whoever wrote {name}")


def read_bundle(file: Path) -> list[dict[str, Any]]:
    """Return the objects of a bundle or of a TAXII envelope, as they stand.

    Raises:
        InputError: the file cannot be read, is no JSON or no bundle.
    """
    mend = "Name a STIX 2.1 bundle or a folder of them."
    try:
        with explain_read_errors(file, mend=mend, missing="no such file"):
            if file.stat().st_size > LARGEST:
                raise InputError(f"has more than {LARGEST:,} bytes", file=str(file), mend="Split the bundle.")
            content = orjson.loads(read_regular_file(file))
    except orjson.JSONDecodeError as error:
        raise InputError(f"is no JSON: {error}", file=str(file), mend=mend) from None
    objects = content.get("objects", []) if isinstance(content, dict) else None
    envelope = isinstance(content, dict) and "type" not in content and "objects" in content
    if not isinstance(objects, list) or not (envelope or content.get("type") == "bundle"):
        raise InputError("is no STIX bundle", file=str(file), mend=mend)
    for number, one in enumerate(objects, 1):
        if not isinstance(one, dict):
            raise InputError(f"object {number} is no JSON object", file=str(file), mend=MEND)
    return objects


def parse_object(raw: dict[str, Any], file: Path, source: RatedSource | None) -> BundledObject:
    """Take one object in: checked as far as it is used.

    Raises:
        InputError: it is damaged.
    """
    kind, name = raw.get("type"), raw.get("id")
    if not isinstance(kind, str) or not is_id(name, kind):
        raise InputError(f"object {_abbreviate_id(name)} has no id of its type", file=str(file), mend=MEND)
    parsed = None
    if kind in USED:
        if raw.get("spec_version") == "2.0" or (kind == "indicator" and "pattern_type" not in raw):
            raise InputError(
                f"object {name} is of STIX 2.0", file=str(file), mend="Convert the bundle to STIX 2.1 (stix2-elevator)."
            )
        try:
            parsed = msgspec.convert(raw, USED[kind])
        except (msgspec.ValidationError, OverflowError) as error:
            raise InputError(f"object {name} is damaged: {error}", file=str(file), mend=MEND) from None
        if kind not in WITHOUT_TIMES and (parsed.created is None or parsed.modified is None):
            raise InputError(f"object {name} lacks created or modified", file=str(file), mend=MEND)
        if not isinstance(raw.get("extensions", {}), dict):
            raise InputError(f"object {name} is damaged: extensions are no object", file=str(file), mend=MEND)
    author = source.id if source is not None else _read_author(raw.get("created_by_ref"))
    return BundledObject(raw, parsed, author, str(file))


def _read_author(said: object) -> str:
    return _check_identity(said) if isinstance(said, str) else ""


@lru_cache(maxsize=1024)
def _check_identity(said: str) -> str:
    return said if is_id(said, "identity") else ""


def _abbreviate_id(name: object) -> str:
    return repr(name)[:100]


def encode_bundle(objects: Sequence[dict[str, Any]]) -> bytes:
    """Return a bundle of objects, in the order of their ids; the same objects make the same bytes."""
    ordered = sorted(objects, key=lambda one: (str(one["id"]), str(one.get("modified", ""))))
    content = orjson.dumps([[one["id"], one.get("modified")] for one in ordered]).decode()
    whole = {"type": "bundle", "id": make_id("bundle", content), "objects": ordered}
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_bundle(objects: Sequence[dict[str, Any]], file: Path, *, private: bool = False) -> None:
    """Write a bundle, a private one for its owner only; raises InputError when it cannot be written."""
    replace_file(file, encode_bundle(objects), private=private)


def pack_bundle(objects: list[bytes]) -> bytes:
    """Return objects as a STIX bundle whose id comes of what is in it."""
    inside = b",".join(objects)
    name = uuid.uuid5(uuid.NAMESPACE_OID, hashlib.sha256(inside).hexdigest())
    return b'{"type":"bundle","id":"bundle--' + str(name).encode() + b'","objects":[' + inside + b"]}\n"


def unpack_bundle(content: bytes, file: str) -> list[bytes]:
    """Return the objects of a bundle, each as its writer wrote it; raises InputError."""
    try:
        envelope = msgspec.json.decode(content, type=_RawBundle)
        for one in envelope.objects:
            if not isinstance(orjson.loads(bytes(one)), dict):
                raise InputError("an object is no JSON object", file=file, mend="Give a STIX bundle.")
    except (msgspec.DecodeError, orjson.JSONDecodeError) as error:
        raise InputError(f"no bundle: {error}", file=file, mend="Give a STIX 2.1 bundle.") from None
    return [bytes(one) for one in envelope.objects]
