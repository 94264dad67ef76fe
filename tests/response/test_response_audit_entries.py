"""What is written down of decisions, and what a gateway in shadow mode leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract.decisions import Decision, Request
from hydrometer.contract.policy import Policy
from hydrometer.response.audit import AuditLog
from hydrometer.response.audit_check import read
from hydrometer.response.audit_entries import decision_entry, policy_entry, shadowed

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "a prompt that nobody else may read"  # noqa: S105


def decided(account: str, rule: str, *, shadow: bool = True) -> tuple[str, dict[str, object]]:
    request = Request(
        account_id=account, prompt=SECRET, system_prompt=SECRET, client_ip="192.0.2.1", envelopes=(SECRET,), model="m"
    )
    decision = Decision(action="verify", rule=rule, campaign="HY-1", probability=0.9, shadow=shadow, case="K7")
    return decision_entry(request, decision, 1_772_000_000.25)


def test_a_decision_is_written_without_texts_and_addresses() -> None:
    kind, body = decided("a", "likely")
    assert kind == "decision"
    assert body == {
        "account": "a",
        "model": "m",
        "at": 1_772_000_000.25,
        "action": "verify",
        "rule": "likely",
        "scope": "request",
        "campaign": "HY-1",
        "probability": 0.9,
        "shadow": True,
        "case": "K7",
    }


def test_a_policy_is_written_with_its_text() -> None:
    kind, body = policy_entry(Policy(version=1, name="p"), "version: 1")
    assert (kind, body["name"], body["mode"], body["text"]) == ("policy", "p", "observe", "version: 1")


def test_shadow_decisions_are_summed_up(tmp_path: Path) -> None:
    with AuditLog(tmp_path) as log:
        lines = [decided("a", "one"), decided("a", "two"), decided("b", "one"), decided("c", "one", shadow=False)]
        log.append_all([*lines, ("review", {"shadow": True})])
    found = shadowed(read(tmp_path))
    assert (found.decisions, found.accounts) == (3, 2)
    assert found.rules == {"one": {"requests": 2, "accounts": 2}, "two": {"requests": 1, "accounts": 1}}
    assert found.actions == {"verify": 3}
    assert found.campaigns == {"HY-1": 3}
    assert found.busiest == [("a", 2), ("b", 1)]
