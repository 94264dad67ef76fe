"""Opening a casebook: a file (SQLite) for one, a server (PostgreSQL) for a team; brought up to date with Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from hydrometer.contract import InputError
from hydrometer.files import require_extra

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

DRIVER = "postgresql+psycopg"
STEPS_LOCK = 7_203_911
"""Number of the lock that a server keeps while tables are made; any number, the same for all."""
BUSY_MS = 10_000
"""How long a writer waits for another, in milliseconds."""
MIGRATIONS = Path(__file__).parent / "migrations"


def open_engine(location: str) -> Engine:
    """Return the database at `location`: a file, or postgresql://USER@HOST/NAME.

    A new one gets its tables. A file of an older version is brought up to date, a server's is not: others may use it.

    Raises:
        InputError: it cannot be reached, is of another version, or is no casebook.
    """
    url = _parse_url(location)
    engine = _build_engine(url, location)
    usable = False
    try:
        with _DatabaseErrorTranslator(location), engine.begin() as connection:
            _lock_migrations(connection)
            _prepare_schema(connection, location)
        usable = True
    finally:
        if not usable:
            engine.dispose()
    return engine


def _prepare_schema(connection: Connection, location: str) -> None:
    """Make the tables of a new casebook, or bring those of a file up to date; refuse what is neither."""
    now, newest = read_revision(connection), read_newest_revision()
    if now == newest:
        return
    embedded = connection.dialect.name == "sqlite"
    if now is None and embedded and inspect(connection).get_table_names():
        raise InputError("is a database, but no casebook", file=location, mend="Name another file.")
    if now is not None and now not in list_revisions():
        raise InputError(
            f"is at step {now}, which this version does not know",
            file=redact_url(location),
            mend="Use the version that wrote it.",
        )
    if now is not None and not embedded:
        raise InputError(
            f"is at step {now}, this version needs {newest}",
            file=redact_url(location),
            mend="Run `hydrometer casebook upgrade` once nobody works with the older version.",
        )
    _run_migrations(connection)


def upgrade_database(location: str) -> tuple[str | None, str]:
    """Bring the database at `location` up to date; return the step that it was at and the one that it is at.

    Raises:
        InputError: it cannot be reached.
    """
    engine = _build_engine(_parse_url(location), location)
    try:
        with _DatabaseErrorTranslator(location), engine.begin() as connection:
            _lock_migrations(connection)
            before = read_revision(connection)
            _run_migrations(connection)
    finally:
        engine.dispose()
    return before, read_newest_revision()


def read_revision(connection: Connection) -> str | None:
    """Return the step that a database is at; None when it has no tables."""
    return MigrationContext.configure(connection).get_current_revision()


def read_newest_revision() -> str:
    """Return the step that this version needs."""
    return ScriptDirectory.from_config(_build_config()).get_current_head() or ""


def list_revisions() -> list[str]:
    """Return all steps, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_build_config()).walk_revisions()]


def redact_url(location: str) -> str:
    """Return `location` as it may be shown: without a password."""
    return make_url(location).render_as_string(hide_password=True) if "://" in location else location


class _DatabaseErrorTranslator:
    """A context that turns what a database says of its own errors into one message."""

    def __init__(self, location: str) -> None:
        self._location = location

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DBAPIError):
            raise InputError(
                f"cannot be used: {str(error.orig).strip().splitlines()[0]}",
                file=redact_url(self._location),
                mend="Name a file that you may write to, or a server that answers.",
            ) from None


def _parse_url(location: str) -> URL:
    if "://" not in location:
        return make_url("sqlite://").set(database=location)
    try:
        url = make_url(location)
    except ArgumentError:
        raise InputError(
            "is no address of a database", file="casebook", mend="Such as postgresql://me@host/name."
        ) from None
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername=DRIVER)
    if url.drivername not in {"sqlite", DRIVER}:
        raise InputError(
            f"is no casebook: {url.drivername}", file="casebook", mend="Name a file, or postgresql://USER@HOST/NAME."
        )
    return url


def _build_engine(url: URL, location: str) -> Engine:
    if url.get_backend_name() == "sqlite":
        folder = Path(url.database or "").parent
        if not folder.is_dir():
            raise InputError(
                "is in a folder that is not there", file=location, mend="Make the folder, or name another."
            )
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_MS / 1000})
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        return engine
    with require_extra("postgres", "a casebook on PostgreSQL", file=redact_url(location)):
        return create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED")


def _configure_sqlite(connection: Any, _: object) -> None:
    # SQLAlchemy begins transactions itself; the driver would begin them only at the first write.
    connection.isolation_level = None
    for pragma in (f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    # Two who read and then write would each wait for the other.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _lock_migrations(connection: Connection) -> None:
    """Keep others from making the same tables at the same time; a file is locked already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({STEPS_LOCK})")


def _build_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _run_migrations(connection: Connection) -> None:
    config = _build_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
