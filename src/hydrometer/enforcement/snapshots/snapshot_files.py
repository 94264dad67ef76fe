"""From a result to the snapshot that guards go by, and from a snapshot to a guard that decides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from hydrometer.contract import InputError, ReadSettings
from hydrometer.enforcement.casebook.casebook_queries import Casebook
from hydrometer.enforcement.guard.decision_point import DecisionPoint
from hydrometer.enforcement.guard.snapshot_loader import SnapshotLoader
from hydrometer.enforcement.policy.policy_reader import load_policy
from hydrometer.enforcement.snapshots.signing_keys import format_key_id, make_keys, read_signing_key, read_verify_key
from hydrometer.enforcement.snapshots.sketch_settings import SKETCH_HASHES, compute_key_check, parse_sketch_settings
from hydrometer.enforcement.snapshots.snapshot_build import SnapshotOptions, SnapshotSummary, build_verdicts
from hydrometer.enforcement.snapshots.snapshot_file import SnapshotRefusal, pack_snapshot, unpack_snapshot
from hydrometer.files import explain_write_errors, read_bytes, write_whole
from hydrometer.fingerprint import OnlineSketcher, SiteKey
from hydrometer.result import ResultFolder
from hydrometer.sources import Rejects, open_traffic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from hydrometer.enforcement.guard.budget_windows import BudgetWindows

__all__ = ["inspect_snapshot", "make_keys", "open_decision_point", "write_snapshot"]


def write_snapshot(
    result: Path,
    out: Path,
    *,
    policy: Path,
    key: Path,
    now: datetime,
    accounts: Path | None = None,
    site_key: Path | None = None,
    casebook: str | None = None,
    options: SnapshotOptions | None = None,
) -> SnapshotSummary:
    """Write the signed snapshot of a result to `out`, which is replaced at once.

    accounts: traffic whose account tables tell of customers, and of accounts that were made since. casebook: where people's
    decisions are kept; whom they cleared is held to nothing, whom they upheld counts as reviewed.

    Raises:
        InputError: an unusable result, policy, key, account table or place.
    """
    loaded_policy, _ = load_policy(policy)
    signing = read_signing_key(key)
    table = open_traffic(accounts, settings=ReadSettings()).accounts(Rejects()) if accounts is not None else None
    secret = SiteKey.load(site_key) if site_key is not None else None
    options = options or SnapshotOptions()
    if casebook is not None:
        with Casebook(casebook) as book:
            judged = book.judged_accounts()
        options = replace(
            options,
            cleared=options.cleared | frozenset(judged.cleared),
            upheld_accounts=options.upheld_accounts | frozenset(judged.upheld),
        )
    verdicts, summary = build_verdicts(
        ResultFolder.read(result), loaded_policy, now=now, accounts=table, site_key=secret, options=options
    )
    try:
        data = pack_snapshot(verdicts, signing)
    except ValueError as error:
        raise InputError(
            f"cannot be packed: {error}", file=str(accounts or result), mend="Look for a column that is another's."
        ) from None
    _replace_file(out, data)
    summary.bytes, summary.signed_by = len(data), format_key_id(signing.verify_key)
    return summary


def open_decision_point(
    snapshot: Path, keys: Sequence[Path], *, site_key: Path, now: float, budgets: BudgetWindows | None = None
) -> tuple[DecisionPoint, SnapshotLoader]:
    """Return a guard that goes by a snapshot file, and what keeps it on the newest one.

    Raises:
        InputError: no usable snapshot, or a site key that is not the one that it was made with.
    """
    trusted = [read_verify_key(key) for key in keys]
    secret = SiteKey.load(site_key)
    try:
        first_snapshot = unpack_snapshot(_read_snapshot_file(snapshot), trusted)
    except SnapshotRefusal as reason:
        raise InputError(
            f"the snapshot is refused: {reason}",
            file=str(snapshot),
            mend="Write it anew with `hydrometer guard snapshot`.",
        ) from None
    settings = parse_sketch_settings(first_snapshot.sketch)
    expected = first_snapshot.sketch.get("check")
    if expected is not None and expected != compute_key_check(settings, secret):
        raise InputError(
            "is not the key that the snapshot was made with",
            file=str(site_key),
            mend="Name the site key of the detection; with another key no wording is ever recognised.",
        )
    decision_point = DecisionPoint(None, OnlineSketcher(settings, secret, most=SKETCH_HASHES), budgets=budgets)
    loader = SnapshotLoader(decision_point, snapshot, trusted)
    if not loader.refresh(now):
        raise InputError(
            f"the snapshot is refused: {loader.problem}",
            file=str(snapshot),
            mend="Write it anew with `hydrometer guard snapshot`.",
        )
    return decision_point, loader


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
