"""The audit log for every face: verify it, read it, anchor it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydrometer.contract import InputError
from hydrometer.enforcement.audit.audit_log import AuditLog
from hydrometer.enforcement.audit.chain_verification import (
    ChainVerification,
    make_anchor,
    read_anchor,
    read_entries,
    verify_log,
)
from hydrometer.enforcement.audit.log_entries import ShadowSummary, build_policy_entry, count_shadow_decisions
from hydrometer.enforcement.policy.policy_reader import load_policy, read_policy_text
from hydrometer.enforcement.signing_keys import read_signing_key, read_verify_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.enforcement.audit.chained_lines import AuditEntry
    from hydrometer.enforcement.audit.log_head import LogHead

__all__ = [
    "anchor_log",
    "find_entries",
    "read_last_entries",
    "record_snapshot",
    "summarise_shadow_mode",
    "verify_log_folder",
]

WAIT_SECONDS = 10.0
"""How long a command waits for another one to finish writing the audit log."""


def verify_log_folder(
    folder: Path,
    anchors: Sequence[Path],
    *,
    after: Path | None = None,
    public_key: Path | None = None,
    signed_head: bool = False,
) -> ChainVerification:
    """Look through a log, and hold anchors against it, which a public key must have signed; the log's own head, if asked.

    Raises:
        InputError: there is no log, or an anchor or key cannot be used.
    """
    public = read_verify_key(public_key) if public_key is not None else None
    if signed_head and public is None:
        raise InputError("no key is named that the head must be signed by", mend="Name it with --public-key.")
    starting_head = read_anchor(after, public) if after is not None else None
    heads = [read_anchor(file, public) for file in anchors]
    return verify_log(folder, heads, after=starting_head, public=public if signed_head else None)


def anchor_log(folder: Path, key: Path | None) -> LogHead:
    """Return the last line as an anchor, signed where a key is given.

    Raises:
        InputError: there is no log, it is not whole, or the key cannot be used.
    """
    return make_anchor(folder, read_signing_key(key) if key is not None else None)


def find_entries(folder: Path, what: str) -> list[AuditEntry]:
    """Return the lines of a number, case, appeal or account.

    Raises:
        InputError: there is no log, or none such.
    """
    names = ("case", "appeal", "account")
    entries = [
        entry
        for entry in read_entries(folder)
        if str(entry.sequence) == what or any(entry.body.get(name) == what for name in names)
    ]
    if not entries:
        raise InputError(f"holds nothing about {what}", file=str(folder), mend="Name a line, case, appeal or account.")
    return entries


def read_last_entries(folder: Path, lines: int) -> list[AuditEntry]:
    """Return the last lines.

    Raises:
        InputError: there is no log.
    """
    return list(read_entries(folder, last=lines))


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


def summarise_shadow_mode(folders: Sequence[Path]) -> ShadowSummary:
    """Sum up what guards in shadow mode would have done.

    Raises:
        InputError: there is no log.
    """
    return count_shadow_decisions(entry for folder in folders for entry in read_entries(folder))
