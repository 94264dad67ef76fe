"""What people decide: on campaigns, on decisions of the guard, on appeals; each change in the casebook and in the audit log.

The log is written before the casebook commits: it may have a change that then failed, and never lacks one that was
made.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.compute as pc

from hydrometer.contract import Case, InputError
from hydrometer.enforcement.audit.audit_log import WAIT_SECONDS, AuditLog
from hydrometer.enforcement.audit.log_reader import read_entries
from hydrometer.enforcement.casebook.casebook_queries import Casebook
from hydrometer.files import read_text
from hydrometer.result import ResultFolder, refuse_watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hydrometer.contract import Appeal, CaseReview, Constraint, KeptEvidence, ReviewFinding
    from hydrometer.enforcement.casebook.casebook_changes import CasebookChanges

SUFFIX = ".audit"
"""Ending of the folder beside a casebook's file, that its audit log is in."""


def resolve_audit_folder(casebook: str, audit: Path | None) -> Path:
    """Return where what is done in a casebook is logged: beside its file, unless another folder is named.

    Raises:
        InputError: the casebook is on a server, and no folder is named.
    """
    if audit is not None:
        return audit
    if "://" in casebook:
        raise InputError(
            "a casebook on a server needs a folder for its audit log",
            mend="Name one with --audit, or in HYDROMETER_AUDIT.",
        )
    return Path(casebook + SUFFIX)


class CaseService:
    """A casebook with its audit log, for the time of one command."""

    def __init__(self, casebook: str, audit: Path | None = None) -> None:
        """Nothing is opened yet."""
        self._location, self._audit = casebook, audit

    @contextmanager
    def open_casebook(self) -> Iterator[Casebook]:
        """Open the casebook to read it.

        Raises:
            InputError: there is none yet, or it cannot be read.
        """
        if "://" not in self._location and not Path(self._location).exists():
            raise InputError(
                "is not there", file=self._location, mend="`hydrometer decide` makes a casebook; or name yours."
            )
        with Casebook(self._location) as book:
            yield book

    def decide(
        self, result: Path, campaign: str, finding: ReviewFinding, *, by: str, why: str, least: float
    ) -> tuple[Case, list[str], int]:
        """Record what a person found of a campaign, with the evidence of the result.

        Returns the case, the accounts that it changes something for, and the members below the probability `least`, which
        were left out.

        Raises:
            InputError: no such result or campaign, a watch, or no name or reason.
        """
        result_folder = ResultFolder.read(result)
        mend = "It accuses nobody, so that there is nothing to judge; `hydrometer explain` shows it."
        refuse_watch(result_folder.watches, campaign, result, mend=mend)
        record = next((each for each in result_folder.campaigns if each.id == campaign), None)
        if record is None:
            names = ", ".join(each.id for each in result_folder.campaigns) or "none"
            raise InputError(f"there is no campaign {campaign}", file=str(result), mend=f"There are: {names}.")
        members = result_folder.members.filter(pc.equal(result_folder.members["campaign_id"], campaign))
        likely = members.filter(pc.greater_equal(members["probability"], least))
        now = datetime.now(UTC)
        case = Case(
            id=campaign,
            kind="campaign",
            campaign=campaign,
            accounts=tuple(sorted(likely["account_id"].to_pylist())),
            probability=record.probability,
            opened_at=now,
        )
        kept = [
            ("campaign", {"run": result_folder.run.started_at.isoformat(), **msgspec.to_builtins(record)}),
            ("members", {"members": msgspec.to_builtins(members.to_pylist())}),
        ]
        with self._open_changes("review") as (change, log):
            change.keep_case(case, kept, now)
            changed = change.review(campaign, finding, by=by, why=why, at=now)
            log["body"] = _build_review_body(campaign, finding, by, why, changed)
        return case, changed, members.num_rows - likely.num_rows

    def review(self, case: str, finding: ReviewFinding, *, by: str, why: str) -> list[str]:
        """Record what a person found of a case; return the accounts that it changes something for.

        Raises:
            InputError: there is no such case, or no name or reason.
        """
        with self._open_changes("review") as (change, log):
            changed = change.review(case, finding, by=by, why=why, at=datetime.now(UTC))
            log["body"] = _build_review_body(case, finding, by, why, changed)
        return changed

    def open_appeal(
        self, case: str, account: str | None, *, by: str, statement: str, logs: Sequence[Path] = ()
    ) -> tuple[str, str]:
        """Open an appeal; return its id and the account that it is for.

        A decision of the guard that the casebook does not know yet is looked up in the audit logs `logs` of the gateways.

        Raises:
            InputError: no such case there either, or the account is none of its.
        """
        now = datetime.now(UTC)
        with self._open_changes("appeal") as (change, log):
            logged_case = _find_logged_case(case, logs)
            if logged_case is not None:
                change.keep_case(*logged_case, now)
            account = account or change.only_account(case)
            appeal = change.open_appeal(case, account, by=by, statement=statement, at=now)
            log["body"] = {
                "step": "opened",
                "appeal": appeal,
                "case": case,
                "account": account,
                "by": by,
                "text": statement,
            }
        return appeal, account

    def decide_appeal(self, appeal: str, finding: ReviewFinding, *, by: str, why: str, alone: bool) -> str:
        """Uphold or overturn what an appeal is against; return the account.

        Raises:
            InputError: there is no such open appeal, or the same person reviewed the case.
        """
        with self._open_changes("appeal") as (change, log):
            account = change.decide_appeal(appeal, finding, by=by, why=why, at=datetime.now(UTC), alone=alone)
            step = "upheld" if finding == "uphold" else "overturned"
            log["body"] = {"step": step, "appeal": appeal, "account": account, "by": by, "text": why, "alone": alone}
        return account

    def reopen_appeal(self, appeal: str, *, by: str, text: str, document: Path | None) -> None:
        """Open a closed appeal again with what is new.

        Raises:
            InputError: there is no such closed appeal, nothing new is said, or the document cannot be read.
        """
        attachment = _read_document(document) if document is not None else None
        with self._open_changes("appeal") as (change, log):
            change.reopen_appeal(appeal, by=by, text=text, at=datetime.now(UTC), document=attachment)
            log["body"] = {"step": "reopened", "appeal": appeal, "by": by, "text": text}

    def add_constraint(self, constraint: Constraint) -> bool:
        """Put a constraint in force; return whether it was not yet.

        Raises:
            InputError: it says nothing, or nobody is named.
        """
        with self._open_changes("constraint") as (change, log):
            new = change.constrain(constraint, datetime.now(UTC))
            log["body"] = {"new": new, **msgspec.to_builtins(constraint)}
        return new

    def revoke_constraints(self, account: str, *, by: str, why: str) -> int:
        """Take back every constraint of an account; return how many there were.

        Raises:
            InputError: the casebook cannot be written.
        """
        with self._open_changes("constraint") as (change, log):
            times = change.revoke(account, datetime.now(UTC))
            log["body"] = {"revoked": times, "account": account, "by": by, "why": why}
        return times

    def read_case_file(self, case: str) -> tuple[Case, list[KeptEvidence], list[CaseReview], list[Appeal]]:
        """Return everything about a case.

        Raises:
            InputError: there is none of that name.
        """
        with self.open_casebook() as book:
            return book.case(case), book.evidence(case), book.reviews(case), book.appeals(case=case)

    @contextmanager
    def _open_changes(self, kind: str) -> Iterator[tuple[CasebookChanges, dict[str, Any]]]:
        """Open changes to the casebook, with where to leave the body of their line in the audit log."""
        folder = resolve_audit_folder(self._location, self._audit)
        log: dict[str, Any] = {}
        with Casebook(self._location) as book, AuditLog(folder, wait=WAIT_SECONDS) as audit, book.changes() as change:
            yield change, log
            try:
                audit.append(kind, log["body"])
            except OSError as error:
                raise InputError(
                    f"the audit log cannot be written, so nothing was changed: {error.strerror}",
                    file=str(folder),
                    mend="Free some space, or log to another folder.",
                ) from None


def _build_review_body(case: str, finding: ReviewFinding, by: str, why: str, changed: Sequence[str]) -> dict[str, Any]:
    return {"case": case, "finding": finding, "by": by, "why": why, "accounts": len(changed)}


def _find_logged_case(case: str, logs: Sequence[Path]) -> tuple[Case, list[tuple[str, dict[str, Any]]]] | None:
    """Return the case of a decision with its evidence, as a gateway's audit log has it; None where none has it."""
    for folder in logs:
        for entry in read_entries(folder):
            if entry.kind == "decision" and entry.body.get("case") == case:
                body = entry.body
                made = Case(
                    id=case,
                    kind="decision",
                    campaign=body.get("campaign", ""),
                    accounts=(body.get("account", ""),),
                    action=body.get("action", "allow"),
                    rule=body.get("rule", ""),
                    probability=body.get("probability", 0.0),
                    opened_at=entry.time,
                )
                evidence = {"log": str(folder), "sequence": entry.sequence, "hash": entry.hash, **body}
                return made, [("decision", evidence)]
    return None


def _read_document(file: Path) -> dict[str, Any]:
    return {"name": file.name, "text": read_text(file, mend="Name a text file.")}
