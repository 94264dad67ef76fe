"""The casebook, on SQLite and on a PostgreSQL server that is started for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from hydrometer.contract.cases import Case, Constraint
from hydrometer.contract.errors import InputError
from hydrometer.enforcement.casebook.casebook_connection import (
    open_engine,
    read_newest_revision,
    redact_url,
    upgrade_database,
)
from hydrometer.enforcement.casebook.casebook_queries import Casebook
from hydrometer.enforcement.casebook.casebook_tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


def _run(*command: str | Path) -> None:
    """Run a command of PostgreSQL, which refuses to be run by root."""
    as_whom = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run([*as_whom, *command], check=True, capture_output=True, cwd="/")  # noqa: S603


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a PostgreSQL server; it listens on a socket file only."""
    if not BINARIES or (os.getuid() == 0 and shutil.which("runuser") is None):
        pytest.skip("no PostgreSQL server is installed")
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    folder.chmod(0o777)
    data = folder / "data"
    _run(BINARIES[-1] / "initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    options = f"-k {folder} -c listen_addresses= -c fsync=off"
    _run(BINARIES[-1] / "pg_ctl", "-D", data, "-l", data / "log", "-w", "-o", options, "start")
    try:
        yield f"postgresql://tester@/{{}}?host={folder}"
    finally:
        _run(BINARIES[-1] / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new casebook can be opened."""
    if request.param == "sqlite":
        return str(tmp_path / "casebook.db")
    address: str = request.getfixturevalue("server")
    name = f"t{abs(hash(request.node.nodeid))}"
    engine = create_engine(
        address.format("postgres").replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return address.format(name)


@pytest.fixture
def book(place: str) -> Iterator[Casebook]:
    """A casebook with a campaign of three accounts and a decision on a fourth."""
    with Casebook(place) as opened:
        with opened.changes() as change:
            campaign = Case(
                id="HY-1", kind="campaign", campaign="HY-1", accounts=("a", "b", "c"), probability=0.9, opened_at=NOW
            )
            decision = Case(
                id="K7Q2", kind="decision", campaign="HY-1", accounts=("d",), action="verify", rule="r", opened_at=LATER
            )
            assert change.keep_case(campaign, [("campaign", {"story": ["grüße \x00"[:6]], "n": 1})], NOW)
            assert change.keep_case(decision, [("decision", {"why": "member"})], LATER)
        yield opened


def test_a_case_keeps_the_evidence_of_its_day(book: Casebook) -> None:
    case = book.case("HY-1")
    assert (case.accounts, case.state, case.probability, case.opened_at) == (("a", "b", "c"), "open", 0.9, NOW)
    with book.changes() as change:
        again = Case(id="HY-1", kind="campaign", campaign="HY-1", accounts=("b", "e"), opened_at=LATER)
        assert not change.keep_case(again, [("campaign", {"n": 1, "story": ["grüße "]}), ("campaign", {"n": 2})], LATER)
    assert book.case("HY-1").accounts == ("a", "b", "c", "e")
    kept = book.evidence("HY-1")
    assert [(each.body["n"], each.kept_at) for each in kept] == [(1, NOW), (2, LATER)]
    assert [each.id for each in book.cases()] == ["K7Q2", "HY-1"]
    assert [each.id for each in book.cases(last=1)] == ["K7Q2"]


def test_a_review_settles_a_case_and_a_later_one_settles_it_anew(book: Casebook) -> None:
    def reviewed(finding: str) -> list[str]:
        with book.changes() as change:
            return change.review("HY-1", finding, by="ann", why="seen", at=LATER)  # type: ignore[arg-type]

    assert reviewed("unsure") == []
    assert book.case("HY-1").state == "open"
    assert reviewed("uphold") == ["a", "b", "c"]
    assert book.judged_accounts().upheld == (("a", "HY-1"), ("b", "HY-1"), ("c", "HY-1"))
    assert reviewed("overturn") == ["a", "b", "c"]
    assert book.judged_accounts().cleared == ("a", "b", "c")
    assert book.judged_accounts().upheld == ()
    assert [each.operator for each in book.constraints().labels] == [False, False, False]
    reviewed("uphold")
    assert book.judged_accounts().cleared == ()
    assert [each.finding for each in book.reviews("HY-1")] == ["unsure", "uphold", "overturn", "uphold"]
    assert [each.id for each in book.cases(state="upheld")] == ["HY-1"]


def test_an_appeal_clears_one_account_and_no_review_undoes_it(book: Casebook) -> None:
    with book.changes() as change:
        change.review("HY-1", "uphold", by="ann", why="seen", at=NOW)
    with book.changes() as change:
        appeal = change.open_appeal("HY-1", "b", by="b@example.com", statement="we are a school", at=NOW)
    assert [each.id for each in book.appeals(state="open")] == [appeal]
    with pytest.raises(InputError, match="--alone"), book.changes() as change:
        change.decide_appeal(appeal, "overturn", by="ann", why="a school indeed", at=LATER)
    with book.changes() as change:
        assert change.decide_appeal(appeal, "overturn", by="bob", why="a school indeed", at=LATER) == "b"
    assert book.judged_accounts().cleared == ("b",)
    assert book.judged_accounts().upheld == (("a", "HY-1"), ("c", "HY-1"))
    assert book.case("HY-1").state == "upheld"
    with book.changes() as change:
        assert change.review("HY-1", "uphold", by="ann", why="again", at=LATER) == ["a", "c"]
    assert book.judged_accounts().cleared == ("b",)
    (constraint,) = book.constraints().constraints
    assert (constraint.kind, constraint.account, constraint.by, constraint.case) == ("cleared", "b", "bob", "HY-1")


def test_an_appeal_against_a_decision_holds_for_the_campaign_that_it_rested_on(book: Casebook) -> None:
    with book.changes() as change:
        more = Case(id="HY-1", kind="campaign", campaign="HY-1", accounts=("d",), opened_at=NOW)
        change.keep_case(more, [], NOW)
        change.review("HY-1", "uphold", by="ann", why="seen", at=NOW)
        appeal = change.open_appeal("K7Q2", "d", by="d", statement="why", at=NOW)
    with pytest.raises(InputError, match="--alone"), book.changes() as change:
        change.decide_appeal(appeal, "overturn", by="ann", why="so", at=LATER)
    with book.changes() as change:
        change.decide_appeal(appeal, "overturn", by="ann", why="so", at=LATER, alone=True)
        assert change.review("HY-1", "uphold", by="ann", why="again", at=LATER) == ["a", "b", "c"]
    assert book.judged_accounts().cleared == ("d",)
    assert {each.account: each.operator for each in book.constraints().labels}["d"] is False


def test_an_appeal_is_reopened_with_something_new(book: Casebook) -> None:
    with book.changes() as change:
        appeal = change.open_appeal("K7Q2", "d", by="d", statement="why", at=NOW)
    with pytest.raises(InputError, match="is open"), book.changes() as change:
        change.reopen_appeal(appeal, by="d", text="more", at=NOW)
    with book.changes() as change:
        change.decide_appeal(appeal, "uphold", by="bob", why="no", at=NOW)
    assert book.case("K7Q2").state == "upheld"
    with pytest.raises(InputError, match="closed: upheld"), book.changes() as change:
        change.decide_appeal(appeal, "overturn", by="bob", why="yes", at=NOW)
    with pytest.raises(InputError, match="appealed case K7Q2 already"), book.changes() as change:
        change.open_appeal("K7Q2", "d", by="d", statement="why", at=NOW)
    with book.changes() as change:
        change.reopen_appeal(appeal, by="d", text="our contract", at=LATER, document={"contract": "x"})
        change.decide_appeal(appeal, "overturn", by="bob", why="it is theirs", at=LATER)
    held = book.appeal(appeal)
    assert held.state == "overturned"
    assert [each.step for each in held.events] == ["opened", "upheld", "reopened", "overturned"]
    assert [each.kind for each in book.evidence("K7Q2")] == ["decision", "document"]
    assert book.judged_accounts().cleared == ("d",)
    assert [each.id for each in book.appeals(case="K7Q2")] == [appeal]


def test_constraints_are_in_force_once_and_until_revoked(book: Casebook) -> None:
    pair = Constraint(kind="cannot_link", account="a", other="b", by="ann", why="two firms")
    with book.changes() as change:
        assert change.constrain(pair, NOW)
        assert not change.constrain(pair, LATER)
        assert change.constrain(Constraint(kind="must_link", account="a", campaign="HY-1"), NOW)
    assert [each.kind for each in book.constraints().constraints] == ["cannot_link", "must_link"]
    with book.changes() as change:
        assert change.revoke("a", LATER) == 2
        assert change.constrain(pair, LATER)
    assert len(book.constraints().constraints) == 1


@pytest.mark.parametrize(
    "constraint",
    [
        Constraint(kind="cleared", account=""),
        Constraint(kind="cleared", account="a", other="b"),
        Constraint(kind="must_link", account="a"),
    ],
)
def test_constraints_that_say_nothing_are_refused(book: Casebook, constraint: Constraint) -> None:
    with pytest.raises(InputError, match="cleared"), book.changes() as change:
        change.constrain(constraint, NOW)


def test_a_change_is_made_whole_or_not_at_all(book: Casebook) -> None:
    def two_reviews() -> None:
        with book.changes() as change:
            for case in ("K7Q2", "HY-9"):
                change.review(case, "overturn", by="ann", why="seen", at=NOW)

    with pytest.raises(InputError, match="no case"):
        two_reviews()
    assert book.case("K7Q2").state == "open"
    assert book.judged_accounts().cleared == ()


def test_what_is_not_there_or_not_said_is_refused(book: Casebook) -> None:
    for refused in ("case", "appeal"):
        with pytest.raises(InputError, match=f"no {refused}"):
            getattr(book, refused)("none")
    with book.changes() as change:
        with pytest.raises(InputError, match="nobody is named"):
            change.review("HY-1", "uphold", by=" ", why="x", at=NOW)
        with pytest.raises(InputError, match="no reason"):
            change.review("HY-1", "uphold", by="ann", why="", at=NOW)
        with pytest.raises(InputError, match="not about account z"):
            change.open_appeal("HY-1", "z", by="z", statement="x", at=NOW)
        with pytest.raises(InputError, match="no appeal"):
            change.decide_appeal("A-1", "uphold", by="ann", why="x", at=NOW)


def test_many_change_it_at_the_same_time(place: str) -> None:
    failed: list[InputError] = []

    def work(name: str) -> None:
        try:
            with Casebook(place) as own:
                for n in range(5):
                    with own.changes() as change:
                        case = Case(
                            id=f"{name}{n}", kind="decision", campaign="HY-1", accounts=(f"{name}{n}",), opened_at=NOW
                        )
                        change.keep_case(case, [("decision", {"n": n})], NOW)
                        change.review(case.id, "overturn", by=name, why="seen", at=NOW)
        except InputError as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "stuvw"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with Casebook(place) as book:
        assert len(book.judged_accounts().cleared) == 25


def test_the_steps_make_the_tables_that_are_declared(place: str) -> None:
    from alembic.autogenerate import compare_metadata

    engine = open_engine(place)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    assert upgrade_database(place) == (read_newest_revision(), read_newest_revision())


def test_the_steps_can_be_taken_back(place: str) -> None:
    from alembic import command

    from hydrometer.enforcement.casebook import casebook_connection

    engine = open_engine(place)
    config = casebook_connection._build_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_another_version_is_not_touched(place: str) -> None:
    engine = open_engine(place)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(InputError, match="at step 9999, which this version does not know"):
        Casebook(place)


def test_what_is_no_casebook_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "casebook.db"
    file.write_bytes(b"x" * 4096)
    with pytest.raises(InputError, match="not a database"):
        Casebook(str(file))
    file.unlink()
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (n INTEGER)"))
    engine.dispose()
    with pytest.raises(InputError, match="but no casebook"):
        Casebook(str(file))
    with pytest.raises(InputError, match="folder that is not there"):
        Casebook(str(tmp_path / "none" / "casebook.db"))
    with pytest.raises(InputError, match="is no casebook: mysql"):
        Casebook("mysql://me@host/name")
    with pytest.raises(InputError, match="cannot be used"):
        Casebook(f"postgresql://me:secret@/name?host={tmp_path}")
    assert "secret" not in redact_url("postgresql://me:secret@host/name")
