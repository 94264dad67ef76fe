"""What people decide: cases with the evidence of their day, reviews, appeals, and what detection is told of them.

To *uphold* is to find that what was decided stands, to *overturn* that it falls; in reviews and appeals alike.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from hydrometer.contract.policy_schema import Action

CaseKind = Literal["campaign", "decision"]
"""A group that detection found, or one answer of the guard."""

ReviewFinding = Literal["uphold", "overturn", "unsure"]
"""What a person finds of a case."""

CaseState = Literal["open", "upheld", "overturned"]
"""`open` until a person has found either."""

AppealState = Literal["open", "upheld", "overturned"]

AppealStep = Literal["opened", "upheld", "overturned", "reopened"]

ConstraintKind = Literal["cleared", "cannot_link", "must_link"]

CONSTRAINTS_FORMAT = 1


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person may be asked to judge."""

    id: str
    """Of a decision: what its client was told. Of a campaign: its id."""
    kind: CaseKind
    campaign: str = ""
    accounts: tuple[str, ...] = ()
    """Whom it is about: the account of a decision, the members of a campaign, in ascending order."""
    action: Action = "allow"
    """Of a decision: what was done."""
    rule: str = ""
    probability: float = 0.0
    opened_at: datetime
    state: CaseState = "open"


class KeptEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision rested on, as it was then; never changed, and added to only."""

    case: str
    kept_at: datetime
    kind: Literal["campaign", "members", "decision", "document"]
    body: dict[str, Any]
    sha256: str
    """Of the body's JSON with sorted keys, in hexadecimal."""


class CaseReview(msgspec.Struct, frozen=True, kw_only=True):
    """What a person found of a case."""

    case: str
    at: datetime
    by: str
    finding: ReviewFinding
    why: str


class AppealEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an appeal."""

    at: datetime
    by: str
    step: AppealStep
    text: str


class Appeal(msgspec.Struct, frozen=True, kw_only=True):
    """A customer asks for a case to be looked at again."""

    id: str
    case: str
    account: str
    """For whom; one of the case's accounts."""
    state: AppealState
    opened_at: datetime
    events: tuple[AppealEvent, ...]


class Constraint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person knows of accounts; detection keeps to it."""

    kind: ConstraintKind
    """`cleared`: of no campaign, ever. `cannot_link`: not of one campaign with the other. `must_link`: run by the same hand
    as the other."""
    account: str
    other: str = ""
    """The other account, unless `campaign` names what it is held against."""
    campaign: str = ""
    """A campaign of the result that detection replaces."""
    by: str = ""
    at: datetime | None = None
    why: str = ""
    case: str = ""


class AccountLabel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person found an account to be; what calibration and training can learn from."""

    account: str
    campaign: str
    operator: bool
    """Run by the campaign's operator; else an honest customer."""
    by: str = ""
    at: datetime | None = None
    case: str = ""


class ConstraintFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of constraints and labels, as `hydrometer casebook export` writes and `hydrometer detect --constraints` reads it."""

    format: Literal[1] = 1
    constraints: tuple[Constraint, ...] = ()
    labels: tuple[AccountLabel, ...] = ()


class ReviewOutcomes(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot of verdicts takes from the casebook."""

    cleared: tuple[str, ...] = ()
    """Accounts of which a decision was overturned, and no later one upheld, in ascending order."""
    upheld: tuple[tuple[str, str], ...] = ()
    """(account, campaign) that a person has upheld, in ascending order."""
