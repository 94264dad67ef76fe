"""Keeps account of a run: what was read, what was off, what each stage took."""

from __future__ import annotations

import platform
import resource
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hydrometer import __version__
from hydrometer.campaigns.calibration import FULL, load_calibration
from hydrometer.campaigns.judge import FAMILY_CAP, HARVEST_CAP, attainable_bits
from hydrometer.contract.accounts import ACCOUNTS
from hydrometer.contract.exchanges import EXCHANGES
from hydrometer.contract.moment import moment
from hydrometer.contract.results import Off, Run, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hydrometer.contract.population import Population
    from hydrometer.contract.progress import Progress
    from hydrometer.contract.settings import Settings
    from hydrometer.signals.signal import Signal

LIBRARIES = ("duckdb", "numba", "numpy", "pyarrow", "scipy")


class Account:
    """Gathers what run.json tells."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.settings, self.progress = settings, progress
        self.inputs: list[str] = []
        self.versions: dict[str, str] = {}
        """Versions of what only this run's engine uses."""
        self.rows: dict[str, int] = {}
        self.rejected: dict[str, int] = {}
        self.repaired: dict[str, int] = {}
        self.notes: dict[str, int] = {}
        self.caps: list[str] = []
        self.absent: list[str] = []
        self._off: list[Off] = []
        self._stages: list[Stage] = []
        self._peak = 0.0
        self._begun = datetime.now(UTC)
        self._first: datetime | None = None
        self._last: datetime | None = None
        self.attainable = FULL
        self._done = 0

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[None]:
        """Time a stage; rows are what `advance` counted."""
        self.progress.stage(name, total)
        self._done, begun, spent = 0, time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            seconds, cpu = time.perf_counter() - begun, time.process_time() - spent
            # Linux counts by processor and adds up late, so that a peak may be told a little lower afterwards.
            self._peak = max(self._peak, peak_memory_mb())
            self._stages.append(
                Stage(
                    name=name,
                    seconds=round(seconds, 3),
                    cpu_seconds=round(cpu, 3),
                    rows=self._done,
                    peak_memory_mb=self._peak,
                )
            )

    def advance(self, rows: int) -> None:
        """So many more rows of the current stage are done."""
        self._done += rows
        self.progress.advance(rows)

    def stage_progress(self) -> Progress:
        """What a stage tells its progress to, so that its rows count in run.json too."""
        return _Counting(self)

    def measured(self, population: Population, read: int) -> None:
        """Note what the traffic holds."""
        exchanges = int(population.events.time.size)
        self.rows.update(exchanges=exchanges, accounts=population.size, organisations=len(population.orgs))
        self.rows["exchanges that repeat an id"] = read - exchanges
        if exchanges:
            self._first, self._last = moment(population.start), moment(population.end)

    @property
    def span(self) -> tuple[datetime | None, datetime | None]:
        """First and last exchange of the traffic; None where it has none."""
        return self._first, self._last

    def columns(self, seen: frozenset[str], *, texts: bool) -> None:
        """Note which optional columns never held a value; texts are not missed where fingerprints stand for them."""
        for table in (EXCHANGES, ACCOUNTS):
            for column in table.columns:
                name = f"{table.name}.{column.name}"
                stands_in = not texts and column.name in ("system_prompt", "prompt")
                if not column.needed and name not in seen and not stands_in:
                    self.absent.append(name)

    def signals(self, every: list[Signal], columns: frozenset[str]) -> list[Signal]:
        """The signals that are on; notes the others."""
        without = self.settings.campaigns.without
        off = [(signal, _left_out(signal, without) or signal.off(columns)) for signal in every]
        self._off = [why for _, why in off if why is not None]
        on = [signal for signal, why in off if why is None]
        self.attainable = attainable_bits(_caps(on), _caps(every))
        return on

    def closed(self, status: str) -> Run:
        """The run as it ended."""
        calibration = load_calibration()
        return Run(
            version=__version__,
            versions={
                "python": platform.python_version(),
                **{name: version(name) for name in LIBRARIES},
                **self.versions,
            },
            started_at=self._begun,
            status=status,
            seed=self.settings.seed,
            settings=msgspec.to_builtins(self.settings),
            inputs=self.inputs,
            rows=self.rows,
            rejected=self.rejected,
            repaired=self.repaired,
            notes=self.notes,
            absent_columns=self.absent,
            signals_off=self._off,
            caps=self.caps,
            stages=self._stages,
            calibration={**calibration.provenance, "family_caps": {**FAMILY_CAP, "harvest": HARVEST_CAP}},
            first_exchange=self._first,
            last_exchange=self._last,
            thresholds={
                "coordination": round(calibration.middle(self.attainable), 3),
                "harvest": calibration.harvest_middle,
                "probability": self.settings.campaigns.report_probability,
            },
        )


def _caps(signals: list[Signal]) -> list[tuple[str, float]]:
    return [(signal.family, signal.cap) for signal in signals if signal.axis == "coordination"]


class _Counting:
    """Passes a stage's progress on to the account of the run."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def stage(self, name: str, total: int | None = None) -> None:
        """Pass on: a stage within a stage."""
        self._account.progress.stage(name, total)

    def advance(self, rows: int) -> None:
        """Count."""
        self._account.advance(rows)

    def note(self, message: str) -> None:
        """Pass on."""
        self._account.progress.note(message)


def peak_memory_mb() -> float:
    """Most memory that the process held so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # ru_maxrss is inherited from the parent on Linux; this is the process's own.
        for line in status.read_text("ascii", "replace").splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1e3, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)


def _left_out(signal: Signal, families: Sequence[str]) -> Off | None:
    if signal.axis != "coordination" or signal.family not in families:
        return None
    return Off(signal=signal.name, why=f"settings leave out {signal.family}", costs=signal.costs)
