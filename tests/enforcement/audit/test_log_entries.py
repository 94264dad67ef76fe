"""What is written down of decisions, and what a gateway in shadow mode leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract.policy_schema import Policy
from hydrometer.enforcement.audit.audit_log import AuditLog
from hydrometer.enforcement.audit.log_entries import build_policy_entry
from hydrometer.enforcement.audit.log_reader import read_entries
from hydrometer.enforcement.audit.shadow_summary import count_shadow_decisions

if TYPE_CHECKING:
    from pathlib import Path


def decided(account: str, rule: str, *, shadow: bool = True) -> tuple[str, dict[str, object]]:
    """A line as a gateway writes it."""
    return "decision", {"account": account, "rule": rule, "action": "verify", "campaign": "HY-1", "shadow": shadow}


def test_a_policy_is_written_with_its_text() -> None:
    kind, body = build_policy_entry(Policy(version=1, name="p"), "version: 1")
    assert (kind, body["name"], body["mode"], body["text"]) == ("policy", "p", "observe", "version: 1")


def test_shadow_decisions_are_summed_up(tmp_path: Path) -> None:
    with AuditLog(tmp_path) as log:
        lines = [decided("a", "one"), decided("a", "two"), decided("b", "one"), decided("c", "one", shadow=False)]
        log.append_all([*lines, ("review", {"shadow": True})])
    found = count_shadow_decisions(read_entries(tmp_path))
    assert (found.decisions, found.accounts) == (3, 2)
    assert found.rules == {"one": {"requests": 2, "accounts": 2}, "two": {"requests": 1, "accounts": 1}}
    assert found.actions == {"verify": 3}
    assert found.campaigns == {"HY-1": 3}
    assert found.busiest == [("a", 2), ("b", 1)]
