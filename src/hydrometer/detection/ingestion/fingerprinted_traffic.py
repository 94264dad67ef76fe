"""Traffic in any format to Parquet parts without texts."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from hydrometer.contract import ACCOUNTS, FOLD_KEY, TRAFFIC, InputError
from hydrometer.detection.run_recorder import RunRecorder
from hydrometer.files import write_whole
from hydrometer.fingerprint import FOLD_VERSION, Fingerprinter, SiteKey
from hydrometer.sources import Rejects, TrafficTables, open_tables, open_traffic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from hydrometer.contract import Engine, Progress, Settings
    from hydrometer.sources import FileTraffic, TableTraffic

REJECTED = "rejected.jsonl"
ROW_GROUP = 65_536


@dataclass(frozen=True, slots=True)
class FingerprintSummary:
    """What `fingerprint` wrote: rows by table and rejected rows by reason."""

    rows: dict[str, int]
    rejected: dict[str, int]


@dataclass(frozen=True)
class ReadRequest:
    """What a command was asked to read, and with which secret.

    `traffic` is a path, tables or, for the engine `spark`, whatever Spark reads (docs/spark.md); `session` is a Spark
    session that exists already.
    """

    traffic: Path | str | TrafficTables
    site_key: Path | None
    mapping: Path | None
    source: str | None
    session: object | None = None


class TrafficReading(Protocol):
    """Opened traffic, and what reading it tells: `accounts`, and `columns` that held a value, are known after reading."""

    accounts: pa.Table
    columns: frozenset[str]

    @property
    def traffic(self) -> FileTraffic | TableTraffic:
        """What is read."""
        ...

    def fingerprint_into(self, engine: Engine, recorder: RunRecorder) -> None:
        """Fingerprint all exchanges into the engine's table `traffic`, and the accounts into its table `accounts`."""

    def texts(self, ids: pa.Array) -> Iterator[pa.RecordBatch]:
        """Yield the exchanges of these ids with their texts, perhaps among others."""
        ...


@dataclass
class FileReading:
    """Traffic in files or tables that this process reads; `folder` takes what it makes of them, `rejected` the rejected rows."""

    traffic: FileTraffic | TableTraffic
    folder: Path
    rejected: Path
    key: SiteKey
    accounts: pa.Table = field(default_factory=ACCOUNTS.schema.empty_table)
    columns: frozenset[str] = frozenset()

    def fingerprint_into(self, engine: Engine, recorder: RunRecorder) -> None:
        """Fingerprint all exchanges into the engine's table `traffic`, and the accounts into its table `accounts`."""
        fingerprint_to_parquet(self.folder, self, recorder)
        engine.view("traffic", self.folder / "traffic" / "*.parquet")
        engine.add_table("accounts", self.accounts)

    def texts(self, ids: pa.Array) -> Iterator[pa.RecordBatch]:  # noqa: ARG002 - they are read from end to end
        """Return all exchanges with their texts."""
        return self.traffic.batches(Rejects())


def open_reading(request: ReadRequest, folder: Path, rejected: Path, settings: Settings) -> FileReading:
    """Open files or tables, and the site key.

    Raises:
        InputError: nothing to read, or an unusable key or mapping.
    """
    traffic: FileTraffic | TableTraffic
    if isinstance(request.traffic, TrafficTables):
        traffic = open_tables(request.traffic, settings=settings.read, mapping=request.mapping)
    else:
        traffic = open_traffic(
            Path(request.traffic), settings=settings.read, source=request.source, mapping=request.mapping
        )
    return FileReading(traffic, folder, rejected, load_site_key(request))


def load_site_key(request: ReadRequest) -> SiteKey:
    """Return the key that is asked for, else that of this user; raises InputError where it is unusable."""
    return SiteKey.load_or_create(request.site_key or locate_default_site_key())


def locate_default_site_key() -> Path:
    """Return where the site key is kept when none is named."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "hydrometer" / "site.key"


def fingerprint_to_parquet(folder: Path, reading: FileReading, recorder: RunRecorder) -> None:
    """Fingerprint all exchanges into `folder`/traffic, and read the accounts."""
    settings = recorder.settings
    sketched = reading.traffic.fingerprinted
    fingerprinter = None if sketched else Fingerprinter(settings.fingerprint, reading.key, threads=settings.cores)
    parts = folder / "traffic"
    parts.mkdir()
    schema = TRAFFIC.schema.with_metadata({FOLD_KEY: ",".join(_list_fold_versions(reading)).encode()})
    with Rejects(reading.rejected) as rejects:
        with pq.ParquetWriter(parts / "part.parquet", schema, compression="zstd", compression_level=1) as writer:
            for batch in reading.traffic.batches(rejects):
                writer.write_batch(
                    fingerprinter.fingerprint_batch(batch) if fingerprinter else batch, row_group_size=ROW_GROUP
                )
                recorder.advance(batch.num_rows)
        reading.accounts = reading.traffic.accounts(rejects)
    record_reading(reading, rejects, recorder)
    if fingerprinter is not None:
        recorder.caps += describe_cuts(fingerprinter.counts, settings)


def record_reading(reading: TrafficReading, rejects: Rejects, recorder: RunRecorder) -> None:
    """Note what reading left out, and which columns it saw."""
    recorder.inputs = reading.traffic.inputs
    recorder.rejected, recorder.repaired, recorder.notes = rejects.counts, rejects.repaired, rejects.notes
    for name in sorted(rejects.ignored_columns):
        recorder.notes[f"column not in the contract, ignored: {name}"] = 1
    filled_columns = frozenset(rejects.filled_columns)
    sketched = reading.traffic.fingerprinted
    versions = _list_fold_versions(reading)
    if versions:
        recorder.versions["fold of texts"] = ", ".join(versions)
    if versions not in ([], [str(FOLD_VERSION)]):
        recorder.notes[
            f"fingerprints of fold {', '.join(versions)} (this version folds as {FOLD_VERSION}; 0 is without, or not told): "
            "texts with look-alike or adorned letters match none of ours; fingerprint the logs again to compare them"
        ] = 1
    if sketched and "exchanges.sketch" in filled_columns:
        filled_columns |= {"exchanges.prompt"}
    reading.columns = filled_columns
    recorder.record_absent_columns(filled_columns, texts=not sketched)


def _list_fold_versions(reading: TrafficReading) -> list[str]:
    """Return by which versions of the fold the fingerprints are made; none where it is not told."""
    return sorted(reading.traffic.fold_versions) if reading.traffic.fingerprinted else [str(FOLD_VERSION)]


def describe_cuts(counts: Mapping[str, int], settings: Settings) -> list[str]:
    """Return what fingerprinting cut, in words; `counts` as of `Fingerprinter`."""
    messages = []
    if texts := counts["texts_cut"]:
        messages.append(
            f"{texts:,} texts were read to {settings.fingerprint.max_words:,} words (fingerprint.max_words)"
        )
    if sketches := counts["sketches_capped"]:
        messages.append(f"{sketches:,} sketches kept {settings.fingerprint.max_sketch} hashes (fingerprint.max_sketch)")
    return messages


def write_fingerprint_folder(
    request: ReadRequest, out: Path, settings: Settings, progress: Progress
) -> FingerprintSummary:
    """Write traffic without texts to `out`: exchanges.parquet, accounts.parquet, models.json, rejected.jsonl.

    Raises:
        InputError: unusable traffic, or `out` holds files already.
    """
    make_new_folder(out)
    reading = open_reading(request, out, out / REJECTED, settings)
    recorder = RunRecorder(settings, progress)
    with recorder.stage("read and fingerprint", reading.traffic.rows_hint):
        fingerprint_to_parquet(out, reading, recorder)
    (out / "traffic" / "part.parquet").rename(out / "exchanges.parquet")
    (out / "traffic").rmdir()
    pq.write_table(reading.accounts, out / "accounts.parquet", compression="zstd")
    write_whole(out / "models.json", format_releases(reading.traffic.releases).encode())
    rows = {"exchanges": pq.read_metadata(out / "exchanges.parquet").num_rows, "accounts": reading.accounts.num_rows}
    return FingerprintSummary(rows, recorder.rejected)


def make_new_folder(out: Path) -> None:
    """Make the folder; raises InputError where it is there and holds something."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("is not an empty folder", file=str(out), mend="Name a new folder.")
    out.mkdir(parents=True, exist_ok=True)


def format_releases(releases: Mapping[str, datetime]) -> str:
    """Return the content of models.json."""
    rows = [{"model": model, "released_at": when.isoformat()} for model, when in sorted(releases.items())]
    return json.dumps(rows, indent=1) + "\n"
