"""Which engine runs, who reads for it and how it measures: chosen here, by the setting `engine`, and nowhere else."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hydrometer.detection.ingestion.fingerprinted_traffic import FileReading, open_reading, write_fingerprint_folder
from hydrometer.detection.population_measurement import measure_by_account_store, measure_by_steps
from hydrometer.engines import DuckEngine
from hydrometer.files import require_extra

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from hydrometer.contract import Engine, Progress, Settings, SqlStep
    from hydrometer.detection.ingestion.fingerprinted_traffic import FingerprintSummary, ReadRequest, TrafficReading
    from hydrometer.detection.population_measurement import MeasuredPopulation
    from hydrometer.detection.run_recorder import RunRecorder


@contextmanager
def open_backend(
    request: ReadRequest, folder: Path, rejected: Path, recorder: RunRecorder
) -> Iterator[tuple[Engine, TrafficReading]]:
    """Open the traffic and the engine; `folder` is theirs, `rejected` takes the rejected rows.

    Raises:
        InputError: unusable traffic, key, mapping or settings; the engine is not there.
    """
    settings = recorder.settings
    if settings.engine == "spark":
        with _import_spark().open_spark(request, folder, rejected, recorder) as pair:
            yield pair
        return
    reading = open_reading(request, folder, rejected, settings)
    with DuckEngine(folder, memory=settings.memory, threads=settings.cores) as engine:
        yield engine, reading


def measure_traffic(engine: Engine, reading: TrafficReading, recorder: RunRecorder) -> MeasuredPopulation:
    """Read the traffic that was opened and measure it.

    Raises:
        InputError: a file is damaged, or more must come to one place than the settings allow.
    """
    if recorder.settings.engine == "embedded" and isinstance(reading, FileReading):
        return measure_by_account_store(engine, reading, recorder)
    return measure_by_steps(engine, reading, recorder)


def fingerprint_traffic(
    request: ReadRequest, out: Path | str, settings: Settings, progress: Progress
) -> FingerprintSummary:
    """Write traffic without texts.

    Raises:
        InputError: unusable traffic or place; the engine is not there.
    """
    if settings.engine == "spark":
        summary: FingerprintSummary = _import_spark().write_fingerprints(request, str(out), settings, progress)
        return summary
    return write_fingerprint_folder(request, Path(out), settings, progress)


def translate_steps(steps: list[SqlStep], settings: Settings) -> list[SqlStep]:
    """Return the steps in the dialect of the engine.

    Raises:
        InputError: the engine is not there.
    """
    if settings.engine == "spark":
        translated: list[SqlStep] = _import_spark().translate_steps(steps)
        return translated
    return steps


def _import_spark() -> ModuleType:
    with require_extra("spark", "the engine spark", file="settings", column="engine"):
        from hydrometer.detection.ingestion import spark_reading  # late: an extra
    return spark_reading
