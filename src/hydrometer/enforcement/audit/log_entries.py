"""Entries of the audit log that a command writes: a policy that came into force, and a snapshot that was made.

A gateway writes an entry of kind `decision` for whatever is not `allow`, with the account and the fields of the decision.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from hydrometer.enforcement.audit.audit_log import WAIT_SECONDS, AuditLog
from hydrometer.enforcement.audit.log_reader import read_entries
from hydrometer.enforcement.policy.policy_reader import load_policy, read_policy_text

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.contract import Policy

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


def record_snapshot(folder: Path, policy: Path, snapshot_body: dict[str, Any]) -> None:
    """Write down that a snapshot was made; before it the policy with its text, where that is another one than before.

    Raises:
        InputError: the log or the policy cannot be used.
    """
    loaded_policy, _ = load_policy(policy)
    line = build_policy_entry(loaded_policy, read_policy_text(policy))
    with AuditLog(folder, wait=WAIT_SECONDS) as log:
        earlier_hashes = [entry.body.get("sha256") for entry in read_entries(folder) if entry.kind == "policy"]
        lines = (
            [("snapshot", snapshot_body)]
            if earlier_hashes[-1:] == [line[1]["sha256"]]
            else [line, ("snapshot", snapshot_body)]
        )
        log.append_all(lines)
