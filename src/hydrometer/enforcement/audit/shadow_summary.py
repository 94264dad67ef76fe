"""What guards in shadow mode would have done, summed up from their audit logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract import LADDER
from hydrometer.enforcement.audit.log_reader import read_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hydrometer.enforcement.audit.chained_lines import AuditEntry


class ShadowSummary(msgspec.Struct, kw_only=True):
    """The decisions of guards in shadow mode, summed up: what they would have done."""

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


def summarise_shadow_mode(folders: Sequence[Path]) -> ShadowSummary:
    """Sum up what guards in shadow mode would have done.

    Raises:
        InputError: there is no log.
    """
    return count_shadow_decisions(entry for folder in folders for entry in read_entries(folder))
