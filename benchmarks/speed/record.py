"""What a run of the benchmark measured: the file from which docs/performance.md is rendered."""

from __future__ import annotations

from pathlib import Path

import msgspec

RECORD = Path(__file__).with_name("record.json")
"""The record that docs/performance.md shows."""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a process took, from its start to its end; a compiled kernel is loaded, not compiled."""

    wall_s: float
    cpu_s: float
    """User and system time of all its threads and of the processes that it waited for."""
    peak_mb: float
    """Most resident memory of the process."""
    disk_mb: float = 0.0
    """Most that lay in the folder that was watched."""


class StageCost(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of `hydrometer detect`, as run.json tells it."""

    name: str
    wall_s: float
    cpu_s: float


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """One world, made and detected."""

    exchanges: int
    accounts: int
    lake_mb: float
    """Its fingerprints in Parquet."""
    hashes: float
    """Of a sketch, on the mean."""
    detect: Cost
    stages: list[StageCost]
    campaigns: int
    made: Cost | None = None
    """None for a world that was there."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One system at one task."""

    name: str
    does: str
    cost: Cost | None = None
    """None where the system is not installed."""
    parts: dict[str, float] = {}
    """CPU seconds of its pieces, or what it found, by name."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Several systems on the same input; the first row is Hydrometer's."""

    title: str
    input: str
    """In plain words, with its size."""
    exchanges: int
    rows: list[Row]


class Sketcher(msgspec.Struct, frozen=True, kw_only=True):
    """One maker of sketches, as benchmarks/fingerprint.py measured it."""

    name: str
    does: str
    threads: int
    prompts_a_cpu_s: float | None
    """None where it is not installed."""


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes an exchange, and the cost of reading it and of making its fingerprint."""

    rows: int
    text_bytes: int
    """Of a prompt."""
    jsonl_bytes: float
    """Of an exchange with its prompt and all other columns, as a line of JSON."""
    lake_bytes: float
    """Of its fingerprint in Parquet."""
    hashes: float
    """Of its sketch."""
    read_us: float
    """CPU µs to read the line."""
    fingerprint_us: float
    """CPU µs to make the fingerprint."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where figures come from."""

    date: str
    command: str
    machine: dict[str, str]
    versions: dict[str, str]


class Record(msgspec.Struct, kw_only=True):
    """Everything that was measured; a part that was not is empty."""

    of: dict[str, Provenance] = {}
    """By part."""
    sizes: list[Size] = []
    tasks: dict[str, Task] = {}
    """By part."""
    sketchers: list[Sketcher] = []
    texts: list[Texts] = []
    """By length of the prompt, ascending."""


def load(path: Path) -> Record:
    """Read a record; an empty one where there is none."""
    return msgspec.json.decode(path.read_bytes(), type=Record) if path.exists() else Record()


def save(record: Record, path: Path) -> None:
    """Write a record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
