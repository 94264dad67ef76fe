"""Reloading, the audit's queue, metrics and the log."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from gateway_stand import BLOCK, NOW, Told, await_true
from prometheus_client.parser import text_string_to_metric_families

from hydrometer.contract.decisions import Decision
from hydrometer.contract.errors import InputError
from hydrometer.guard.auditing import QueuedAudit
from hydrometer.guard.journal import Journal
from hydrometer.guard.metrics import BUCKETS, GuardMetrics
from hydrometer.guard.reloading import Loaded, Reloading

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Place:
    """A file that is looked at, and what is made of it."""

    def __init__(self, folder: Path, seconds: float = 0.01) -> None:
        self.file = folder / "snapshot"
        self.metrics, self.log = GuardMetrics(), io.BytesIO()
        self.threads: list[str] = []
        journal = Journal(self.log, lambda: NOW)
        self.reloading = Reloading(self.file, self.load, self.metrics, journal, seconds=seconds)

    def load(self, path: Path) -> Loaded:
        self.threads.append(threading.current_thread().name)
        version = path.read_text()
        if version == "bad":
            raise InputError("the signature does not fit", mend="Sign it.")
        if version == "defect":
            raise ZeroDivisionError("secret")
        return Loaded(Told(), version, NOW, NOW + 60)

    @property
    def events(self) -> list[Any]:
        return [orjson.loads(line) for line in self.log.getvalue().splitlines()]


def test_there_is_nothing_in_force_before_the_first_file(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.reloading.look()
    place.reloading.look()
    assert place.reloading.decider is None
    assert place.reloading.expires_at < 0
    assert place.metrics.loads == {"missing": 1}


def test_a_newer_file_is_loaded_in_a_thread_and_swapped(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.file.write_text("1")
    place.reloading.start()
    try:
        first = place.reloading.decider
        assert first is not None
        assert place.metrics.version == "1"
        newer = tmp_path / "newer"
        newer.write_text("2")
        newer.replace(place.file)
        await_true(lambda: place.metrics.version == "2", "the newer snapshot")
        assert place.reloading.decider is not first
        assert place.threads[-1] == "hydrometer-snapshot"
    finally:
        place.reloading.stop()


@pytest.mark.parametrize(("text", "outcome"), [("bad", "refused"), ("defect", "defect")])
def test_the_last_good_one_is_kept(tmp_path: Path, text: str, outcome: str) -> None:
    place = Place(tmp_path)
    place.file.write_text("good")
    place.reloading.look()
    kept = place.reloading.decider
    place.file.write_text(text)
    place.reloading.look()
    place.reloading.look()
    assert place.reloading.decider is kept
    assert place.metrics.loads == {"loaded": 1, outcome: 1}
    assert place.metrics.version == "good"
    assert place.events[-1]["event"] == "snapshot_not_loaded"
    assert b"secret" not in place.log.getvalue()
    place.file.unlink()
    place.reloading.look()
    assert place.reloading.decider is kept
    assert place.metrics.loads["missing"] == 1


class Slow:
    """An audit that writes when it is let."""

    def __init__(self) -> None:
        self.may, self.written = threading.Event(), list[tuple[str, object]]()
        self.fails = False

    def append_all(self, entries: Iterable[tuple[str, object]]) -> int:
        self.may.wait()
        if self.fails:
            raise OSError(28, "No space left on device")
        self.written += entries
        return len(self.written)


def test_the_queue_never_waits_drops_aloud_and_keeps_the_order() -> None:
    slow, metrics, log = Slow(), GuardMetrics(), io.BytesIO()
    audit = QueuedAudit(slow, metrics, Journal(log, lambda: NOW), most=10)
    for number in range(100):
        audit.put("decision", {"number": number})
    assert metrics.audit["dropped"] >= 88
    assert log.getvalue().count(b"audit_dropped") == 1
    slow.may.set()
    audit.close()
    numbers = [record["number"] for _, record in slow.written if isinstance(record, dict)]
    assert numbers == sorted(numbers)
    assert metrics.audit["written"] == len(numbers) == 100 - metrics.audit["dropped"]


def test_an_audit_that_fails_is_told_and_counted() -> None:
    slow, metrics, log = Slow(), GuardMetrics(), io.BytesIO()
    slow.fails = True
    slow.may.set()
    audit = QueuedAudit(slow, metrics, Journal(log, lambda: NOW))
    audit.put("decision", {})
    audit.close()
    assert metrics.audit["failed"] == 1
    assert b"audit_failed" in log.getvalue()


def test_the_page_is_what_prometheus_reads() -> None:
    metrics = GuardMetrics()
    metrics.clock = lambda: NOW + 30
    metrics.version, metrics.created_at, metrics.expires_at = "v1", NOW, NOW + 100
    metrics.gauges = lambda: {"budget_subjects": 7.0}
    metrics.decided("asgi", Decision(action="allow"), 15e-6)
    metrics.decided("asgi", BLOCK, 2.0)
    metrics.failures["asgi", "open", "no snapshot"] += 1
    families = {family.name: family for family in text_string_to_metric_families(metrics.page().decode())}
    seconds = {
        (sample.name.rpartition("_")[2], sample.labels.get("le")): sample.value
        for sample in families["hydrometer_guard_decision_seconds"].samples
    }
    assert seconds["bucket", "1e-05"] == 0
    assert seconds["bucket", "2e-05"] == 1
    assert seconds["bucket", str(BUCKETS[-1])] == 1
    assert seconds["bucket", "+Inf"] == seconds["count", None] == 2
    assert seconds["sum", None] == pytest.approx(2.000015)
    values = {name: families[f"hydrometer_guard_{name}"].samples[0].value for name in ("snapshot_age_seconds",)}
    assert values == {"snapshot_age_seconds": 30}
    assert families["hydrometer_guard_snapshot_expires_in_seconds"].samples[0].value == 70
    assert families["hydrometer_guard_budget_subjects"].samples[0].value == 7
    assert families["hydrometer_guard_snapshot_info"].samples[0].labels == {"version": "v1"}
    assert sum(sample.value for sample in families["hydrometer_guard_decisions"].samples) == 2
