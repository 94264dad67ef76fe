"""What a day's traffic needs, computed from what was measured: bytes, cores, memory, and what is full first.

Nothing here is a measurement. CPU time of a stage is carried on from the largest world, in proportion or with the fitted
exponent where that is higher; what no stage counts, and memory, along a fitted line; bytes in proportion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from speed.curve import Line, Power, line, power

if TYPE_CHECKING:
    from collections.abc import Callable

    from speed.record import Record, Size, Texts

DAY = 86_400
"""Seconds."""
BILLION = 1_000_000_000
KEPT_DAYS = 30
"""Of fingerprints."""
WINDOWS = (1, 7, 30)
"""Days of traffic that a daily detection looks at."""
SERIAL = ("link and test",)
"""Stages that are reckoned as if they used one core; the others use all."""
REST = "start, report, writing"
"""What no stage counts; most of it does not grow."""
MOST = 10**18
"""Exchanges that no limit is looked for beyond."""


class Server(NamedTuple):
    """A machine that is assumed, of cores as fast as those measured."""

    cores: int = 64
    memory_gb: float = 512
    disk_tb: float = 16


class Limit(NamedTuple):
    """Exchanges a day at which one resource of a server is full."""

    stage: str
    resource: str
    exchanges_a_day: float


class Window(NamedTuple):
    """A daily detection over so many days of traffic."""

    days: int
    exchanges: float
    cpu_hours: float
    longest_hours: float
    """Of the stages that are reckoned on one core."""
    memory_gb: float
    spill_gb: float


class Model(NamedTuple):
    """Costs as functions of the number of exchanges."""

    texts: Texts
    stages: dict[str, Power]
    rest: Line
    """CPU seconds of starting, reporting and writing."""
    memory: Line
    lake_bytes: float
    """An exchange, with a sketch as of `texts`."""
    spill_bytes: float
    """An exchange."""

    def cpu_s(self, exchanges: float) -> float:
        """Return CPU seconds of one detection."""
        return max(0.0, self.rest.at(exchanges)) + sum(stage.at(exchanges) for stage in self.stages.values())

    def serial_s(self, exchanges: float) -> float:
        """Return seconds of the stages that are reckoned on one core."""
        return sum(stage.at(exchanges) for name, stage in self.stages.items() if name in SERIAL)

    def memory_mb(self, exchanges: float) -> float:
        """Return the most memory of one detection."""
        return max(0.0, self.memory.at(exchanges))


def model(record: Record) -> Model:
    """Make the model from what was measured.

    Raises:
        ValueError: fewer than two sizes, or no texts.
    """
    sizes = sorted(record.sizes, key=lambda size: size.exchanges)
    if not record.texts:
        raise ValueError("no texts were measured")
    numbers = [float(size.exchanges) for size in sizes]
    last, costs_of = sizes[-1], by_stage(sizes)
    rest = costs_of.pop(REST)
    return Model(
        texts=record.texts[-1],
        stages={name: carried_on(numbers, costs) for name, costs in costs_of.items()},
        rest=line(numbers, rest),
        memory=line(numbers, [size.detect.peak_mb for size in sizes]),
        lake_bytes=record.texts[-1].lake_bytes,
        spill_bytes=last.detect.disk_mb * 1e6 / last.exchanges,
    )


def by_stage(sizes: list[Size]) -> dict[str, list[float]]:
    """Return the CPU seconds of each stage by size, and what no stage counts: start, report and writing."""
    names = [stage.name for stage in sizes[0].stages]
    found = {name: [stage.cpu_s for size in sizes for stage in size.stages if stage.name == name] for name in names}
    rest = [size.detect.cpu_s - sum(stage.cpu_s for stage in size.stages) for size in sizes]
    return {**found, REST: rest}


def carried_on(sizes: list[float], costs: list[float]) -> Power:
    """Return the law through the last size, with the fitted exponent or 1, whichever is higher."""
    floor = [max(cost, 1e-3) for cost in costs]
    exponent = max(1.0, power(sizes, floor).exponent)
    return Power(floor[-1] / sizes[-1] ** exponent, exponent)


def windows(made: Model, exchanges_a_day: float) -> list[Window]:
    """Return what a daily detection takes, by the days that it looks at."""
    return [
        Window(
            days=days,
            exchanges=days * exchanges_a_day,
            cpu_hours=made.cpu_s(days * exchanges_a_day) / 3600,
            longest_hours=made.serial_s(days * exchanges_a_day) / 3600,
            memory_gb=made.memory_mb(days * exchanges_a_day) / 1e3,
            spill_gb=made.spill_bytes * days * exchanges_a_day / 1e9,
        )
        for days in WINDOWS
    ]


def cores(cpu_us: float, exchanges_a_day: float) -> float:
    """Return the cores that are busy all day with something that takes so many CPU µs an exchange."""
    return cpu_us * 1e-6 * exchanges_a_day / DAY


def limits(made: Model, server: Server) -> list[Limit]:
    """Return what one server can do of each stage, the one that is full first at the beginning.

    Detection looks at one day of traffic and must end within a day.
    """
    budget, spread = float(DAY), float(server.cores * DAY)
    found = [
        ("read lines of JSON", "cores", lambda n: n * made.texts.read_us * 1e-6, spread),
        ("fingerprint", "cores", lambda n: n * made.texts.fingerprint_us * 1e-6, spread),
        ("detect, stages on one core", "one core", made.serial_s, budget),
        ("detect, other stages", "cores", lambda n: made.cpu_s(n) - made.serial_s(n), spread),
        ("detect", "memory", made.memory_mb, server.memory_gb * 1e3),
        (
            f"{KEPT_DAYS} days of fingerprints, and detection",
            "disk",
            lambda n: n * (KEPT_DAYS * made.lake_bytes + made.spill_bytes),
            server.disk_tb * 1e12,
        ),
    ]
    made_limits = [Limit(stage, resource, most(cost, limit)) for stage, resource, cost, limit in found]
    return sorted(made_limits, key=lambda limit: limit.exchanges_a_day)


def most(cost: Callable[[float], float], limit: float) -> float:
    """Return the largest number whose cost, which does not fall, is within a limit; MOST where none reaches it."""
    if cost(MOST) <= limit:
        return float(MOST)
    low, high = 0.0, 1.0
    while cost(high) <= limit:
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if cost(middle) <= limit else (low, middle)
    return low
