"""Reloading, the audit's queue, metrics and the log."""

from __future__ import annotations

import io
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pytest
from nacl.signing import SigningKey
from prometheus_client.parser import text_string_to_metric_families

from fixtures.gateway_parts import BLOCK, NOW, await_true
from hydrometer.contract.decisions import Decision, ModelRequest, SnapshotContent
from hydrometer.contract.policy_schema import Policy
from hydrometer.enforcement.guard.audit_queue import AuditQueue
from hydrometer.enforcement.guard.decision_point import DecisionPoint
from hydrometer.enforcement.guard.event_log import EventLog
from hydrometer.enforcement.guard.guard_metrics import BUCKETS, GaugeSample, GuardMetrics
from hydrometer.enforcement.guard.snapshot_watcher import LoadOutcome, SnapshotLoader, SnapshotWatcher
from hydrometer.enforcement.snapshots.snapshot_file import pack_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Place:
    """A file of snapshots, and the guard that is kept on it."""

    def __init__(self, folder: Path) -> None:
        self.file, self.key = folder / "snapshot", SigningKey.generate()
        self.metrics, self.log = GuardMetrics(), io.BytesIO()
        self.taken: list[str] = []
        self.now = NOW
        guard = DecisionPoint(None, lambda _system, _prompt: np.empty(0, np.int64))
        self.reloading = SnapshotWatcher(
            SnapshotLoader(guard, self.file, [self.key.verify_key]),
            self.metrics,
            EventLog(self.log, lambda: NOW),
            clock=lambda: self.now,
            seconds=0.01,
            on_load=lambda _: self.taken.append(threading.current_thread().name),
        )

    def write(self, version: str, *, made: float = NOW, key: SigningKey | None = None, seconds: float = 60) -> None:
        verdicts = SnapshotContent(
            version=version, created_at=made, expires_at=made + seconds, policy=Policy(version=1)
        )
        part = self.file.with_suffix(".partial")
        part.write_bytes(pack_snapshot(verdicts, key or self.key))
        part.replace(self.file)

    @property
    def events(self) -> list[Any]:
        return [orjson.loads(line) for line in self.log.getvalue().splitlines()]


def test_there_is_nothing_in_force_before_the_first_file(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.reloading.check_file()
    place.reloading.check_file()
    assert place.reloading.decider is None
    assert place.reloading.expires_at < 0
    assert [event["why"] for event in place.events] == ["it cannot be read: No such file or directory"]
    place.write("1")
    place.reloading.check_file()
    assert place.reloading.expires_at == NOW + 60


def test_a_newer_file_is_loaded_in_a_thread_and_swapped(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.write("1")
    place.reloading.start()
    try:
        decider = place.reloading.decider
        assert decider is not None
        request = ModelRequest(account_id="a")
        assert decider.decide(request, NOW).snapshot == "1"
        place.write("2", made=NOW + 1)
        await_true(lambda: place.metrics.version == "2", "the newer snapshot")
        assert decider.decide(request, NOW).snapshot == "2"
        assert place.taken == ["MainThread", "hydrometer-snapshot"]
    finally:
        place.reloading.stop()


@pytest.mark.parametrize("case", ["damaged", "another key", "older", "expired", "gone"])
def test_the_last_good_one_is_kept(tmp_path: Path, case: str) -> None:
    place = Place(tmp_path)
    place.write("good")
    place.reloading.check_file()
    if case == "damaged":
        place.file.write_bytes(place.file.read_bytes()[:-1])
    elif case == "another key":
        place.write("bad", key=SigningKey.generate())
    elif case == "older":
        place.write("bad", made=NOW - 1)
    elif case == "expired":
        place.write("bad", made=NOW - 100)
    else:
        place.file.unlink()
    place.reloading.check_file()
    place.reloading.check_file()
    assert place.reloading.decider is not None
    assert place.metrics.version == "good"
    assert place.metrics.loads["refused"] >= 1
    assert [event["event"] for event in place.events] == ["snapshot_loaded", "snapshot_refused"]
    assert place.events[-1]["kept"] == "good"


def test_a_defect_does_not_end_the_watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path)
    place.write("good")

    def broken(_: object, __: float) -> LoadOutcome:
        raise ZeroDivisionError("secret")

    with monkeypatch.context() as patch:
        patch.setattr(SnapshotLoader, "refresh", broken)
        place.reloading.check_file()
    assert place.metrics.loads["defect"] == 1
    assert b"secret" not in place.log.getvalue()
    place.reloading.check_file()
    assert place.metrics.version == "good"


class Slow:
    """An audit that writes when it is let."""

    def __init__(self) -> None:
        self.may, self.written = threading.Event(), list[tuple[str, object]]()
        self.fails = False
        self.heads: list[int] = []
        self.at_head, self.may_head = threading.Event(), threading.Event()
        self.may_head.set()
        self.failing_heads = 0

    def append_all(self, entries: Iterable[tuple[str, object]]) -> int:
        self.may.wait()
        if self.fails:
            raise OSError(28, "No space left on device")
        self.written += entries
        return len(self.written)

    def write_head(self) -> bool:
        if self.heads[-1:] == [len(self.written)] or not self.written:
            return False
        self.at_head.set()
        self.may_head.wait()
        if self.failing_heads:
            self.failing_heads -= 1
            raise OSError(28, "No space left on device")
        self.heads.append(len(self.written))
        return True


def test_the_queue_never_waits_drops_aloud_and_keeps_the_order() -> None:
    slow, metrics, log = Slow(), GuardMetrics(), io.BytesIO()
    audit = AuditQueue(slow, metrics, EventLog(log, lambda: NOW), most=10, head_seconds=60)
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
    audit = AuditQueue(slow, metrics, EventLog(log, lambda: NOW), head_seconds=60)
    audit.put("decision", {})
    audit.close()
    assert metrics.audit["failed"] == 1
    assert b"audit_failed" in log.getvalue()


def test_a_head_follows_what_was_written_and_none_follows_nothing() -> None:
    slow, metrics, log = Slow(), GuardMetrics(), io.BytesIO()
    slow.may.set()
    slow.failing_heads = 2
    audit = AuditQueue(slow, metrics, EventLog(log, lambda: NOW), head_seconds=0.01)
    audit.put("decision", {})
    await_true(lambda: slow.heads == [1], "the head of the first record, after two that failed")
    assert (metrics.audit_heads["failed"], log.getvalue().count(b"audit_head_failed")) == (2, 2)
    audit.put("decision", {})
    await_true(lambda: slow.heads == [1, 2], "the head of the second")
    time.sleep(0.1)  # ten times as long as a head takes: nothing was written, so none may come
    audit.close()
    assert slow.heads == [1, 2]
    assert metrics.audit_heads["written"] == 2


def test_who_hands_over_records_does_not_wait_for_a_head() -> None:
    slow, metrics = Slow(), GuardMetrics()
    slow.may.set()
    slow.may_head.clear()
    audit = AuditQueue(slow, metrics, EventLog(None, lambda: NOW), most=50, head_seconds=0.01)
    audit.put("decision", {})
    assert slow.at_head.wait(60)
    for _ in range(60):  # returns although the head stands still
        audit.put("decision", {})
    assert (audit.waiting, metrics.audit["dropped"]) == (50, 10)
    slow.may_head.set()
    audit.close()
    assert metrics.audit["written"] == 51


def test_records_that_keep_coming_do_not_keep_a_head_from_being_written() -> None:
    slow, metrics = Slow(), GuardMetrics()
    slow.may.set()
    audit = AuditQueue(slow, metrics, EventLog(None, lambda: NOW), head_seconds=0.02)

    def came() -> bool:
        audit.put("decision", {})
        return len(slow.heads) >= 3

    await_true(came, "heads while records come")
    audit.close()
    assert slow.heads == sorted(set(slow.heads))


def test_the_page_is_what_prometheus_reads() -> None:
    metrics = GuardMetrics()
    metrics.clock = lambda: NOW + 30
    metrics.version, metrics.created_at, metrics.expires_at = "v1", NOW, NOW + 100
    metrics.gauges = lambda: [GaugeSample("budget_subjects", "Subjects.", {"budget": "b"}, 7.0)]
    metrics.count_decision("asgi", Decision(action="allow"), 15e-6)
    metrics.count_decision("asgi", BLOCK, 2.0)
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
