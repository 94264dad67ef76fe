"""The counts of a guard, in the form that Prometheus reads.

Counting is adding to a dictionary; the families are made when somebody asks for them. Label values come from settings and
policy, never from requests, so their number is bounded. One thread decides; a count that another thread adds at the same
moment may be lost.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client.metrics_core import Metric

    from hydrometer.contract import Decision

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (1e-5, 2e-5, 3e-5, 5e-5, 8e-5, 1.3e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 5e-2, 0.1, 0.5, 1.0)
"""Upper bounds of the time that a decision took, in seconds."""


class GaugeSample(NamedTuple):
    """One value that is read when the page is asked for."""

    name: str
    """Without `hydrometer_guard_`."""
    text: str
    labels: dict[str, str]
    value: float


class _DecisionTally:
    """The decisions of one gateway, counted."""

    __slots__ = ("allowed", "latency", "others", "seconds")

    def __init__(self) -> None:
        self.allowed = 0
        self.others: Counter[tuple[str, str, str]] = Counter()
        """By action, rule and whether it was recorded only."""
        self.latency = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0


class GuardMetrics(Collector):
    """The counts of one guard; a collector for Prometheus."""

    def __init__(self) -> None:
        self.failures: Counter[tuple[str, str, str]] = Counter()
        """Requests that could not be decided, by gateway, what was done (open, closed) and why."""
        self.bodies: Counter[tuple[str, str]] = Counter()
        """Bodies that could not be read or were not, by gateway and reason."""
        self.loads: Counter[str] = Counter()
        """Snapshots that were loaded, refused or could not be read."""
        self.audit: Counter[str] = Counter()
        """Records of the audit: written, dropped, failed."""
        self.audit_heads: Counter[str] = Counter()
        """Times that the audit's head was to be written while it grew: written, failed."""
        self.sender_faults: Counter[tuple[str, str]] = Counter()
        """Senders of which something was missing or unusable, by gateway and what."""
        self.gauges: Callable[[], Iterable[GaugeSample]] = tuple
        """Returns further gauges: the state of budgets and the like."""
        self.version = ""
        """Version of the snapshot in use."""
        self.created_at: float | None = None
        """When it was made, seconds since 1970."""
        self.expires_at: float | None = None
        self.clock: Callable[[], float] = lambda: 0.0
        self._tallies: dict[str, _DecisionTally] = {}

    def count_decision(self, gateway: str, decision: Decision, seconds: float) -> None:
        """Count a decision and the time that it took."""
        tally = self._tallies.get(gateway)
        if tally is None:
            tally = self._tallies[gateway] = _DecisionTally()
        if decision.action == "allow":
            tally.allowed += 1
        else:
            tally.others[decision.action, decision.rule, "true" if decision.shadow else "false"] += 1
        tally.latency[bisect_left(BUCKETS, seconds)] += 1
        tally.seconds += seconds

    def collect(self) -> Iterable[Metric]:
        """Yield every family with its samples."""
        yield _build_counter("decisions", "Decisions.", ("gateway", "action", "rule", "shadow"), self._decisions())
        yield _build_counter("failures", "Requests without a decision.", ("gateway", "done", "why"), self.failures)
        yield _build_counter("rejected_bodies", "Bodies that were not read.", ("gateway", "reason"), self.bodies)
        yield _build_counter("sender_faults", "What was unusable of senders.", ("gateway", "fault"), self.sender_faults)
        yield _build_counter(
            "snapshot_loads", "Snapshots by what came of them.", ("outcome",), _wrap_labels(self.loads)
        )
        yield _build_counter(
            "audit_records", "Records of the audit by what came of them.", ("outcome",), _wrap_labels(self.audit)
        )
        yield _build_counter(
            "audit_heads", "Heads of the audit by what came of them.", ("outcome",), _wrap_labels(self.audit_heads)
        )
        yield self._seconds()
        yield from self._snapshot()
        yield from _group_gauges(self.gauges())

    def page(self) -> bytes:
        """Return the page that Prometheus scrapes."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def _decisions(self) -> dict[tuple[str, str, str, str], int]:
        counts = {}
        for gateway, tally in self._tallies.items():
            if tally.allowed:
                counts[gateway, "allow", "", "false"] = tally.allowed
            counts.update({(gateway, *labels): count for labels, count in tally.others.items()})
        return counts

    def _seconds(self) -> Metric:
        family = HistogramMetricFamily(
            "hydrometer_guard_decision_seconds", "Time that a decision took.", labels=("gateway",)
        )
        for gateway, tally in sorted(self._tallies.items()):
            so_far, buckets = 0, []
            for bound, count in zip((*map(str, BUCKETS), "+Inf"), tally.latency, strict=True):
                so_far += count
                buckets.append((bound, so_far))
            family.add_metric((gateway,), buckets, sum_value=tally.seconds)
        return family

    def _snapshot(self) -> Iterable[Metric]:
        now = self.clock()
        yield _build_gauge(
            "snapshot_loaded", "1 when there is a snapshot to go by.", float(self.created_at is not None)
        )
        if self.created_at is not None:
            yield _build_gauge("snapshot_age_seconds", "Time since the snapshot was made.", now - self.created_at)
        if self.expires_at is not None:
            yield _build_gauge("snapshot_expires_in_seconds", "Time until it expires.", self.expires_at - now)
        family = GaugeMetricFamily("hydrometer_guard_snapshot_info", "The snapshot in use.", labels=("version",))
        if self.version:
            family.add_metric((self.version,), 1.0)
        yield family


def _build_counter(name: str, text: str, labels: tuple[str, ...], counts: Mapping[Any, int]) -> Metric:
    family = CounterMetricFamily(f"hydrometer_guard_{name}", text, labels=labels)
    for values, count in sorted(dict(counts).items()):
        family.add_metric(values, count)
    return family


def _build_gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"hydrometer_guard_{name}", text, value=value)


def _group_gauges(gauges: Iterable[GaugeSample]) -> Iterable[Metric]:
    families: dict[str, GaugeMetricFamily] = {}
    for name, text, labels, value in gauges:
        if name not in families:
            families[name] = GaugeMetricFamily(f"hydrometer_guard_{name}", text, labels=tuple(labels))
        families[name].add_metric(tuple(labels.values()), value)
    return families.values()


def _wrap_labels(counts: Mapping[str, int]) -> dict[tuple[str, ...], int]:
    return {(name,): count for name, count in counts.items()}
