"""Which engine runs, who reads for it and how it measures: chosen here, by the setting `engine`, and nowhere else."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hydrometer.contract.errors import InputError
from hydrometer.engines.duckdb import DuckEngine
from hydrometer.flow.measuring import by_ledger, by_steps
from hydrometer.flow.reading import FileReading, open_reading, write_fingerprints

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from hydrometer.contract.engine import Engine
    from hydrometer.contract.progress import Progress
    from hydrometer.contract.settings import Settings
    from hydrometer.contract.step import Step
    from hydrometer.flow.account import Account
    from hydrometer.flow.measuring import Measured
    from hydrometer.flow.reading import Asked, FingerprintSummary, Reading


@contextmanager
def opened(asked: Asked, folder: Path, rejected: Path, account: Account) -> Iterator[tuple[Engine, Reading]]:
    """Open the traffic and the engine; `folder` is theirs, `rejected` takes the rejected rows.

    Raises:
        InputError: unusable traffic, key, mapping or settings; the engine is not there.
    """
    settings = account.settings
    if settings.engine == "spark":
        with _spark().opened(asked, folder, rejected, account) as pair:
            yield pair
        return
    reading = open_reading(asked, folder, rejected, settings)
    with DuckEngine(folder, memory=settings.memory, threads=settings.cores) as engine:
        yield engine, reading


def measure(engine: Engine, reading: Reading, account: Account) -> Measured:
    """Read the traffic that was opened and measure it.

    Raises:
        InputError: a file is damaged, or more must come to one place than the settings allow.
    """
    if account.settings.engine == "embedded" and isinstance(reading, FileReading):
        return by_ledger(engine, reading, account)
    return by_steps(engine, reading, account)


def written(asked: Asked, out: Path | str, settings: Settings, progress: Progress) -> FingerprintSummary:
    """Write traffic without texts.

    Raises:
        InputError: unusable traffic or place; the engine is not there.
    """
    if settings.engine == "spark":
        summary: FingerprintSummary = _spark().write_fingerprints(asked, str(out), settings, progress)
        return summary
    return write_fingerprints(asked, Path(out), settings, progress)


def explained(steps: list[Step], settings: Settings) -> list[Step]:
    """The steps in the dialect of the engine.

    Raises:
        InputError: the engine is not there.
    """
    if settings.engine == "spark":
        told: list[Step] = _spark().explained(steps)
        return told
    return steps


def _spark() -> ModuleType:
    try:
        from hydrometer.flow import spark  # late: an extra
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("pyspark", "py4j", "sqlglot"):
            raise
        raise InputError(
            f"the engine spark needs {error.name}, which is not installed",
            file="settings",
            column="engine",
            mend="Run: pip install 'hydrometer[spark]'.",
        ) from None
    return spark
