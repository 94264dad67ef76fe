"""Keeps account of a run: what was read, what was off, what each stage took."""

from __future__ import annotations

import platform
import resource
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hydrometer import __version__
from hydrometer.contract import ACCOUNTS, EXCHANGES, RunRecord, SkippedSignal, StageUsage, micros_to_datetime
from hydrometer.detection.campaigns.group_scoring import CAUSE_CAP, HARVEST_CAP, compute_attainable_bits
from hydrometer.detection.campaigns.score_calibration import FULL, load_calibration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hydrometer.contract import Progress, Settings
    from hydrometer.detection.population.population import Population
    from hydrometer.detection.signals.signal import Signal

LIBRARIES = ("duckdb", "numba", "numpy", "pyarrow", "scipy")


@dataclass(frozen=True)
class SignalSelection:
    """The signals that run, and the most bits of coordination that they can give."""

    active: list[Signal]
    attainable: float


class RunRecorder:
    """Gathers what run.json tells."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.settings, self.progress = settings, progress
        self.inputs: list[str] = []
        self.versions: dict[str, str] = {}
        """Versions of what only this run uses: its engine, and the packages of the plug-ins that were on."""
        self.rows: dict[str, int] = {}
        self.rejected: dict[str, int] = {}
        self.repaired: dict[str, int] = {}
        self.notes: dict[str, int] = {}
        self.caps: list[str] = []
        self.absent_columns: list[str] = []
        self._signals_off: list[SkippedSignal] = []
        self._stages: list[StageUsage] = []
        self._peak_memory_mb = 0.0
        self._started_at = datetime.now(UTC)
        self._first_exchange: datetime | None = None
        self._last_exchange: datetime | None = None
        self._attainable = FULL
        self._stage_rows = 0

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[None]:
        """Time a stage; rows are what `advance` counted."""
        self.progress.stage(name, total)
        self._stage_rows, wall_start, cpu_start = 0, time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            seconds, cpu = time.perf_counter() - wall_start, time.process_time() - cpu_start
            # Linux counts by processor and adds up late, so that a peak may be told a little lower afterwards.
            self._peak_memory_mb = max(self._peak_memory_mb, read_peak_memory_mb())
            self._stages.append(
                StageUsage(
                    name=name,
                    seconds=round(seconds, 3),
                    cpu_seconds=round(cpu, 3),
                    rows=self._stage_rows,
                    peak_memory_mb=self._peak_memory_mb,
                )
            )

    def advance(self, rows: int) -> None:
        """So many more rows of the current stage are done."""
        self._stage_rows += rows
        self.progress.advance(rows)

    def stage_progress(self) -> Progress:
        """Return what a stage tells its progress to, so that its rows count in run.json too."""
        return _RecordingProgress(self)

    def record_population(self, population: Population, read: int) -> None:
        """Note what the traffic holds."""
        exchanges = int(population.events.time.size)
        self.rows.update(exchanges=exchanges, accounts=population.size, organisations=len(population.orgs))
        self.rows["exchanges that repeat an id"] = read - exchanges
        if exchanges:
            self._first_exchange, self._last_exchange = (
                micros_to_datetime(population.start),
                micros_to_datetime(population.end),
            )

    def record_absent_columns(self, filled_columns: frozenset[str], *, texts: bool) -> None:
        """Note which optional columns never held a value; texts are not missed where fingerprints stand for them."""
        for table in (EXCHANGES, ACCOUNTS):
            for column in table.columns:
                name = f"{table.name}.{column.name}"
                stands_in = not texts and column.name in ("system_prompt", "prompt")
                if not column.needed and name not in filled_columns and not stands_in:
                    self.absent_columns.append(name)

    def select_signals(self, every: list[Signal], columns: frozenset[str]) -> SignalSelection:
        """Return the signals that are on; note the others."""
        without = self.settings.campaigns.without
        off = [(signal, _find_exclusion(signal, without) or signal.check_columns(columns)) for signal in every]
        self._signals_off = [why for _, why in off if why is not None]
        on = [signal for signal, why in off if why is None]
        self.versions |= {f"signal {signal.name}": signal.origin for signal in on if signal.origin}
        self._attainable = compute_attainable_bits(_collect_caps(on), _collect_caps(every))
        return SignalSelection(on, self._attainable)

    def build_run(self, status: str) -> RunRecord:
        """Return the run as it ended."""
        calibration = load_calibration()
        return RunRecord(
            version=__version__,
            versions={
                "python": platform.python_version(),
                **{name: version(name) for name in LIBRARIES},
                **self.versions,
            },
            started_at=self._started_at,
            status=status,
            seed=self.settings.seed,
            settings=msgspec.to_builtins(self.settings),
            inputs=self.inputs,
            rows=self.rows,
            rejected=self.rejected,
            repaired=self.repaired,
            notes=self.notes,
            absent_columns=self.absent_columns,
            signals_off=self._signals_off,
            caps=self.caps,
            stages=self._stages,
            calibration={**calibration.provenance, "cause_caps": {**CAUSE_CAP, "harvest": HARVEST_CAP}},
            first_exchange=self._first_exchange,
            last_exchange=self._last_exchange,
            thresholds={
                "coordination": round(calibration.middle(self._attainable), 3),
                "operation": round(calibration.operation_bound(self._attainable), 3),
                "harvest": calibration.harvest_middle,
                "probability": self.settings.campaigns.report_probability,
            },
        )


def _collect_caps(signals: list[Signal]) -> list[tuple[str, float]]:
    return [(signal.cause or signal.name, signal.cap) for signal in signals if signal.axis == "coordination"]


class _RecordingProgress:
    """A stage's progress, passed on to the recorder of the run."""

    def __init__(self, recorder: RunRecorder) -> None:
        self._recorder = recorder

    def stage(self, name: str, total: int | None = None) -> None:
        """Pass on: a stage within a stage."""
        self._recorder.progress.stage(name, total)

    def advance(self, rows: int) -> None:
        """Count."""
        self._recorder.advance(rows)

    def note(self, message: str) -> None:
        """Pass on."""
        self._recorder.progress.note(message)


def read_peak_memory_mb() -> float:
    """Return the most memory that the process held so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # ru_maxrss is inherited from the parent on Linux; this is the process's own.
        for line in status.read_text("ascii", "replace").splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1e3, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)


def _find_exclusion(signal: Signal, families: Sequence[str]) -> SkippedSignal | None:
    if signal.axis != "coordination" or signal.family not in families:
        return None
    return SkippedSignal(signal=signal.name, why=f"settings leave out {signal.family}", costs=signal.costs)
