"""Cases and appeals on standard output, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.cli.output.campaign_output import format_likelihood, format_probability

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hydrometer.contract import Appeal, Case, CaseReview, KeptEvidence


def format_case(
    case: Case, kept: Sequence[KeptEvidence], reviews: Sequence[CaseReview], appeals: Sequence[Appeal]
) -> Iterator[str]:
    """Yield everything about a case, line by line."""
    what = f"{case.action} by {case.rule}" if case.kind == "decision" else "campaign"
    yield f"Case {case.id}: {what}, {case.state}, opened {case.opened_at:%Y-%m-%d %H:%M} UTC"
    if case.kind == "decision" and case.campaign:
        yield f"Campaign: {case.campaign}"
    yield f"Likely at {format_likelihood(case.probability).replace(' ', ', ', 1)}, when it was opened"
    names = ", ".join(case.accounts[:10]) + (
        f" and {len(case.accounts) - 10:,} more" if len(case.accounts) > 10 else ""
    )
    yield f"Accounts: {len(case.accounts):,}: {names}"
    for each in kept:
        yield f"Evidence: {each.kind}, kept {each.kept_at:%Y-%m-%d %H:%M} UTC, SHA-256 {each.sha256[:16]}…"
        yield from (f"  {line}" for line in _format_kept_evidence(each))
    for review in reviews:
        yield f"Review: {review.finding} by {review.by}, {review.at:%Y-%m-%d %H:%M} UTC: {review.why}"
    for appeal in appeals:
        yield from format_appeal(appeal)


def format_appeal(appeal: Appeal) -> Iterator[str]:
    """Yield an appeal and its steps, line by line."""
    yield f"Appeal {appeal.id}: {appeal.state}, case {appeal.case}, account {appeal.account}"
    for event in appeal.events:
        yield f"  {event.at:%Y-%m-%d %H:%M} UTC {event.step} by {event.by}: {event.text}"


def format_reasons(account: str, kept: Iterable[KeptEvidence]) -> Iterator[str]:
    """Yield why an account counted as a member, as it was kept."""
    for each in kept:
        for member in each.body.get("members", ()):
            if member["account_id"] == account:
                yield f"{account}: {format_probability(member['probability'])}: {'; '.join(member['reasons'])}"
                yield from (f"  fact: {fact}" for fact in member.get("facts") or ())


def _format_kept_evidence(kept: KeptEvidence) -> Iterator[str]:
    body = kept.body
    if kept.kind == "campaign":
        yield from body.get("story", ())
        for each in body.get("counter_evidence", ()):
            yield f"against: {each['statement']}"
    elif kept.kind == "members":
        yield f"{len(body.get('members', ())):,} members with their reasons"
    elif kept.kind == "decision":
        yield f"{body.get('why', '')}; snapshot {body.get('snapshot', '')}; audit line {body.get('sequence', '')}"
    else:
        yield str(body.get("name", ""))
