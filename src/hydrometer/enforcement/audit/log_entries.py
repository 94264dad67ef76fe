"""Lines of the audit log: a policy that came into force, and what gateways in shadow mode leave.

A gateway writes a line of kind `decision` for whatever is not `allow`, with the account and the fields of the decision.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from hydrometer.contract import LADDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydrometer.contract import Policy
    from hydrometer.enforcement.audit.chained_lines import AuditEntry

EntryContent = tuple[str, dict[str, Any]]
"""Kind and body."""


def build_policy_entry(policy: Policy, text: str) -> EntryContent:
    """Return the entry of a policy that came into force; `text` is its file's."""
    return "policy", {
        "name": policy.name,
        "mode": policy.mode,
        "sha256": sha256(text.encode()).hexdigest(),
        "text": text,
    }


class ShadowSummary(msgspec.Struct, kw_only=True):
    """What a guard in shadow mode wrote down: what it would have done."""

    decisions: int = 0
    accounts: int = 0
    first: str = ""
    last: str = ""
    """Times of the first and last, ISO, UTC."""
    actions: dict[str, int] = {}
    """Requests by action, the hardest first."""
    rules: dict[str, dict[str, int]] = {}
    """By rule: `requests`, `accounts`."""
    campaigns: dict[str, int] = {}
    """Requests by campaign; without one under `none`."""
    busiest: list[tuple[str, int]] = []
    """Accounts with most such requests."""


def count_shadow_decisions(entries: Iterable[AuditEntry], *, most: int = 10) -> ShadowSummary:
    """Sum up the shadow decisions of a log."""
    summary = ShadowSummary()
    by_account: dict[str, int] = {}
    by_rule: dict[str, set[str]] = {}
    for entry in entries:
        body = entry.body
        if entry.kind != "decision" or not body.get("shadow"):
            continue
        account, rule = str(body.get("account", "")), str(body.get("rule", ""))
        summary.decisions += 1
        summary.first = summary.first or entry.time.isoformat()
        summary.last = entry.time.isoformat()
        for counts, name in (
            (summary.actions, body.get("action", "")),
            (summary.campaigns, body.get("campaign", "none")),
        ):
            counts[str(name)] = counts.get(str(name), 0) + 1
        by_account[account] = by_account.get(account, 0) + 1
        by_rule.setdefault(rule, set()).add(account)
        rule_counts = summary.rules.setdefault(rule, {"requests": 0, "accounts": 0})
        rule_counts["requests"] += 1
    for rule, accounts in by_rule.items():
        summary.rules[rule]["accounts"] = len(accounts)
    hardness = {action: -rank for rank, action in enumerate(LADDER)}
    summary.actions = dict(sorted(summary.actions.items(), key=lambda pair: hardness.get(pair[0], 1)))  # type: ignore[call-overload]
    summary.accounts = len(by_account)
    summary.busiest = sorted(by_account.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
    return summary
