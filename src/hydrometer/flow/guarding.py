"""From a result to the snapshot that guards go by, and from a snapshot to a guard that decides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from hydrometer.contract.errors import InputError
from hydrometer.contract.replacement import replacing
from hydrometer.contract.settings import ReadSettings
from hydrometer.fingerprint import SiteKey
from hydrometer.fingerprint.single import TextSketch
from hydrometer.flow.sketching import SKETCH_HASHES, check, settings_of
from hydrometer.flow.verdicts import Built, Chosen, verdicts_of
from hydrometer.guard.core import Guard
from hydrometer.guard.keeping import Keeper
from hydrometer.guard.keys import make_keys, name_of, signing_key, verify_key
from hydrometer.guard.snapshot import SnapshotRefused, pack, unpack
from hydrometer.response.policy import load_policy
from hydrometer.sources import Rejects, open_traffic
from hydrometer.store.casebook import Casebook
from hydrometer.store.result import ResultFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from hydrometer.guard.budgets import Budgets

__all__ = ["inspect", "make_keys", "open_guard", "write_snapshot"]


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
    chosen: Chosen | None = None,
) -> Built:
    """Write the signed snapshot of a result to `out`, which is replaced at once.

    accounts: traffic whose account tables tell of customers, and of accounts that were made since. casebook: where people's
    decisions are kept; whom they cleared is held to nothing, whom they upheld counts as reviewed.

    Raises:
        InputError: an unusable result, policy, key, account table or place.
    """
    rules, _ = load_policy(policy)
    signing = signing_key(key)
    table = open_traffic(accounts, settings=ReadSettings()).accounts(Rejects()) if accounts is not None else None
    secret = SiteKey.load(site_key) if site_key is not None else None
    chosen = chosen or Chosen()
    if casebook is not None:
        with Casebook(casebook) as book:
            judged = book.judged()
        chosen = replace(
            chosen,
            cleared=chosen.cleared | frozenset(judged.cleared),
            upheld_accounts=chosen.upheld_accounts | frozenset(judged.upheld),
        )
    verdicts, built = verdicts_of(
        ResultFolder.read(result), rules, now=now, accounts=table, site_key=secret, chosen=chosen
    )
    try:
        data = pack(verdicts, signing)
    except ValueError as error:
        raise InputError(
            f"cannot be packed: {error}", file=str(accounts or result), mend="Look for a column that is another's."
        ) from None
    _replace(out, data)
    built.bytes, built.signed_by = len(data), name_of(signing.verify_key)
    return built


def open_guard(
    snapshot: Path, keys: Sequence[Path], *, site_key: Path, now: float, budgets: Budgets | None = None
) -> tuple[Guard, Keeper]:
    """Return a guard that goes by a snapshot file, and what keeps it on the newest one.

    Raises:
        InputError: no usable snapshot, or a site key that is not the one that it was made with.
    """
    trusted = [verify_key(key) for key in keys]
    secret = SiteKey.load(site_key)
    try:
        first = unpack(_read(snapshot), trusted)
    except SnapshotRefused as reason:
        raise InputError(
            f"the snapshot is refused: {reason}",
            file=str(snapshot),
            mend="Write it anew with `hydrometer guard snapshot`.",
        ) from None
    settings = settings_of(first.sketch)
    expected = first.sketch.get("check")
    if expected is not None and expected != check(settings, secret):
        raise InputError(
            "is not the key that the snapshot was made with",
            file=str(site_key),
            mend="Name the site key of the detection; with another key no wording is ever recognised.",
        )
    guard = Guard(None, TextSketch(settings, secret, most=SKETCH_HASHES), budgets=budgets)
    keeper = Keeper(guard, snapshot, trusted)
    if not keeper.refresh(now):
        raise InputError(
            f"the snapshot is refused: {keeper.problem}",
            file=str(snapshot),
            mend="Write it anew with `hydrometer guard snapshot`.",
        )
    return guard, keeper


def inspect(snapshot: Path, keys: Sequence[Path]) -> dict[str, Any]:
    """Return what a snapshot holds; raises InputError where it is refused."""
    try:
        found = unpack(_read(snapshot), [verify_key(key) for key in keys])
    except SnapshotRefused as reason:
        raise InputError(
            f"the snapshot is refused: {reason}", file=str(snapshot), mend="Name its public key."
        ) from None
    return {
        "version": found.version,
        "created_at": found.created_at,
        "expires_at": found.expires_at,
        "bytes": found.bytes,
        "accounts": found.accounts,
        "organisations": found.organisations,
        "population": found.population,
        "campaigns": msgspec.to_builtins(found.campaigns),
        "templates": [
            {"id": t.id, "campaign": t.campaign, "hashes": len(t.hashes), "background": t.background}
            for t in found.templates
        ],
        "entities": len(found.entities),
        "policy": {
            "name": found.policy.name,
            "mode": found.policy.mode,
            "rules": [rule.name for rule in found.policy.rules],
            "budgets": [budget.name for budget in found.policy.budgets],
        },
    }


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(path), mend="Name a snapshot file.") from None


def _replace(out: Path, data: bytes) -> None:
    try:
        with replacing(out) as file:
            file.write(data)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", file=str(out), mend="Name a file that you may write to."
        ) from None
