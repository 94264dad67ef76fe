"""The casebook: what people were asked to judge, the evidence of that day, and what they found."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from hydrometer.contract import (
    AccountLabel,
    Appeal,
    AppealEvent,
    AppealState,
    Case,
    CaseReview,
    CaseState,
    Constraint,
    ConstraintFile,
    InputError,
    KeptEvidence,
    ReviewOutcomes,
)
from hydrometer.enforcement.casebook.casebook_changes import CHUNK, CasebookChanges
from hydrometer.enforcement.casebook.casebook_connection import open_engine, redact_url
from hydrometer.enforcement.casebook.casebook_tables import (
    appeal_events,
    appeals,
    case_accounts,
    cases,
    constraints,
    evidence,
    labels,
    reviews,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from sqlalchemy import Connection, Row


class Casebook:
    """A casebook that is open; a context manager."""

    def __init__(self, location: str) -> None:
        """Open the casebook at `location`: a file, or postgresql://USER@HOST/NAME; a new one is made.

        Raises:
            InputError: it cannot be reached, or is of another version.
        """
        self._location = location
        self._engine = open_engine(location)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection to the database."""
        self._engine.dispose()

    @contextmanager
    def changes(self) -> Iterator[CasebookChanges]:
        """Open changes that are made together at the end of the context, or not at all when it is left with an error."""
        with self._connect() as connection:
            yield CasebookChanges(connection)

    def case(self, case: str) -> Case:
        """Return a case.

        Raises:
            InputError: there is none of that name.
        """
        with self._connect() as connection:
            row = connection.execute(select(cases).where(cases.c.id == case)).first()
            if row is None:
                raise InputError(f"there is no case {case}", mend="`hydrometer casebook list` names them.")
            return _load_cases(connection, [row])[0]

    def cases(self, *, state: CaseState | None = None, last: int | None = None) -> list[Case]:
        """Return cases, the latest first; only those in a state, and only so many, if given."""
        query = select(cases).order_by(cases.c.opened_at.desc(), cases.c.id)
        if state is not None:
            query = query.where(cases.c.state == state)
        with self._connect() as connection:
            return _load_cases(connection, list(connection.execute(query.limit(last))))

    def evidence(self, case: str) -> list[KeptEvidence]:
        """Return what was kept of a case, in the order in which it was."""
        query = select(evidence).where(evidence.c.case == case).order_by(evidence.c.id)
        with self._connect() as connection:
            return [
                KeptEvidence(case=case, kept_at=row.kept_at, kind=row.kind, body=row.body, sha256=row.sha256)
                for row in connection.execute(query)
            ]

    def reviews(self, case: str) -> list[CaseReview]:
        """Return what people found of a case, the first first."""
        query = select(reviews).where(reviews.c.case == case).order_by(reviews.c.id)
        with self._connect() as connection:
            return [
                CaseReview(case=case, at=row.at, by=row.by, finding=row.finding, why=row.why)
                for row in connection.execute(query)
            ]

    def appeals(self, *, state: AppealState | None = None, case: str | None = None) -> list[Appeal]:
        """Return appeals, the longest waiting first."""
        query = select(appeals).order_by(appeals.c.opened_at, appeals.c.id)
        if state is not None:
            query = query.where(appeals.c.state == state)
        if case is not None:
            query = query.where(appeals.c.case == case)
        with self._connect() as connection:
            return [_load_appeal(connection, row) for row in connection.execute(query).all()]

    def appeal(self, appeal: str) -> Appeal:
        """Return an appeal.

        Raises:
            InputError: there is none of that name.
        """
        with self._connect() as connection:
            row = connection.execute(select(appeals).where(appeals.c.id == appeal)).first()
            if row is None:
                raise InputError(f"there is no appeal {appeal}", mend="`hydrometer appeal list` names them.")
            return _load_appeal(connection, row)

    def constraints(self) -> ConstraintFile:
        """Return the constraints in force and the labels: what detection takes into account."""
        with self._connect() as connection:
            in_force = connection.execute(
                select(constraints).where(constraints.c.revoked_at.is_(None)).order_by(constraints.c.id)
            )
            label_rows = connection.execute(select(labels).order_by(labels.c.account, labels.c.campaign))
            return ConstraintFile(
                constraints=tuple(
                    Constraint(
                        kind=row.kind,
                        account=row.account,
                        other=row.other,
                        campaign=row.campaign,
                        by=row.by,
                        at=row.at,
                        why=row.why,
                        case=row.case or "",
                    )
                    for row in in_force
                ),
                labels=tuple(
                    AccountLabel(
                        account=row.account,
                        campaign=row.campaign,
                        operator=row.operator,
                        by=row.by,
                        at=row.at,
                        case=row.case,
                    )
                    for row in label_rows
                ),
            )

    def judged_accounts(self) -> ReviewOutcomes:
        """Return whom people cleared, and whom they upheld: what a snapshot takes into account."""
        in_force = self.constraints()
        cleared = {each.account for each in in_force.constraints if each.kind == "cleared"}
        upheld = {
            (each.account, each.campaign) for each in in_force.labels if each.operator and each.account not in cleared
        }
        return ReviewOutcomes(cleared=tuple(sorted(cleared)), upheld=tuple(sorted(upheld)))

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise InputError(
                f"the casebook cannot be used: {str(error.orig).strip().splitlines()[0]}",
                file=redact_url(self._location),
                mend="See that it can be reached and written to, and try again.",
            ) from None


def _load_cases(connection: Connection, rows: Iterable[Row[Any]]) -> list[Case]:
    rows = list(rows)
    accounts: dict[str, list[str]] = {row.id: [] for row in rows}
    names = sorted(accounts)
    for start in range(0, len(names), CHUNK):
        query = select(case_accounts).where(case_accounts.c.case.in_(names[start : start + CHUNK]))
        for row in connection.execute(query):
            accounts[row.case].append(row.account)
    return [
        Case(
            id=row.id,
            kind=row.kind,
            campaign=row.campaign,
            accounts=tuple(sorted(accounts[row.id])),
            action=row.action,
            rule=row.rule,
            probability=row.probability,
            opened_at=row.opened_at,
            state=row.state,
        )
        for row in rows
    ]


def _load_appeal(connection: Connection, row: Row[Any]) -> Appeal:
    steps = connection.execute(
        select(appeal_events).where(appeal_events.c.appeal == row.id).order_by(appeal_events.c.id)
    )
    return Appeal(
        id=row.id,
        case=row.case,
        account=row.account,
        state=row.state,
        opened_at=row.opened_at,
        events=tuple(AppealEvent(at=each.at, by=each.by, step=each.step, text=each.text) for each in steps),
    )
