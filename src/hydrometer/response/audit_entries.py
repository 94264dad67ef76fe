"""Lines of the audit log: a policy that came into force, and what gateways in shadow mode leave.

A gateway writes a line of kind `decision` for whatever is not `allow`, with the account and the fields of the decision.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from hydrometer.contract.policy import LADDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydrometer.contract.policy import Policy
    from hydrometer.response.audit_lines import Entry

Line = tuple[str, dict[str, Any]]
"""Kind and body."""


def policy_entry(policy: Policy, text: str) -> Line:
    """Return the entry of a policy that came into force; `text` is its file's."""
    return "policy", {
        "name": policy.name,
        "mode": policy.mode,
        "sha256": sha256(text.encode()).hexdigest(),
        "text": text,
    }


class Shadowed(msgspec.Struct, kw_only=True):
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


def shadowed(entries: Iterable[Entry], *, most: int = 10) -> Shadowed:
    """Sum up the shadow decisions of a log."""
    found = Shadowed()
    by_account: dict[str, int] = {}
    by_rule: dict[str, set[str]] = {}
    for entry in entries:
        body = entry.body
        if entry.kind != "decision" or not body.get("shadow"):
            continue
        account, rule = str(body.get("account", "")), str(body.get("rule", ""))
        found.decisions += 1
        found.first = found.first or entry.time.isoformat()
        found.last = entry.time.isoformat()
        for counts, name in ((found.actions, body.get("action", "")), (found.campaigns, body.get("campaign", "none"))):
            counts[str(name)] = counts.get(str(name), 0) + 1
        by_account[account] = by_account.get(account, 0) + 1
        by_rule.setdefault(rule, set()).add(account)
        told = found.rules.setdefault(rule, {"requests": 0, "accounts": 0})
        told["requests"] += 1
    for rule, accounts in by_rule.items():
        found.rules[rule]["accounts"] = len(accounts)
    hardness = {action: -place for place, action in enumerate(LADDER)}
    found.actions = dict(sorted(found.actions.items(), key=lambda pair: hardness.get(pair[0], 1)))  # type: ignore[call-overload]
    found.accounts = len(by_account)
    found.busiest = sorted(by_account.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
    return found
