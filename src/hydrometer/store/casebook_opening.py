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
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from hydrometer.contract.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

DRIVER = "postgresql+psycopg"
STEPS_LOCK = 7_203_911
"""Number of the lock that a server keeps while tables are made; any number, the same for all."""
BUSY_MS = 10_000
"""How long a writer waits for another, in milliseconds."""
MIGRATIONS = Path(__file__).parent / "migrations"


def open_engine(place: str) -> Engine:
    """Return the database at `place`: a file, or postgresql://USER@HOST/NAME.

    A new one gets its tables. A file of an older version is brought up to date, a server's is not: others may use it.

    Raises:
        InputError: it cannot be reached, is of another version, or is no casebook.
    """
    url = _url(place)
    engine = _engine(url, place)
    usable = False
    try:
        with _said(place), engine.begin() as connection:
            _alone(connection)
            _ready(connection, place)
        usable = True
    finally:
        if not usable:
            engine.dispose()
    return engine


def _ready(connection: Connection, place: str) -> None:
    """Make the tables of a new casebook, or bring a file's up to date; refuse what is neither."""
    now, newest = revision(connection), newest_revision()
    if now == newest:
        return
    embedded = connection.dialect.name == "sqlite"
    if now is None and embedded and inspect(connection).get_table_names():
        raise InputError("is a database, but no casebook", file=place, mend="Name another file.")
    if now is not None and now not in known_revisions():
        raise InputError(
            f"is at step {now}, which this version does not know",
            file=shown_url(place),
            mend="Use the version that wrote it.",
        )
    if now is not None and not embedded:
        raise InputError(
            f"is at step {now}, this version needs {newest}",
            file=shown_url(place),
            mend="Run `hydrometer casebook upgrade` once nobody works with the older version.",
        )
    _upgrade(connection)


def upgrade(place: str) -> tuple[str | None, str]:
    """Bring the database at `place` up to date; return the step that it was at and the one that it is at.

    Raises:
        InputError: it cannot be reached.
    """
    engine = _engine(_url(place), place)
    try:
        with _said(place), engine.begin() as connection:
            _alone(connection)
            before = revision(connection)
            _upgrade(connection)
    finally:
        engine.dispose()
    return before, newest_revision()


def revision(connection: Connection) -> str | None:
    """The step that a database is at; None when it has no tables."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The step that this version needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def known_revisions() -> list[str]:
    """All steps, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def shown_url(place: str) -> str:
    """`place` as it may be shown: without a password."""
    return make_url(place).render_as_string(hide_password=True) if "://" in place else place


class _said:  # noqa: N801 (a context, read as a phrase)
    """Turns what a database says of itself into one message."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DBAPIError):
            raise InputError(
                f"cannot be used: {str(error.orig).strip().splitlines()[0]}",
                file=shown_url(self._place),
                mend="Name a file that you may write to, or a server that answers.",
            ) from None


def _url(place: str) -> URL:
    if "://" not in place:
        return make_url("sqlite://").set(database=place)
    try:
        url = make_url(place)
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


def _engine(url: URL, place: str) -> Engine:
    if url.get_backend_name() == "sqlite":
        folder = Path(url.database or "").parent
        if not folder.is_dir():
            raise InputError("is in a folder that is not there", file=place, mend="Make the folder, or name another.")
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_MS / 1000})
        event.listen(engine, "connect", _sqlite_ready)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    try:
        return create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED")
    except (NoSuchModuleError, ModuleNotFoundError):
        raise InputError(
            "needs a driver that is not installed", file=shown_url(place), mend="pip install 'hydrometer[postgres]'"
        ) from None


def _sqlite_ready(connection: Any, _: object) -> None:
    # SQLAlchemy begins transactions itself; the driver would begin them only at the first write.
    connection.isolation_level = None
    for pragma in (f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    # Two who read and then write would each wait for the other.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _alone(connection: Connection) -> None:
    """Keep others from making the same tables at the same time; a file is locked already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({STEPS_LOCK})")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
