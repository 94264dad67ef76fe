"""Reading and fingerprinting on Spark: the texts are read where they lie, and stop there."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from hydrometer.contract import ACCOUNTS, InputError
from hydrometer.detection.ingestion.fingerprinted_traffic import (
    REJECTED,
    FingerprintSummary,
    describe_cuts,
    format_releases,
    load_site_key,
    make_new_folder,
    record_reading,
)
from hydrometer.detection.ingestion.spark_tasks import (
    READ_SCHEMA,
    REPORT_COLUMN,
    TEXT_SCHEMA,
    ReadTask,
    TextTask,
    parse_task_report,
)
from hydrometer.detection.run_recorder import RunRecorder
from hydrometer.engines import SparkEngine, SparkSource, escape_globs, split_location, translate_to_spark
from hydrometer.files import write_whole
from hydrometer.fingerprint import Fingerprinter
from hydrometer.sources import ForeignTable, Rejects, TableTraffic, TrafficTables, open_traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from hydrometer.contract import Engine, Progress, Settings, SqlStep
    from hydrometer.detection.ingestion.fingerprinted_traffic import ReadRequest
    from hydrometer.sources import FileTraffic, SchemaCast


@contextmanager
def open_spark(
    request: ReadRequest, folder: Path, rejected: Path, recorder: RunRecorder
) -> Iterator[tuple[SparkEngine, SparkReading]]:
    """Open Spark and the traffic; `rejected` takes the rejected rows.

    Raises:
        InputError: Spark does not start, or the traffic, key, mapping or settings are unusable.
    """
    session: Any = request.session
    with SparkEngine(folder / "spark", recorder.settings, session) as engine:
        recorder.versions |= engine.versions
        yield engine, SparkReading(request, engine, folder, rejected, recorder.settings)
    if engine.left_over:
        recorder.notes[f"work folder that could not be removed from here: {engine.left_over}"] = 1


class SparkReading:
    """Traffic that Spark reads: Parquet files and folders, or tables of the session."""

    def __init__(
        self, request: ReadRequest, engine: SparkEngine, folder: Path, rejected: Path, settings: Settings
    ) -> None:
        """`folder` holds small files for the time of the run; `rejected` takes the rejected rows.

        Raises:
            InputError: nothing to read, a format that Spark does not read, or an unusable key or mapping.
        """
        if request.source not in (None, "canonical"):
            raise InputError(
                f"--source {request.source} is not read with the engine spark",
                mend="Turn the logs into Parquet with `hydrometer fingerprint` first, or use --engine embedded.",
            )
        if isinstance(request.traffic, TrafficTables):
            raise InputError(
                "tables of this process are not read with the engine spark",
                mend="Name a table of the session, such as table:NAME, or use the engine embedded.",
            )
        self._engine, self._rejected = engine, rejected
        self._key = load_site_key(request)
        location, local_path = str(request.traffic), Path(request.traffic)
        self.traffic: FileTraffic | TableTraffic
        if not split_location(location)[0] and local_path.exists() and not settings.spark.accounts:
            traffic = open_traffic(local_path, settings=settings.read, source=request.source, mapping=request.mapping)
            self._conforming, files = traffic.list_parquet_inputs(Rejects())
            self._sources = _open_files(engine, files)
            self.traffic = traffic
        else:
            source, accounts, releases = _open_location(engine, location, settings, folder)
            self._sources = [source]
            self.traffic = TableTraffic(
                _make_foreign_table(engine, source),
                _make_foreign_table(engine, accounts) if accounts else None,
                releases=releases,
                settings=settings.read,
                mapping=request.mapping,
            )
            self._conforming = self.traffic.schema_cast
        self.accounts: pa.Table = ACCOUNTS.schema.empty_table()
        self.columns: frozenset[str] = frozenset()
        if not self.traffic.fingerprinted:
            # Faulty settings are told here, not by a worker.
            Fingerprinter(settings.fingerprint, self._key)

    def fingerprint_into(self, engine: Engine, recorder: RunRecorder) -> None:  # noqa: ARG002 - the engine that it was opened with
        """Fingerprint all exchanges into the engine's table `traffic`, and the accounts into its table `accounts`."""
        settings, traffic = recorder.settings, self.traffic
        task = ReadTask(self._conforming, None if traffic.fingerprinted else settings.fingerprint, self._key)
        counts = {"texts_cut": 0, "sketches_capped": 0}
        with Rejects(self._rejected) as rejects:
            if not isinstance(traffic, TableTraffic):
                traffic.list_parquet_inputs(rejects)
            self._engine.map_batches("read", self._narrow(self._conforming), task, READ_SCHEMA)
            for report in self._read_task_reports():
                rejects.add(report.rejects)
                rejects.filled_columns |= report.filled_columns
                for name in counts:
                    counts[name] += report.cut.get(name, 0)
            self._engine.name_query(
                "traffic", f"SELECT * EXCLUDE ({REPORT_COLUMN}) FROM read WHERE {REPORT_COLUMN} IS NULL"
            )
            recorder.advance(self._engine.count("traffic"))
            self.accounts = traffic.accounts(rejects)
        self._engine.add_table("accounts", self.accounts)
        record_reading(self, rejects, recorder)
        recorder.caps += describe_cuts(counts, settings)

    def texts(self, ids: pa.Array) -> Iterator[pa.RecordBatch]:
        """Yield the exchanges of these ids with their texts."""
        task = TextTask(self._conforming, frozenset(ids.to_pylist()))
        rows = self._engine.collect_batches(self._narrow(self._conforming), task, TEXT_SCHEMA)
        yield from rows.to_batches()

    def _narrow(self, conforming: SchemaCast) -> list[SparkSource]:
        return [source.select(conforming.wanted_columns) for source in self._sources]

    def _read_task_reports(self) -> list[Any]:
        """Return what the tasks told, in an order that does not depend on which came first."""
        texts = self._engine.arrow(f"SELECT {REPORT_COLUMN} FROM read WHERE {REPORT_COLUMN} IS NOT NULL")[
            REPORT_COLUMN
        ].to_pylist()
        return [parse_task_report(text) for text in sorted(texts)]


def _open_files(engine: SparkEngine, files: list[Path]) -> list[SparkSource]:
    """Return the files of this machine, those of one schema together: Spark reads several files as one table."""
    paths_by_schema: dict[str, list[Path]] = {}
    for file in files:
        paths_by_schema.setdefault(str(pq.read_schema(file).remove_metadata()), []).append(file)
    sources = []
    for paths in paths_by_schema.values():
        source = engine.files([f"file://{path}" for path in escape_globs(paths)], merge=False)
        if source is None:
            raise InputError(
                "the workers of Spark do not see it", file=str(paths[0]), mend="Put it where all machines see it."
            )
        sources.append(source)
    return sources


def _open_location(
    engine: SparkEngine, location: str, settings: Settings, folder: Path
) -> tuple[SparkSource, SparkSource | None, Path | None]:
    """Exchanges, accounts and releases of a place that only Spark knows."""
    accounts = engine.table(settings.spark.accounts) if settings.spark.accounts else None
    if split_location(location)[0]:
        return engine.table(location), accounts, None
    base = location.rstrip("/")
    exchanges = engine.files([f"{base}/exchanges*"], merge=True)
    if exchanges is None:
        exchanges = engine.files([location], merge=True)
    if exchanges is None:
        raise InputError(
            "no such file or folder, and no table", file=location,
            mend="Name a folder with exchanges*.parquet, a Parquet folder, or table:NAME, delta:PLACE or iceberg:PLACE.",
        )  # fmt: skip
    accounts = accounts or engine.files([f"{base}/accounts*"], merge=True)
    text = engine.text(f"{base}/models.json")
    if text is None:
        return exchanges, accounts, None
    releases = folder / "models.json"
    releases.write_text(text, "utf-8")
    return exchanges, accounts, releases


def _make_foreign_table(engine: SparkEngine, source: SparkSource) -> ForeignTable:
    return ForeignTable(source.location, source.columns, lambda wanted: engine.rows(source.select(wanted)).to_batches())


def write_fingerprints(request: ReadRequest, out: str, settings: Settings, progress: Progress) -> FingerprintSummary:
    """Write traffic without texts to a folder of this machine, to a folder that Spark knows, or to tables.

    Raises:
        InputError: unusable traffic, or `out` holds something already.
    """
    recorder = RunRecorder(settings, progress)
    is_local = not split_location(out)[0] and "://" not in out
    if is_local:
        make_new_folder(Path(out))
    with TemporaryDirectory(prefix="hydrometer-") as temporary:
        folder = Path(temporary)
        rejected = (Path(out) if is_local else folder) / REJECTED
        with open_spark(request, folder, rejected, recorder) as (engine, reading):
            if is_local and not engine.local:
                raise InputError(
                    "is a folder of this machine, and Spark runs on several", file=out,
                    mend="Name the place with its scheme, such as s3://bucket/prints or file:///shared/prints.",
                )  # fmt: skip
            with recorder.stage("read and fingerprint", reading.traffic.rows_hint):
                reading.fingerprint_into(engine, recorder)
            rows = _save_tables(engine, out)
            _save_releases_and_rejects(engine, reading, out, rejected, is_local=is_local)
    return FingerprintSummary(rows, recorder.rejected)


def _save_tables(engine: SparkEngine, out: str) -> dict[str, int]:
    kind, location = split_location(out)
    if kind == "table":
        targets = {"traffic": out, "accounts": f"{out}_accounts"}
    elif kind in ("", "parquet"):
        targets = {
            "traffic": f"{location.rstrip('/')}/exchanges.parquet",
            "accounts": f"{location.rstrip('/')}/accounts.parquet",
        }
    else:
        targets = {"traffic": f"{out.rstrip('/')}/exchanges", "accounts": f"{out.rstrip('/')}/accounts"}
    return {
        "exchanges": engine.save_table("traffic", targets["traffic"]),
        "accounts": engine.save_table("accounts", targets["accounts"]),
    }


def _save_releases_and_rejects(
    engine: SparkEngine, reading: SparkReading, out: str, rejected: Path, *, is_local: bool
) -> None:
    """Save releases and rejected rows, where there is a folder for them."""
    kind, location = split_location(out)
    if is_local:
        write_whole(Path(out) / "models.json", format_releases(reading.traffic.releases).encode())
    elif kind in ("", "parquet"):
        engine.write_text(f"{location.rstrip('/')}/models.json", format_releases(reading.traffic.releases))
        engine.write_text(f"{location.rstrip('/')}/{REJECTED}", rejected.read_text("utf-8"))


def translate_steps(steps: list[SqlStep]) -> list[SqlStep]:
    """Return the steps as Spark runs them; what the engine does afterwards stands in a comment."""
    return [replace(step, sql=_format_spark_sql(step.sql)) for step in steps]


def _format_spark_sql(sql: str) -> str:
    query = translate_to_spark(sql, str)
    lines = [query.sql]
    for numbering in query.numberings:
        rows = "distinct keys" if numbering.dense else "rows"
        lines.append(f"-- then {numbering.column}: {rows} numbered from 0 in the order of {', '.join(numbering.keys)}")
    return "\n".join(lines)
