"""The audit log for every face: verify it, read it, anchor it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydrometer.contract.errors import InputError
from hydrometer.guard.keys import signing_key, verify_key
from hydrometer.response.audit import AuditLog
from hydrometer.response.audit_check import Verification, anchor, read, read_anchor, verify
from hydrometer.response.audit_entries import Shadowed, policy_entry, shadowed
from hydrometer.response.policy import load_policy, policy_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.response.audit_head import Head
    from hydrometer.response.audit_lines import Entry

__all__ = ["about", "anchored", "in_shadow", "last", "record_snapshot", "verified"]

WAIT_SECONDS = 10.0
"""How long a command waits for another one to finish writing the audit log."""


def verified(
    folder: Path,
    anchors: Sequence[Path],
    *,
    after: Path | None = None,
    public_key: Path | None = None,
    signed_head: bool = False,
) -> Verification:
    """Look through a log, and hold anchors against it, which a public key must have signed; the log's own head, if asked.

    Raises:
        InputError: there is no log, or an anchor or key cannot be used.
    """
    public = verify_key(public_key) if public_key is not None else None
    if signed_head and public is None:
        raise InputError("no key is named that the head must be signed by", mend="Name it with --public-key.")
    begun = read_anchor(after, public) if after is not None else None
    held = [read_anchor(file, public) for file in anchors]
    return verify(folder, held, after=begun, public=public if signed_head else None)


def anchored(folder: Path, key: Path | None) -> Head:
    """Return the last line as an anchor, signed where a key is given.

    Raises:
        InputError: there is no log, it is not whole, or the key cannot be used.
    """
    return anchor(folder, signing_key(key) if key is not None else None)


def about(folder: Path, what: str) -> list[Entry]:
    """Return the lines of a number, case, appeal or account.

    Raises:
        InputError: there is no log, or none such.
    """
    names = ("case", "appeal", "account")
    found = [
        entry
        for entry in read(folder)
        if str(entry.sequence) == what or any(entry.body.get(name) == what for name in names)
    ]
    if not found:
        raise InputError(f"holds nothing about {what}", file=str(folder), mend="Name a line, case, appeal or account.")
    return found


def last(folder: Path, lines: int) -> list[Entry]:
    """Return the last lines.

    Raises:
        InputError: there is no log.
    """
    return list(read(folder, last=lines))


def record_snapshot(folder: Path, policy: Path, told: dict[str, Any]) -> None:
    """Write down that a snapshot was made; before it the policy with its text, where that is another one than before.

    Raises:
        InputError: the log or the policy cannot be used.
    """
    made, _ = load_policy(policy)
    line = policy_entry(made, policy_text(policy))
    with AuditLog(folder, wait=WAIT_SECONDS) as log:
        before = [entry.body.get("sha256") for entry in read(folder) if entry.kind == "policy"]
        lines = [("snapshot", told)] if before[-1:] == [line[1]["sha256"]] else [line, ("snapshot", told)]
        log.append_all(lines)


def in_shadow(folders: Sequence[Path]) -> Shadowed:
    """Sum up what guards in shadow mode would have done.

    Raises:
        InputError: there is no log.
    """
    return shadowed(entry for folder in folders for entry in read(folder))
