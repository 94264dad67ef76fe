"""Traffic in any format to Parquet parts without texts."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from hydrometer.contract.accounts import ACCOUNTS
from hydrometer.contract.errors import InputError
from hydrometer.contract.fingerprints import TRAFFIC
from hydrometer.fingerprint import Fingerprinter, SiteKey
from hydrometer.flow.account import Account
from hydrometer.sources import Rejects, Traffic, open_traffic

if TYPE_CHECKING:
    from hydrometer.contract.progress import Progress
    from hydrometer.contract.settings import Settings

REJECTED = "rejected.jsonl"
ROW_GROUP = 65_536


@dataclass(frozen=True, slots=True)
class FingerprintSummary:
    """What `fingerprint` wrote: rows by table and rejected rows by reason."""

    rows: dict[str, int]
    rejected: dict[str, int]


@dataclass
class Reading:
    """Opened traffic, and what reading it tells."""

    traffic: Traffic
    rejected: Path
    key: SiteKey
    accounts: pa.Table = field(default_factory=ACCOUNTS.schema.empty_table)
    columns: frozenset[str] = frozenset()


def open_reading(
    traffic: Path, out: Path, settings: Settings, site_key: Path | None, mapping: Path | None, source: str | None
) -> Reading:
    """Open traffic and the site key.

    Raises:
        InputError: nothing to read, or an unusable key or mapping.
    """
    opened = open_traffic(traffic, settings=settings.read, source=source, mapping=mapping)
    return Reading(opened, out / REJECTED, SiteKey.load_or_create(site_key or default_site_key()))


def default_site_key() -> Path:
    """Where the site key is kept when none is named."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "hydrometer" / "site.key"


def read_into(folder: Path, reading: Reading, account: Account) -> None:
    """Fingerprint all exchanges into `folder`/traffic, and read the accounts."""
    settings = account.settings
    sketched = reading.traffic.fingerprinted
    fingerprinter = None if sketched else Fingerprinter(settings.fingerprint, reading.key, threads=settings.cores)
    parts = folder / "traffic"
    parts.mkdir()
    with Rejects(reading.rejected) as rejects:
        with pq.ParquetWriter(
            parts / "part.parquet", TRAFFIC.schema, compression="zstd", compression_level=1
        ) as writer:
            for batch in reading.traffic.batches(rejects):
                writer.write_batch(fingerprinter.batch(batch) if fingerprinter else batch, row_group_size=ROW_GROUP)
                account.advance(batch.num_rows)
        reading.accounts = reading.traffic.accounts(rejects)
    settle(reading, rejects, account)
    if fingerprinter is not None:
        account.caps += _cuts(fingerprinter, settings)


def settle(reading: Reading, rejects: Rejects, account: Account) -> None:
    """Note what reading left out, and which columns it saw."""
    account.inputs = reading.traffic.inputs
    account.rejected, account.repaired, account.notes = rejects.counts, rejects.repaired, rejects.notes
    for name in sorted(reading.traffic.ignored_columns):
        account.notes[f"column not in the contract, ignored: {name}"] = 1
    seen = reading.traffic.columns_seen
    sketched = reading.traffic.fingerprinted
    if sketched and "exchanges.sketch" in seen:
        seen |= {"exchanges.prompt"}
    reading.columns = seen
    account.columns(seen, texts=not sketched)


def _cuts(fingerprinter: Fingerprinter, settings: Settings) -> list[str]:
    cuts = []
    if texts := fingerprinter.counts["texts_cut"]:
        cuts.append(f"{texts:,} texts were read to {settings.fingerprint.max_words:,} words (fingerprint.max_words)")
    if sketches := fingerprinter.counts["sketches_capped"]:
        cuts.append(f"{sketches:,} sketches kept {settings.fingerprint.max_sketch} hashes (fingerprint.max_sketch)")
    return cuts


def write_fingerprints(
    traffic: Path,
    out: Path,
    settings: Settings,
    site_key: Path | None,
    mapping: Path | None,
    source: str | None,
    progress: Progress,
) -> FingerprintSummary:
    """Write traffic without texts to `out`: exchanges.parquet, accounts.parquet, models.json, rejected.jsonl.

    Raises:
        InputError: unusable traffic, or `out` holds files already.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("is not an empty folder", file=str(out), mend="Name a new folder.")
    out.mkdir(parents=True, exist_ok=True)
    reading = open_reading(traffic, out, settings, site_key, mapping, source)
    account = Account(settings, progress)
    with account.stage("read and fingerprint", reading.traffic.rows_hint):
        read_into(out, reading, account)
    (out / "traffic" / "part.parquet").rename(out / "exchanges.parquet")
    (out / "traffic").rmdir()
    pq.write_table(reading.accounts, out / "accounts.parquet", compression="zstd")
    releases = [
        {"model": model, "released_at": when.isoformat()} for model, when in sorted(reading.traffic.releases.items())
    ]
    (out / "models.json").write_text(json.dumps(releases, indent=1) + "\n", "utf-8")
    rows = {"exchanges": pq.read_metadata(out / "exchanges.parquet").num_rows, "accounts": reading.accounts.num_rows}
    return FingerprintSummary(rows, account.rejected)
