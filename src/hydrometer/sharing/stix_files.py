"""Bundles on disk: read into objects, each held as it stands, and written back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from hydrometer.contract.errors import InputError
from hydrometer.sharing import stix_objects as kinds
from hydrometer.sharing.judgement import FILE, JudgedSource, Judgement
from hydrometer.sharing.stix_ids import is_id, made_id
from hydrometer.sharing.writing import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

LARGEST = 1 << 30
"""Bytes of a bundle that is read: a hundred thousand indicators with their relationships have some 120 MB."""
MEND = "Mend the object or take it out of the file, or ask its sender for a valid STIX 2.1 bundle."

USED: dict[str, type[kinds.Anything]] = {
    "identity": kinds.Identity,
    "intrusion-set": kinds.ActorObject,
    "threat-actor": kinds.ActorObject,
    "indicator": kinds.IndicatorObject,
    "campaign": kinds.CampaignObject,
    "relationship": kinds.RelationshipObject,
    "sighting": kinds.SightingObject,
    "opinion": kinds.OpinionObject,
    "x-hydrometer-template": kinds.TemplateObject,
}
"""Types that records are made of; objects of other types are kept as they stand."""
WITHOUT_TIMES = frozenset({"x-hydrometer-template"})


@dataclass(slots=True)
class Held:
    """One object: as it stands, what we use of it (None for other types), who says it, and where it was read."""

    raw: dict[str, Any]
    used: kinds.Anything | None
    source: str
    file: str

    @property
    def version(self) -> tuple[str, bytes]:
        """What orders the versions of one object; the text decides between two of one moment."""
        moment = self.used.modified if self.used is not None else None
        said = moment.isoformat() if moment is not None else str(self.raw.get("modified", ""))
        return said, orjson.dumps(self.raw, option=orjson.OPT_SORT_KEYS)


@dataclass(slots=True)
class Shelf:
    """Every object of some bundles in its newest version, by id, with what the site holds of the sources."""

    held: dict[str, Held] = field(default_factory=dict)
    judgement: Judgement = field(default_factory=Judgement)
    nobody: list[JudgedSource] = field(default_factory=list)
    """Sources of which nothing is known but a file beside those of judged ones."""
    unjudged: list[str] = field(default_factory=list)
    """Names of files in folders that the site has not said the sender of."""
    notes: Counter[str] = field(default_factory=Counter)
    """What should be known, with how often it happened."""

    def put(self, one: Held) -> None:
        """Keep the newest version of a source; of several sources the most reliable one's.

        So that no partner can change or revoke what a better one said.
        """
        name = str(one.raw["id"])
        other = self.held.get(name)
        if other is None:
            self.held[name] = one
        elif other.source == one.source:
            self.notes["older versions of objects"] += other.raw != one.raw
            self.held[name] = max(other, one, key=lambda held: held.version)
        else:
            self.notes["objects that several sources sent; the most reliable one's version counts"] += 1
            self.held[name] = min(other, one, key=self._rank)

    def _rank(self, held: Held) -> tuple[str, bool, str]:
        letters = {source.id: source.reliability for source in self.judgement.sources}
        return letters.get(held.source, "F"), held.raw.get("created_by_ref") != held.source, held.source


def shelved(paths: Iterable[Path]) -> Shelf:
    """Read bundles, and folders of bundles with their judgement.

    Raises:
        InputError: a file is missing, is no bundle, or holds a damaged object.
    """
    places = list(paths)
    # Beside judged sources nothing may borrow their names.
    judged = any((place / FILE).exists() for place in places)
    shelf = Shelf()
    for place in places:
        judgement = Judgement.read(place) if place.is_dir() else Judgement()
        shelf.judgement.sources += judgement.sources
        shelf.judgement.credibility |= judgement.credibility
        shelf.judgement.withdrawn |= judgement.withdrawn
        for file in _files(place):
            source = judgement.of_file(file.name)
            if place.is_dir() and judgement.unjudged(file.name):
                shelf.unjudged.append(file.name)
            if judged and judgement.unjudged(file.name):
                source = _nobody(file.name)
                shelf.nobody.append(source)
            for raw in read_bundle(file):
                shelf.put(held(raw, file, source))
    return shelf


def _files(place: Path) -> list[Path]:
    return sorted(file for file in place.glob("*.json") if file.name != FILE) if place.is_dir() else [place]


def _nobody(name: str) -> JudgedSource:
    return JudgedSource(id=made_id("identity", "file", name), name=f"Whoever wrote {name}")


def read_bundle(file: Path) -> list[dict[str, Any]]:
    """Return the objects of a bundle or of a TAXII envelope, as they stand.

    Raises:
        InputError: the file cannot be read, is no JSON or no bundle.
    """
    mend = "Name a STIX 2.1 bundle or a folder of them."
    try:
        if file.stat().st_size > LARGEST:
            raise InputError(f"has more than {LARGEST:,} bytes", file=str(file), mend="Split the bundle.")
        found = orjson.loads(file.read_bytes())
    except FileNotFoundError:
        raise InputError("no such file", file=str(file), mend=mend) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(file), mend=mend) from None
    except orjson.JSONDecodeError as error:
        raise InputError(f"is no JSON: {error}", file=str(file), mend=mend) from None
    objects = found.get("objects", []) if isinstance(found, dict) else None
    envelope = isinstance(found, dict) and "type" not in found and "objects" in found
    if not isinstance(objects, list) or not (envelope or found.get("type") == "bundle"):
        raise InputError("is no STIX bundle", file=str(file), mend=mend)
    for number, one in enumerate(objects, 1):
        if not isinstance(one, dict):
            raise InputError(f"object {number} is no JSON object", file=str(file), mend=MEND)
    return objects


def held(raw: dict[str, Any], file: Path, source: JudgedSource | None) -> Held:
    """Take one object in: checked as far as it is used.

    Raises:
        InputError: it is damaged.
    """
    kind, name = raw.get("type"), raw.get("id")
    if not isinstance(kind, str) or not is_id(name, kind):
        raise InputError(f"object {_short(name)} has no id of its type", file=str(file), mend=MEND)
    used = None
    if kind in USED:
        if raw.get("spec_version") == "2.0" or (kind == "indicator" and "pattern_type" not in raw):
            raise InputError(
                f"object {name} is of STIX 2.0", file=str(file), mend="Convert the bundle to STIX 2.1 (stix2-elevator)."
            )
        try:
            used = msgspec.convert(raw, USED[kind])
        except (msgspec.ValidationError, OverflowError) as error:
            raise InputError(f"object {name} is damaged: {error}", file=str(file), mend=MEND) from None
        if kind not in WITHOUT_TIMES and (used.created is None or used.modified is None):
            raise InputError(f"object {name} lacks created or modified", file=str(file), mend=MEND)
        if not isinstance(raw.get("extensions", {}), dict):
            raise InputError(f"object {name} is damaged: extensions are no object", file=str(file), mend=MEND)
    said = source.id if source is not None else _author(raw.get("created_by_ref"))
    return Held(raw, used, said, str(file))


def _author(said: object) -> str:
    return _identity(said) if isinstance(said, str) else ""


@lru_cache(maxsize=1024)
def _identity(said: str) -> str:
    return said if is_id(said, "identity") else ""


def _short(name: object) -> str:
    return repr(name)[:100]


def bundle(objects: Sequence[dict[str, Any]]) -> bytes:
    """Return a bundle of objects, in the order of their ids; the same objects make the same bytes."""
    ordered = sorted(objects, key=lambda one: (str(one["id"]), str(one.get("modified", ""))))
    content = orjson.dumps([[one["id"], one.get("modified")] for one in ordered]).decode()
    whole = {"type": "bundle", "id": made_id("bundle", content), "objects": ordered}
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_bundle(objects: Sequence[dict[str, Any]], file: Path, *, private: bool = False) -> None:
    """Write a bundle, a private one for its owner only; raises InputError when it cannot be written."""
    replace_file(file, bundle(objects), private=private)
