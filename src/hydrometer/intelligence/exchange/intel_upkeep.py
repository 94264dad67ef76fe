"""What a store of intel holds, looked over: listed, checked, expired, retracted, disagreed with, revoked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hydrometer.contract import EntityKind, InputError
from hydrometer.intelligence.exchange.bundle_files import read_bundle, write_bundle
from hydrometer.intelligence.exchange.canonicalisation import canonicalise_value
from hydrometer.intelligence.exchange.intel_store import IntelStore, revoke_objects
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.contract import Dossiers, Stance
    from hydrometer.intelligence.exchange.lint import IntelFault
    from hydrometer.intelligence.exchange.source_ratings import Withdrawal


def read_intel(folder: Path) -> tuple[Dossiers, dict[str, Withdrawal], dict[str, int]]:
    """Return what a folder holds, what of it is withdrawn, and notes.

    Raises:
        InputError: the folder is unusable.
    """
    intel = _open_existing(folder)
    dossiers = intel.dossiers()
    return dossiers, intel.ratings.withdrawn, dict(sorted(intel.bundles.notes.items()))


def lint_intel(folder: Path, result: Path | None = None, most: int | None = None) -> tuple[list[IntelFault], str]:
    """Return what is wrong in a folder and the name of what validated; a result tells what is common.

    Raises:
        InputError: the folder or the result is unusable.
    """
    from hydrometer.intelligence.exchange import lint as linting  # late: imports stix2, which takes half a second

    intel = _open_existing(folder)
    population: dict[tuple[str, str], int] = {}
    accounts = 0
    if result is not None:
        result_folder = ResultFolder.read(result)
        accounts = result_folder.run.rows.get("accounts", 0)
        for row in result_folder.indicators.select(["kind", "value", "accounts", "population"]).to_pylist():
            try:
                key = row["kind"], canonicalise_value(EntityKind(row["kind"]), row["value"])
            except ValueError:
                continue  # no value of its kind, and so of no indicator
            # Of other campaigns' members some are counted as strangers: the least counts.
            strangers = row["population"] - row["accounts"]
            population[key] = min(strangers, population.get(key, strangers))
    faults = linting.find_faults(intel, datetime.now(UTC), population, accounts, most or linting.MOST_VALIDATED)
    return faults, linting.name_validator()


def expire_intel(folder: Path, at: datetime | None = None) -> dict[str, Withdrawal]:
    """Mark what is past its validity, and what rested on what its source revoked; return what is new of it."""
    return _open_existing(folder).expire(at or datetime.now(UTC))


def retract_statement(folder: Path, of: str, why: str) -> dict[str, Withdrawal]:
    """Withdraw a statement or a source, and what rested on it; return what was withdrawn."""
    return _open_existing(folder).retract(of, why, datetime.now(UTC))


def restore_statement(folder: Path, of: str) -> list[str]:
    """Take a retraction back; return what counts again."""
    return _open_existing(folder).restore(of)


def state_opinion(folder: Path, of: str, stance: Stance, explanation: str) -> str:
    """Say what this site holds of a statement; return the opinion's id."""
    return _open_existing(folder).opine(of, stance, explanation, datetime.now(UTC))


def write_revocation(bundle: Path, out: Path) -> int:
    """Write the bundle that takes back what an earlier one said; return how many objects it revokes.

    Raises:
        InputError: the bundle cannot be read, says nothing that could be taken back, or `out` cannot be written.
    """
    objects = read_bundle(bundle)
    revocations = revoke_objects(objects, datetime.now(UTC))
    if not revocations:
        raise InputError("says nothing that could be taken back", file=str(bundle), mend="Name a bundle that you sent.")
    authors = {raw["created_by_ref"] for raw in revocations}
    write_bundle([*revocations, *(raw for raw in objects if raw.get("id") in authors)], out, private=True)
    return len(revocations)


def _open_existing(folder: Path) -> IntelStore:
    if not folder.is_dir():
        raise InputError("no such folder", file=str(folder), mend="`hydrometer intel add` makes one.")
    return IntelStore(folder)
