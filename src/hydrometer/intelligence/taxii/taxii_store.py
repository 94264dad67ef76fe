"""The objects of a TAXII server, in one SQLite file: rows are added and never changed or taken away.

Each row has a time of its own in microseconds, later than every earlier row's, given inside the transaction that adds it. So what a
reader has seen is a prefix of what there is, and `added_after` and pages neither lose nor repeat an object, also where
many were added at once. A removal is a row too: it hides the version that it names.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Literal

import msgspec

from hydrometer.contract import InputError
from hydrometer.intelligence.taxii.offered_objects import OfferedObject, RefusedObject, format_microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from hydrometer.intelligence.taxii.object_query import ObjectQuery

STORE_VERSION = 1
"""`user_version` of the file."""
LARGEST_ANSWER = 16 << 20
"""Bytes of objects after which a page ends, whatever its limit."""
PATIENCE = 30.0
"""Seconds to wait for another writer."""
KEPT = 7 * 86_400_000_000
"""Microseconds for which the outcome of a request can be asked for."""

_SCHEMA = """
CREATE TABLE collections (
    id TEXT PRIMARY KEY, alias TEXT NOT NULL UNIQUE, title TEXT NOT NULL, description TEXT NOT NULL, added INTEGER NOT NULL
) STRICT;
CREATE TABLE versions (
    added INTEGER PRIMARY KEY, collection TEXT NOT NULL REFERENCES collections, id TEXT NOT NULL, type TEXT NOT NULL,
    version INTEGER NOT NULL, stamp TEXT NOT NULL, client TEXT NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX versions_of_object ON versions (collection, id, version);
CREATE INDEX versions_of_collection ON versions (collection, added);
CREATE TABLE removals (
    added INTEGER PRIMARY KEY REFERENCES versions, removed INTEGER NOT NULL, client TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE requests (
    id TEXT PRIMARY KEY, client TEXT NOT NULL, added INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX requests_by_age ON requests (added);
CREATE TRIGGER versions_stay BEFORE UPDATE ON versions BEGIN SELECT RAISE(ABORT, 'rows stay as they are'); END;
CREATE TRIGGER versions_remain BEFORE DELETE ON versions BEGIN SELECT RAISE(ABORT, 'rows stay'); END;
CREATE TRIGGER removals_remain BEFORE DELETE ON removals BEGIN SELECT RAISE(ABORT, 'rows stay'); END;
"""
_LIVE = "NOT EXISTS (SELECT 1 FROM removals AS r WHERE r.added = {0}.added)"
_OTHER = f"""NOT EXISTS (
    SELECT 1 FROM versions AS w INDEXED BY versions_of_object
    WHERE w.collection = v.collection AND w.id = v.id AND w.version {{0}} v.version AND {_LIVE.format("w")}
)"""


class TaxiiCollection(msgspec.Struct, frozen=True):
    """A collection of objects; `id` is a UUID, `alias` a short name that stands for it in addresses."""

    id: str
    alias: str
    title: str
    description: str = ""


class VersionRow(msgspec.Struct, frozen=True):
    """A version of an object in a collection."""

    added: int
    """Microseconds since 1970, the only row's with this time."""
    id: str
    stamp: str
    """The version as TAXII names it: `modified`, else `created`, else when it was added."""
    body: bytes


class VersionPage(msgspec.Struct, frozen=True):
    """Some rows in the order in which they were added, and whether there are more."""

    rows: list[VersionRow]
    more: bool


class ObjectOutcome(msgspec.Struct, frozen=True):
    """What became of one object of a request."""

    id: str
    version: str
    message: str
    success: bool


class TaxiiStore:
    """Opens a connection for each call, so that it can be used from any thread and by several processes."""

    def __init__(self, path: Path, clock: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        """`clock` tells microseconds since 1970.

        Raises:
            InputError: the file cannot be opened, or is none of this format.
        """
        self._path, self._clock = path, clock
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            with self._transact() as file:
                (version,) = file.execute("PRAGMA user_version").fetchone()
                tables = file.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
                if version == 0 and tables == 0:
                    for statement in _split_statements(_SCHEMA):
                        file.execute(statement)
                    file.execute(f"PRAGMA user_version = {STORE_VERSION}")
                elif version != STORE_VERSION:
                    raise InputError(
                        f"a store of format {version}, not {STORE_VERSION}",
                        file=str(path),
                        mend="Name a store of this version.",
                    )
        except (OSError, sqlite3.Error) as error:
            raise InputError(
                f"cannot open the store: {error}", file=str(path), mend="Name a folder that you can write to."
            ) from None

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None)) as file:
            file.execute("PRAGMA foreign_keys = ON")
            file.execute("PRAGMA journal_mode = WAL")
            yield file

    @contextmanager
    def _transact(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that is alone; left by an error, it has done nothing."""
        with self._connect() as file:
            file.execute("BEGIN IMMEDIATE")
            with file:
                yield file

    def collections(self) -> list[TaxiiCollection]:
        """Return all collections, oldest first."""
        with self._connect() as file:
            rows = file.execute("SELECT id, alias, title, description FROM collections ORDER BY added, id").fetchall()
        return [TaxiiCollection(*row) for row in rows]

    def add_collection(self, alias: str, title: str, description: str = "") -> TaxiiCollection:
        """Make a collection; raises InputError when the alias is taken."""
        made = TaxiiCollection(str(uuid.uuid4()), alias, title, description)
        try:
            with self._transact() as file:
                file.execute(
                    "INSERT INTO collections VALUES (?, ?, ?, ?, ?)", (*msgspec.structs.astuple(made), self._clock())
                )
        except sqlite3.IntegrityError:
            raise InputError(f"there is a collection {alias} already", mend="Choose another name.") from None
        return made

    def add(self, collection: str, things: Sequence[OfferedObject | RefusedObject], client: str) -> list[ObjectOutcome]:
        """Add objects in their order, all or, on an error of the file, none; tell what became of each.

        What is there already counts as added. The client that added an object's first version is the only one that may add
        others: nobody revokes for somebody else.
        """
        with self._transact() as file:
            (last,) = file.execute(
                "SELECT max(coalesce((SELECT max(added) FROM versions), 0), coalesce((SELECT max(removed) FROM removals), 0))"
            ).fetchone()
            moment = max(self._clock(), last + 1)
            outcomes = []
            for thing in things:
                if isinstance(thing, RefusedObject):
                    outcomes.append(ObjectOutcome(thing.id, thing.version, thing.why, success=False))
                    continue
                objection, present_since = _check_addition(file, collection, thing, client)
                stamp = thing.stamp or format_microseconds(present_since or moment)
                outcomes.append(
                    ObjectOutcome(thing.id, stamp, objection, success=present_since is not None or not objection)
                )
                if not objection:
                    version = moment if thing.version is None else thing.version
                    file.execute(
                        "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                        (moment, collection, thing.id, thing.type, version, stamp, client, thing.body),
                    )
                    moment += 1
        return outcomes

    def page(self, collection: str, query: ObjectQuery) -> VersionPage:
        """Return the rows that a query asks for, as many as its limit and `LARGEST_ANSWER` allow."""
        if not query.spec:
            return VersionPage([], more=False)
        where, values = _build_condition(query)
        rows: list[VersionRow] = []
        size = 0
        with self._connect() as file:
            matches = file.execute(
                f"SELECT v.added, v.id, v.stamp, v.body FROM versions AS v INDEXED BY {_choose_index(query)} "
                f"WHERE v.collection = ? AND v.added > ? AND {where} ORDER BY v.added LIMIT ?",
                (collection, query.after, *values, query.limit + 1),
            )
            for row in matches:
                if len(rows) == query.limit or (rows and size + len(row[3]) > LARGEST_ANSWER):
                    return VersionPage(rows, more=True)
                rows.append(VersionRow(*row))
                size += len(row[3])
        return VersionPage(rows, more=False)

    def has_object(self, collection: str, identifier: str) -> bool:
        """Tell whether any version of an object is in a collection."""
        with self._connect() as file:
            return bool(
                file.execute(
                    f"SELECT 1 FROM versions AS v INDEXED BY versions_of_object "
                    f"WHERE v.collection = ? AND v.id = ? AND {_LIVE.format('v')} LIMIT 1",
                    (collection, identifier),
                ).fetchone()
            )

    def remove(self, collection: str, query: ObjectQuery, client: str) -> Literal["removed", "absent", "foreign"]:
        """Hide the versions that a query asks for, all or, where another client added one, none."""
        if not query.spec:
            return "absent"
        where, values = _build_condition(query)
        with self._transact() as file:
            matches = file.execute(
                f"SELECT v.added, v.client FROM versions AS v INDEXED BY {_choose_index(query)} "
                f"WHERE v.collection = ? AND {where}",
                (collection, *values),
            ).fetchall()
            if any(by != client for _, by in matches):
                return "foreign"
            now = self._clock()
            file.executemany("INSERT INTO removals VALUES (?, ?, ?)", [(added, now, client) for added, _ in matches])
        return "removed" if matches else "absent"

    def keep_request(self, identifier: str, client: str, body: bytes) -> None:
        """Keep the status of a request for `KEPT`; older ones are forgotten."""
        now = self._clock()
        with self._transact() as file:
            file.execute("DELETE FROM requests WHERE added < ?", (now - KEPT,))
            file.execute("INSERT INTO requests VALUES (?, ?, ?, ?)", (identifier, client, now, body))

    def find_request(self, identifier: str, client: str) -> bytes | None:
        """Return the status of a request of this client."""
        with self._connect() as file:
            row = file.execute("SELECT body FROM requests WHERE id = ? AND client = ?", (identifier, client)).fetchone()
        return bytes(row[0]) if row else None


def _check_addition(
    file: sqlite3.Connection, collection: str, thing: OfferedObject, client: str
) -> tuple[str, int | None]:
    """Tell why an object is not added, empty if it is to be; and since when it is there as it is."""
    rows = file.execute(
        f"SELECT v.added, v.version, v.client, v.body = ? FROM versions AS v INDEXED BY versions_of_object "
        f"WHERE v.collection = ? AND v.id = ? AND {_LIVE.format('v')}",
        (thing.body, collection, thing.id),
    ).fetchall()
    for added, version, _, same in rows:
        if thing.version is None or version == thing.version:
            return ("there already", added) if same else ("there already with other content", None)
    if any(by != client for _, _, by, _ in rows):
        return "another client added this object", None
    return "", None


def _choose_index(query: ObjectQuery) -> str:
    """Return the index to go by: left to itself, SQLite reads a whole collection in order to find one object."""
    return "versions_of_object" if query.ids else "versions_of_collection"


def _build_condition(query: ObjectQuery) -> tuple[str, list[str | int]]:
    """Return the condition on `versions AS v`, and its values."""
    parts, values = [_LIVE.format("v")], list[str | int]()
    for column, wanted in (("id", query.ids), ("type", query.types)):
        if wanted:
            parts.append(f"v.{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    if "all" not in query.kinds:
        either = [_OTHER.format(sign) for kind, sign in (("last", ">"), ("first", "<")) if kind in query.kinds]
        if query.moments:
            either.append(f"v.version IN ({', '.join('?' * len(query.moments))})")
            values += query.moments
        parts.append(f"({' OR '.join(either)})" if either else "0")
    return " AND ".join(parts), values


def _split_statements(script: str) -> Iterator[str]:
    """Split a script; `executescript` would end the transaction that it is to be part of."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
