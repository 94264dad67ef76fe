"""Traffic in any format to Parquet parts without texts."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from hydrometer.contract.accounts import ACCOUNTS
from hydrometer.contract.errors import InputError
from hydrometer.contract.fingerprints import TRAFFIC
from hydrometer.fingerprint import Fingerprinter, SiteKey
from hydrometer.flow.account import Account
from hydrometer.sources import Rejects, open_traffic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from hydrometer.contract.engine import Engine
    from hydrometer.contract.progress import Progress
    from hydrometer.contract.settings import Settings
    from hydrometer.sources import TableTraffic, Traffic

REJECTED = "rejected.jsonl"
ROW_GROUP = 65_536


@dataclass(frozen=True, slots=True)
class FingerprintSummary:
    """What `fingerprint` wrote: rows by table and rejected rows by reason."""

    rows: dict[str, int]
    rejected: dict[str, int]


@dataclass(frozen=True)
class Asked:
    """What a command was asked to read, and with which secret.

    `traffic` is a path or, for the engine `spark`, whatever Spark reads (docs/spark.md); `session` is a Spark session that
    exists already.
    """

    traffic: Path | str
    site_key: Path | None
    mapping: Path | None
    source: str | None
    session: object | None = None


class Reading(Protocol):
    """Opened traffic, and what reading it tells: `accounts`, and `columns` that held a value, are known after reading."""

    accounts: pa.Table
    columns: frozenset[str]

    @property
    def traffic(self) -> Traffic | TableTraffic:
        """What is read."""
        ...

    def into(self, engine: Engine, account: Account) -> None:
        """Fingerprint all exchanges into the engine's table `traffic`, and the accounts into its table `accounts`."""

    def texts(self, ids: pa.Array) -> Iterator[pa.RecordBatch]:
        """The exchanges of these ids with their texts, perhaps among others."""
        ...


@dataclass
class FileReading:
    """Traffic in files that this process reads; `folder` takes what it makes of them, `rejected` the rejected rows."""

    traffic: Traffic
    folder: Path
    rejected: Path
    key: SiteKey
    accounts: pa.Table = field(default_factory=ACCOUNTS.schema.empty_table)
    columns: frozenset[str] = frozenset()

    def into(self, engine: Engine, account: Account) -> None:
        """Fingerprint all exchanges into the engine's table `traffic`, and the accounts into its table `accounts`."""
        read_into(self.folder, self, account)
        engine.view("traffic", self.folder / "traffic" / "*.parquet")
        engine.put("accounts", self.accounts)

    def texts(self, ids: pa.Array) -> Iterator[pa.RecordBatch]:  # noqa: ARG002 - files are read from end to end
        """All exchanges with their texts."""
        return self.traffic.batches(Rejects())


def open_reading(asked: Asked, folder: Path, rejected: Path, settings: Settings) -> FileReading:
    """Open files and the site key.

    Raises:
        InputError: nothing to read, or an unusable key or mapping.
    """
    opened = open_traffic(Path(asked.traffic), settings=settings.read, source=asked.source, mapping=asked.mapping)
    return FileReading(opened, folder, rejected, load_site_key(asked))


def load_site_key(asked: Asked) -> SiteKey:
    """The key that is asked for, else that of this user; raises InputError where it is unusable."""
    return SiteKey.load_or_create(asked.site_key or default_site_key())


def default_site_key() -> Path:
    """Where the site key is kept when none is named."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "hydrometer" / "site.key"


def read_into(folder: Path, reading: FileReading, account: Account) -> None:
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
        account.caps += cuts(fingerprinter.counts, settings)


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


def cuts(counts: Mapping[str, int], settings: Settings) -> list[str]:
    """What fingerprinting cut, in words; `counts` as of `Fingerprinter`."""
    found = []
    if texts := counts["texts_cut"]:
        found.append(f"{texts:,} texts were read to {settings.fingerprint.max_words:,} words (fingerprint.max_words)")
    if sketches := counts["sketches_capped"]:
        found.append(f"{sketches:,} sketches kept {settings.fingerprint.max_sketch} hashes (fingerprint.max_sketch)")
    return found


def write_fingerprints(asked: Asked, out: Path, settings: Settings, progress: Progress) -> FingerprintSummary:
    """Write traffic without texts to `out`: exchanges.parquet, accounts.parquet, models.json, rejected.jsonl.

    Raises:
        InputError: unusable traffic, or `out` holds files already.
    """
    new_folder(out)
    reading = open_reading(asked, out, out / REJECTED, settings)
    account = Account(settings, progress)
    with account.stage("read and fingerprint", reading.traffic.rows_hint):
        read_into(out, reading, account)
    (out / "traffic" / "part.parquet").rename(out / "exchanges.parquet")
    (out / "traffic").rmdir()
    pq.write_table(reading.accounts, out / "accounts.parquet", compression="zstd")
    (out / "models.json").write_text(releases_text(reading.traffic.releases), "utf-8")
    rows = {"exchanges": pq.read_metadata(out / "exchanges.parquet").num_rows, "accounts": reading.accounts.num_rows}
    return FingerprintSummary(rows, account.rejected)


def new_folder(out: Path) -> None:
    """Make the folder; raises InputError where it is there and holds something."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("is not an empty folder", file=str(out), mend="Name a new folder.")
    out.mkdir(parents=True, exist_ok=True)


def releases_text(releases: Mapping[str, datetime]) -> str:
    """The content of models.json."""
    told = [{"model": model, "released_at": when.isoformat()} for model, when in sorted(releases.items())]
    return json.dumps(told, indent=1) + "\n"
