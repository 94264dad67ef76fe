"""Reading and fingerprinting on Spark: the texts are read where they lie, and stop there."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from hydrometer.contract.accounts import ACCOUNTS
from hydrometer.contract.errors import InputError
from hydrometer.engines.dialect import spark_query
from hydrometer.engines.spark import SparkEngine
from hydrometer.engines.spark_source import SparkSource, kind_of, local_globs
from hydrometer.fingerprint import Fingerprinter
from hydrometer.flow.account import Account
from hydrometer.flow.reading import (
    REJECTED,
    FingerprintSummary,
    cuts,
    load_site_key,
    new_folder,
    releases_text,
    settle,
)
from hydrometer.flow.spark_task import READ_SCHEMA, TEXT_SCHEMA, TOLD, ReadTask, TextTask, told
from hydrometer.sources import ForeignTable, Rejects, TableTraffic, open_traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from hydrometer.contract.engine import Engine
    from hydrometer.contract.progress import Progress
    from hydrometer.contract.settings import Settings
    from hydrometer.contract.step import Step
    from hydrometer.flow.reading import Asked
    from hydrometer.sources import Conforming, Traffic


@contextmanager
def opened(asked: Asked, folder: Path, rejected: Path, account: Account) -> Iterator[tuple[SparkEngine, SparkReading]]:
    """Open Spark and the traffic; `rejected` takes the rejected rows.

    Raises:
        InputError: Spark does not start, or the traffic, key, mapping or settings are unusable.
    """
    session: Any = asked.session
    with SparkEngine(folder / "spark", account.settings, session) as engine:
        account.versions |= engine.versions
        yield engine, SparkReading(asked, engine, folder, rejected, account.settings)
    if engine.left_over:
        account.notes[f"work folder that could not be removed from here: {engine.left_over}"] = 1


class SparkReading:
    """Traffic that Spark reads: Parquet files and folders, or tables of the session."""

    def __init__(self, asked: Asked, engine: SparkEngine, folder: Path, rejected: Path, settings: Settings) -> None:
        """`folder` holds small files for the time of the run; `rejected` takes the rejected rows.

        Raises:
            InputError: nothing to read, a format that Spark does not read, or an unusable key or mapping.
        """
        if asked.source not in (None, "canonical"):
            raise InputError(
                f"--source {asked.source} is not read with the engine spark",
                mend="Turn the logs into Parquet with `hydrometer fingerprint` first, or use --engine embedded.",
            )
        self._engine, self._rejected = engine, rejected
        self._key = load_site_key(asked)
        place, local = str(asked.traffic), Path(asked.traffic)
        self.traffic: Traffic | TableTraffic
        if not kind_of(place)[0] and local.exists() and not settings.spark.accounts:
            traffic = open_traffic(local, settings=settings.read, source=asked.source, mapping=asked.mapping)
            self._conforming, files = traffic.elsewhere(Rejects())
            self._sources = _of_files(engine, files)
            self.traffic = traffic
        else:
            source, accounts, releases = _of_place(engine, place, settings, folder)
            self._sources = [source]
            self.traffic = TableTraffic(
                _foreign(engine, source),
                _foreign(engine, accounts) if accounts else None,
                releases=releases,
                settings=settings.read,
                mapping=asked.mapping,
            )
            self._conforming = self.traffic.conforming
        self.accounts: pa.Table = ACCOUNTS.schema.empty_table()
        self.columns: frozenset[str] = frozenset()
        if not self.traffic.fingerprinted:
            # Faulty settings are told here, not by a worker.
            Fingerprinter(settings.fingerprint, self._key)

    def into(self, engine: Engine, account: Account) -> None:  # noqa: ARG002 - the engine that it was opened with
        """Fingerprint all exchanges into the engine's table `traffic`, and the accounts into its table `accounts`."""
        settings, traffic = account.settings, self.traffic
        task = ReadTask(self._conforming, None if traffic.fingerprinted else settings.fingerprint, self._key)
        counts = {"texts_cut": 0, "sketches_capped": 0}
        with Rejects(self._rejected) as rejects:
            if not isinstance(traffic, TableTraffic):
                traffic.elsewhere(rejects)
            self._engine.mapped("read", self._narrow(self._conforming), task, READ_SCHEMA)
            for tale in self._tales():
                rejects.add(tale.rejects)
                traffic.saw(tale.seen)
                for name in counts:
                    counts[name] += tale.cut.get(name, 0)
            self._engine.name("traffic", f"SELECT * EXCLUDE ({TOLD}) FROM read WHERE {TOLD} IS NULL")
            account.advance(self._engine.count("traffic"))
            self.accounts = traffic.accounts(rejects)
        self._engine.put("accounts", self.accounts)
        settle(self, rejects, account)
        account.caps += cuts(counts, settings)

    def texts(self, ids: pa.Array) -> Iterator[pa.RecordBatch]:
        """The exchanges of these ids with their texts."""
        task = TextTask(self._conforming, frozenset(ids.to_pylist()))
        found = self._engine.gathered(self._narrow(self._conforming), task, TEXT_SCHEMA)
        yield from found.to_batches()

    def _narrow(self, conforming: Conforming) -> list[SparkSource]:
        return [source.of(conforming.wanted) for source in self._sources]

    def _tales(self) -> list[Any]:
        """What the tasks told, in an order that does not depend on which came first."""
        texts = self._engine.arrow(f"SELECT {TOLD} FROM read WHERE {TOLD} IS NOT NULL")[TOLD].to_pylist()
        return [told(text) for text in sorted(texts)]


def _of_files(engine: SparkEngine, files: list[Path]) -> list[SparkSource]:
    """The files of this machine, those of one schema together: Spark reads several files as one table."""
    alike: dict[str, list[Path]] = {}
    for file in files:
        alike.setdefault(str(pq.read_schema(file).remove_metadata()), []).append(file)
    sources = []
    for paths in alike.values():
        found = engine.files([f"file://{path}" for path in local_globs(paths)], merge=False)
        if found is None:
            raise InputError(
                "the workers of Spark do not see it", file=str(paths[0]), mend="Put it where all machines see it."
            )
        sources.append(found)
    return sources


def _of_place(
    engine: SparkEngine, place: str, settings: Settings, folder: Path
) -> tuple[SparkSource, SparkSource | None, Path | None]:
    """Exchanges, accounts and releases of a place that only Spark knows."""
    accounts = engine.table(settings.spark.accounts) if settings.spark.accounts else None
    if kind_of(place)[0]:
        return engine.table(place), accounts, None
    base = place.rstrip("/")
    exchanges = engine.files([f"{base}/exchanges*"], merge=True)
    if exchanges is None:
        exchanges = engine.files([place], merge=True)
    if exchanges is None:
        raise InputError(
            "no such file or folder, and no table", file=place,
            mend="Name a folder with exchanges*.parquet, a Parquet folder, or table:NAME, delta:PLACE or iceberg:PLACE.",
        )  # fmt: skip
    accounts = accounts or engine.files([f"{base}/accounts*"], merge=True)
    text = engine.text(f"{base}/models.json")
    if text is None:
        return exchanges, accounts, None
    releases = folder / "models.json"
    releases.write_text(text, "utf-8")
    return exchanges, accounts, releases


def _foreign(engine: SparkEngine, source: SparkSource) -> ForeignTable:
    return ForeignTable(source.place, source.columns, lambda wanted: engine.rows(source.of(wanted)).to_batches())


def write_fingerprints(asked: Asked, out: str, settings: Settings, progress: Progress) -> FingerprintSummary:
    """Write traffic without texts to a folder of this machine, to a folder that Spark knows, or to tables.

    Raises:
        InputError: unusable traffic, or `out` holds something already.
    """
    account = Account(settings, progress)
    here = not kind_of(out)[0] and "://" not in out
    if here:
        new_folder(Path(out))
    with TemporaryDirectory(prefix="hydrometer-") as temporary:
        folder = Path(temporary)
        rejected = (Path(out) if here else folder) / REJECTED
        with opened(asked, folder, rejected, account) as (engine, reading):
            if here and not engine.local:
                raise InputError(
                    "is a folder of this machine, and Spark runs on several", file=out,
                    mend="Name the place with its scheme, such as s3://bucket/prints or file:///shared/prints.",
                )  # fmt: skip
            with account.stage("read and fingerprint", reading.traffic.rows_hint):
                reading.into(engine, account)
            rows = _saved(engine, out)
            _save_rest(engine, reading, out, rejected, here=here)
    return FingerprintSummary(rows, account.rejected)


def _saved(engine: SparkEngine, out: str) -> dict[str, int]:
    kind, place = kind_of(out)
    if kind == "table":
        places = {"traffic": out, "accounts": f"{out}_accounts"}
    elif kind in ("", "parquet"):
        places = {
            "traffic": f"{place.rstrip('/')}/exchanges.parquet",
            "accounts": f"{place.rstrip('/')}/accounts.parquet",
        }
    else:
        places = {"traffic": f"{out.rstrip('/')}/exchanges", "accounts": f"{out.rstrip('/')}/accounts"}
    return {
        "exchanges": engine.saved("traffic", places["traffic"]),
        "accounts": engine.saved("accounts", places["accounts"]),
    }


def _save_rest(engine: SparkEngine, reading: SparkReading, out: str, rejected: Path, *, here: bool) -> None:
    """Releases and rejected rows, where there is a folder for them."""
    kind, place = kind_of(out)
    if here:
        (Path(out) / "models.json").write_text(releases_text(reading.traffic.releases), "utf-8")
    elif kind in ("", "parquet"):
        engine.write_text(f"{place.rstrip('/')}/models.json", releases_text(reading.traffic.releases))
        engine.write_text(f"{place.rstrip('/')}/{REJECTED}", rejected.read_text("utf-8"))


def explained(steps: list[Step]) -> list[Step]:
    """The steps as Spark runs them; what the engine does afterwards stands in a comment."""
    return [replace(step, sql=_explained(step.sql)) for step in steps]


def _explained(sql: str) -> str:
    query = spark_query(sql, str)
    lines = [query.sql]
    for numbering in query.numberings:
        rows = "distinct keys" if numbering.dense else "rows"
        lines.append(f"-- then {numbering.column}: {rows} numbered from 0 in the order of {', '.join(numbering.keys)}")
    return "\n".join(lines)
