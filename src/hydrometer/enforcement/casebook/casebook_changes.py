"""What changes a casebook: cases kept with their evidence, reviews, appeals, constraints; one transaction for each change.

A review is the word on a whole case. An appeal is one account's: what it comes to holds for that account, and no later
review of the case undoes it; only the appeal itself, reopened with something new, does.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import insert, select, update

from hydrometer.contract import InputError
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
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Table

    from hydrometer.contract import AppealStep, Case, Constraint, ReviewFinding

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTVWXYZ"
"""Letters and digits that nobody mistakes for one another."""
CHUNK = 500
"""Accounts that one statement names."""
STATES: dict[str, str] = {"uphold": "upheld", "overturn": "overturned"}
"""The state that a finding leads to."""


class CasebookChanges:
    """Changes within one transaction of a casebook; see `Casebook.changes`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep_case(self, case: Case, kept: Iterable[tuple[str, dict[str, Any]]], at: datetime) -> bool:
        """Open a case unless it is there, and add the evidence (kind, body) that it lacks; return whether it is new.

        Accounts that the case did not have are added to it.
        """
        run = self._connection.execute
        new = self._lock_case(case.id) is None
        if new:
            row = {name: getattr(case, name) for name in ("id", "kind", "campaign", "action", "rule", "probability")}
            run(insert(cases).values(**row, opened_at=case.opened_at, state="open"))
        existing = set(run(select(case_accounts.c.account).where(case_accounts.c.case == case.id)).scalars())
        self._insert(
            case_accounts, [{"case": case.id, "account": name} for name in case.accounts if name not in existing]
        )
        for kind, body in kept:
            self._add_evidence(case.id, kind, body, at)
        return new

    def review(self, case: str, finding: ReviewFinding, *, by: str, why: str, at: datetime) -> list[str]:
        """Put down what a person found of a case; return the accounts that it changes something for.

        Raises:
            InputError: there is no such case, or no name or reason is given.
        """
        row = self._require_case(case)
        _require_name_and_reason(by, why)
        self._connection.execute(insert(reviews).values(case=case, at=at, by=by, finding=finding, why=why))
        if finding == "unsure":
            return []
        self._connection.execute(update(cases).where(cases.c.id == case).values(state=STATES[finding]))
        # Also where the appeal was against a decision that rested on the same campaign.
        related = (cases.c.id == case) | ((cases.c.campaign == row.campaign) & (cases.c.campaign != ""))
        heard = select(appeals.c.account).join(cases, cases.c.id == appeals.c.case)
        own = set(self._connection.execute(heard.where(related, appeals.c.state == "overturned")).scalars())
        changed = [account for account in self._list_accounts(case) if account not in own]
        self._apply_finding(row, changed, finding, by=by, why=why, at=at)
        return changed

    def open_appeal(self, case: str, account: str, *, by: str, statement: str, at: datetime) -> str:
        """Open an appeal for an account of a case; return its id.

        Raises:
            InputError: there is no such case, the account is none of its, or it has appealed already.
        """
        self._require_case(case)
        _require_name_and_reason(by, statement)
        if account not in self._list_accounts(case):
            raise InputError(
                f"case {case} is not about account {account}",
                mend=f"`hydrometer casebook show {case}` lists its accounts.",
            )
        there = self._connection.execute(
            select(appeals.c.id, appeals.c.state).where(appeals.c.case == case, appeals.c.account == account)
        ).first()
        if there is not None:
            mend = (
                "Decide it." if there.state == "open" else f"`hydrometer appeal reopen {there.id}` with new evidence."
            )
            raise InputError(
                f"account {account} has appealed case {case} already: {there.id}, {there.state}", mend=mend
            )
        appeal = "A-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))
        row = {"id": appeal, "case": case, "account": account, "state": "open", "opened_at": at}
        self._connection.execute(insert(appeals).values(**row))
        self._record_step(appeal, "opened", by, statement, at)
        return appeal

    def only_account(self, case: str) -> str:
        """Return the account that a case is about.

        Raises:
            InputError: there is no such case, or it is about several.
        """
        self._require_case(case)
        accounts = self._list_accounts(case)
        if len(accounts) != 1:
            raise InputError(f"case {case} is about {len(accounts):,} accounts", mend="Name one with --account.")
        return accounts[0]

    def decide_appeal(
        self, appeal: str, finding: ReviewFinding, *, by: str, why: str, at: datetime, alone: bool = False
    ) -> str:
        """Uphold or overturn what an appeal is against; return the account that it is for.

        With `alone`, whoever reviewed the case may decide the appeal too.

        Raises:
            InputError: there is no such open appeal, or the same person reviewed the case.
        """
        row = self._require_appeal(appeal)
        _require_name_and_reason(by, why)
        if row.state != "open":
            raise InputError(
                f"appeal {appeal} is closed: {row.state}",
                mend=f"`hydrometer appeal reopen {appeal}` with new evidence.",
            )
        case = self._require_case(row.case)
        reviewers = set(
            self._connection.execute(
                select(reviews.c.by).where(reviews.c.case.in_([row.case, case.campaign]), reviews.c.finding == "uphold")
            ).scalars()
        )
        if by in reviewers and not alone:
            raise InputError(
                f"{by} upheld what this appeal is against and would judge it",
                mend="Let somebody else decide, or say --alone where there is nobody else.",
            )
        state: AppealStep = "upheld" if finding == "uphold" else "overturned"
        self._connection.execute(update(appeals).where(appeals.c.id == appeal).values(state=state))
        self._record_step(appeal, state, by, why, at)
        self._apply_finding(case, [row.account], finding, by=by, why=why, at=at)
        if case.kind == "decision":
            self._connection.execute(update(cases).where(cases.c.id == row.case).values(state=state))
        return str(row.account)

    def reopen_appeal(
        self, appeal: str, *, by: str, text: str, at: datetime, document: dict[str, Any] | None = None
    ) -> None:
        """Open a closed appeal again, with what is new; until it is decided, what was decided before holds.

        Raises:
            InputError: there is no such closed appeal, or nothing new is given.
        """
        row = self._require_appeal(appeal)
        _require_name_and_reason(by, text)
        if row.state == "open":
            raise InputError(f"appeal {appeal} is open", mend="Decide it.")
        self._connection.execute(update(appeals).where(appeals.c.id == appeal).values(state="open"))
        self._record_step(appeal, "reopened", by, text, at)
        if document is not None:
            self._add_evidence(row.case, "document", document, at)

    def constrain(self, constraint: Constraint, at: datetime) -> bool:
        """Put a constraint in force; return whether it was not yet.

        Raises:
            InputError: it names nobody, or two accounts too few or too many.
        """
        pair = constraint.kind != "cleared"
        if not constraint.account or pair != bool(constraint.other or constraint.campaign):
            raise InputError(
                f"{constraint.kind} of account `{constraint.account}` with `{constraint.other or constraint.campaign}`",
                mend="`cleared` takes an account; the others an account, and another account or a campaign.",
            )
        table = constraints.c
        same = (
            (table.kind == constraint.kind)
            & (table.account == constraint.account)
            & (table.other == constraint.other)
            & (table.campaign == constraint.campaign)
        )
        if self._connection.execute(select(table.id).where(same, table.revoked_at.is_(None))).first():
            return False
        row = msgspec.structs.asdict(constraint) | {"at": at, "case": constraint.case or None}
        self._connection.execute(insert(constraints).values(**row))
        return True

    def revoke(self, account: str, at: datetime) -> int:
        """Take back every constraint of an account; return how many there were."""
        table = constraints.c
        done = self._connection.execute(
            update(constraints).where(table.account == account, table.revoked_at.is_(None)).values(revoked_at=at)
        )
        return int(done.rowcount)

    def _apply_finding(
        self, case: Row[Any], accounts: Sequence[str], finding: ReviewFinding, *, by: str, why: str, at: datetime
    ) -> None:
        """Make constraints and labels follow what was found of accounts of a case."""
        run, rule, label = self._connection.execute, constraints.c, labels.c
        label_values = {"operator": finding == "uphold", "by": by, "at": at, "case": case.id}
        for start in range(0, len(accounts), CHUNK):
            part = accounts[start : start + CHUNK]
            in_force = rule.account.in_(part) & rule.revoked_at.is_(None)
            if finding == "overturn":
                alone = in_force & (rule.kind == "cleared") & (rule.other == "") & (rule.campaign == "")
                existing = set(run(select(rule.account).where(alone)).scalars())
                row = {"kind": "cleared", "other": "", "campaign": "", "by": by, "at": at, "why": why, "case": case.id}
                self._insert(constraints, [{**row, "account": account} for account in part if account not in existing])
            else:
                run(update(constraints).where(in_force & (rule.case == case.id)).values(revoked_at=at))
            mine = label.account.in_(part) & (label.campaign == case.campaign)
            existing = set(run(select(label.account).where(mine)).scalars())
            run(update(labels).where(mine).values(**label_values))
            added = [
                {"account": account, "campaign": case.campaign, **label_values}
                for account in part
                if account not in existing
            ]
            self._insert(labels, added)

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(table), rows)

    def _add_evidence(self, case: str, kind: str, body: dict[str, Any], at: datetime) -> None:
        digest = hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        there = select(evidence.c.id).where(evidence.c.case == case, evidence.c.sha256 == digest)
        if self._connection.execute(there).first() is None:
            row = {"case": case, "kept_at": at, "kind": kind, "body": body, "sha256": digest}
            self._connection.execute(insert(evidence).values(**row))

    def _record_step(self, appeal: str, step: AppealStep, by: str, text: str, at: datetime) -> None:
        self._connection.execute(insert(appeal_events).values(appeal=appeal, at=at, by=by, step=step, text=text))

    def _list_accounts(self, case: str) -> list[str]:
        return sorted(
            self._connection.execute(select(case_accounts.c.account).where(case_accounts.c.case == case)).scalars()
        )

    def _lock_case(self, case: str) -> Row[Any] | None:
        return self._connection.execute(select(cases).where(cases.c.id == case).with_for_update()).first()

    def _require_case(self, case: str) -> Row[Any]:
        row = self._lock_case(case)
        if row is None:
            raise InputError(f"there is no case {case}", mend="`hydrometer casebook list` names them.")
        return row

    def _require_appeal(self, appeal: str) -> Row[Any]:
        row = self._connection.execute(select(appeals).where(appeals.c.id == appeal).with_for_update()).first()
        if row is None:
            raise InputError(f"there is no appeal {appeal}", mend="`hydrometer appeal list` names them.")
        return row


def _require_name_and_reason(by: str, why: str) -> None:
    if not by.strip():
        raise InputError("nobody is named", mend="Say who you are with --by.")
    if not why.strip():
        raise InputError("no reason is given", mend="Say why; it is read when this is looked at again.")
