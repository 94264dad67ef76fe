"""Files of snapshots: written from a result, and described."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from hydrometer.contract import InputError, ReadSettings
from hydrometer.enforcement.casebook.casebook_queries import Casebook
from hydrometer.enforcement.policy.policy_reader import load_policy
from hydrometer.enforcement.signing_keys import format_key_id, read_signing_key, read_verify_key
from hydrometer.enforcement.snapshots.snapshot_build import SnapshotOptions, build_verdicts
from hydrometer.enforcement.snapshots.snapshot_file import SnapshotRefusal, pack_snapshot, unpack_snapshot
from hydrometer.files import explain_write_errors, read_bytes, write_whole
from hydrometer.fingerprint import SiteKey
from hydrometer.result import ResultFolder
from hydrometer.sources import Rejects, open_traffic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class SnapshotRequest:
    """The files and choices that a snapshot is made of."""

    result: Path
    policy: Path
    key: Path
    """Secret key that signs."""
    accounts: Path | None = None
    """Traffic whose account tables describe customers, and accounts that were made since."""
    site_key: Path | None = None
    casebook: str | None = None
    """Where people's decisions are kept; to whom they cleared no verdict applies, whom they upheld counts as reviewed."""
    options: SnapshotOptions = field(default_factory=SnapshotOptions)


@dataclass(frozen=True, kw_only=True)
class SnapshotSummary:
    """A snapshot that was written: numbers of what it holds, by kind, and of what was left out, by reason."""

    version: str
    expires_at: float
    bytes: int
    signed_by: str
    holds: dict[str, int]
    left_out: dict[str, int]


def write_snapshot(request: SnapshotRequest, out: Path, *, now: datetime) -> SnapshotSummary:
    """Write the signed snapshot of a result to `out`, which is replaced at once.

    Raises:
        InputError: an unusable result, policy, key, account table, casebook or `out`.
    """
    loaded_policy, _ = load_policy(request.policy)
    signing = read_signing_key(request.key)
    table = (
        open_traffic(request.accounts, settings=ReadSettings()).accounts(Rejects())
        if request.accounts is not None
        else None
    )
    secret = SiteKey.load(request.site_key) if request.site_key is not None else None
    options = request.options
    if request.casebook is not None:
        with Casebook(request.casebook) as casebook:
            judged = casebook.judged_accounts()
        options = replace(
            options,
            cleared=options.cleared | frozenset(judged.cleared),
            upheld_accounts=options.upheld_accounts | frozenset(judged.upheld),
        )
    verdicts, tally = build_verdicts(
        ResultFolder.read(request.result), loaded_policy, now=now, accounts=table, site_key=secret, options=options
    )
    try:
        data = pack_snapshot(verdicts, signing)
    except ValueError as error:
        raise InputError(
            f"cannot be packed: {error}",
            file=str(request.accounts or request.result),
            mend="Look for a column that is another's.",
        ) from None
    _replace_file(out, data)
    return SnapshotSummary(
        version=verdicts.version,
        expires_at=verdicts.expires_at,
        bytes=len(data),
        signed_by=format_key_id(signing.verify_key),
        holds=tally.holds,
        left_out=tally.left_out,
    )


def inspect_snapshot(snapshot: Path, keys: Sequence[Path]) -> dict[str, Any]:
    """Return what a snapshot holds; raises InputError where it is refused."""
    try:
        contents = unpack_snapshot(_read_snapshot_file(snapshot), [read_verify_key(key) for key in keys])
    except SnapshotRefusal as reason:
        raise InputError(
            f"the snapshot is refused: {reason}", file=str(snapshot), mend="Name its public key."
        ) from None
    return {
        "version": contents.version,
        "created_at": contents.created_at,
        "expires_at": contents.expires_at,
        "bytes": contents.bytes,
        "accounts": contents.accounts,
        "organisations": contents.organisations,
        "population": contents.population,
        "campaigns": msgspec.to_builtins(contents.campaigns),
        "templates": [
            {"id": t.id, "campaign": t.campaign, "hashes": len(t.hashes), "background": t.background}
            for t in contents.templates
        ],
        "entities": len(contents.entities),
        "policy": {
            "name": contents.policy.name,
            "mode": contents.policy.mode,
            "rules": [rule.name for rule in contents.policy.rules],
            "budgets": [budget.name for budget in contents.policy.budgets],
        },
    }


def _read_snapshot_file(path: Path) -> bytes:
    return read_bytes(path, mend="Name a snapshot file.")


def _replace_file(out: Path, data: bytes) -> None:
    with explain_write_errors(out, mend="Name a file that you may write to."):
        write_whole(out, data)
