"""A casebook, as a notebook holds it: what people decide of campaigns and accounts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hydrometer.api.arguments import resolve_path, resolve_paths
from hydrometer.enforcement.casebook import CaseService, make_constraint, write_constraints

if TYPE_CHECKING:
    from hydrometer.api.arguments import PathsArgument
    from hydrometer.api.detection_result import Result
    from hydrometer.contract import (
        Appeal,
        AppealState,
        Case,
        CaseReview,
        CaseState,
        ConstraintFile,
        KeptEvidence,
        ReviewFinding,
    )


class CaseFile(NamedTuple):
    """Everything about a case."""

    case: Case
    evidence: list[KeptEvidence]
    reviews: list[CaseReview]
    appeals: list[Appeal]


class Casebook:
    """What people decided, with the evidence of its day, on SQLite (a file) or PostgreSQL (an address).

    Every change is written to an audit log too: beside a casebook's file unless another folder is named.

    >>> import hydrometer as hy, tempfile
    >>> result = hy.detect(hy.sample())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     book = hy.Casebook(folder + "/cases.db")
    ...     case = book.decide(result, result.campaigns[0].id, "uphold", by="ada", why="one card pays for all")
    ...     case.state, [each.state for each in book.cases()], len(book.constraints().labels)
    ('upheld', ['upheld'], 60)
    """

    def __init__(self, location: str | Path, audit: str | Path | None = None) -> None:
        """Nothing is opened yet; the first decision makes the casebook."""
        self.location = str(location)
        self._service = CaseService(self.location, resolve_path(audit))

    def cases(self, state: CaseState | None = None) -> list[Case]:
        """Return the cases, the latest first; only those in a state, if one is named.

        Raises:
            InputError: there is no casebook yet, or it cannot be read.
        """
        with self._service.open_casebook() as book:
            return book.cases(state=state)

    def read(self, case: str) -> CaseFile:
        """Return everything about a case.

        Raises:
            InputError: there is none of that id.
        """
        return CaseFile(*self._service.read_case_file(case))

    def decide(
        self,
        result: Result | str | Path,
        campaign: str,
        finding: ReviewFinding,
        *,
        by: str,
        why: str,
        least: float = 0.5,
    ) -> Case:
        """Uphold or overturn a campaign: its members of probability `least` or more become reviewed, or are cleared.

        Return the case as it is afterwards.

        Raises:
            InputError: no such result or campaign, or no name or reason.
        """
        if isinstance(result, str | Path):
            case = self._service.decide(Path(result), campaign, finding, by=by, why=why, least=least)[0]
        else:
            with result.locate() as path:
                case = self._service.decide(path, campaign, finding, by=by, why=why, least=least)[0]
        return self.read(case.id).case

    def review(self, case: str, finding: ReviewFinding, *, by: str, why: str) -> list[str]:
        """Uphold or overturn a case; return the accounts that it changes something for.

        Raises:
            InputError: there is no such case, or no name or reason.
        """
        return self._service.review(case, finding, by=by, why=why)

    def appeals(self, state: AppealState | None = None) -> list[Appeal]:
        """Return the appeals, the longest waiting first; only those in a state, if one is named.

        Raises:
            InputError: there is no casebook yet, or it cannot be read.
        """
        with self._service.open_casebook() as book:
            return book.appeals(state=state)

    def open_appeal(
        self, case: str, account: str | None = None, *, by: str, statement: str, logs: PathsArgument = ()
    ) -> Appeal:
        """Open an appeal against a case; one that the casebook lacks is looked up in the audit logs of gateways.

        Raises:
            InputError: no such case there either, or the account is none of its.
        """
        appeal, _ = self._service.open_appeal(case, account, by=by, statement=statement, logs=resolve_paths(logs))
        with self._service.open_casebook() as book:
            return book.appeal(appeal)

    def decide_appeal(self, appeal: str, finding: ReviewFinding, *, by: str, why: str, alone: bool = False) -> str:
        """Uphold or overturn what an appeal is against; return the account.

        `alone` lets whoever upheld the case decide the appeal too, where there is nobody else.

        Raises:
            InputError: there is no such open appeal, or the same person reviewed the case.
        """
        return self._service.decide_appeal(appeal, finding, by=by, why=why, alone=alone)

    def constrain(self, kind: str, account: str, *, by: str, why: str, other: str = "", campaign: str = "") -> bool:
        """Put down that an account is `cleared`, or `must_link` or `cannot_link` with another; return whether it is new.

        Raises:
            InputError: there is no such kind, it says nothing, or nobody is named.
        """
        return self._service.add_constraint(make_constraint(kind, account, other, campaign, by=by, why=why))

    def revoke(self, account: str, *, by: str, why: str) -> int:
        """Take back every constraint of an account; return how many there were.

        Raises:
            InputError: the casebook cannot be written.
        """
        return self._service.revoke_constraints(account, by=by, why=why)

    def constraints(self) -> ConstraintFile:
        """Return the constraints in force and the labels.

        Raises:
            InputError: there is no casebook yet, or it cannot be read.
        """
        with self._service.open_casebook() as book:
            return book.constraints()

    def export(self, out: str | Path) -> Path:
        """Write the constraints in force and the labels to a file, as `detect` reads them, and return it.

        Raises:
            InputError: there is no casebook yet, or the file cannot be written.
        """
        write_constraints(self.constraints(), Path(out))
        return Path(out)

    def __repr__(self) -> str:
        """Return one line."""
        return f"Casebook({_hide_password(self.location)!r})"


def _hide_password(location: str) -> str:
    scheme, mark, rest = location.partition("://")
    return f"{scheme}{mark}…@{rest.rpartition('@')[2]}" if mark and "@" in rest else location
