"""Whom the guard would suspect where wordings were customers' own phrases: two customers who say the same."""

from __future__ import annotations

import pyarrow as pa

from guard_phrases import Traffic, measure, suspected
from hydrometer.contract.decisions import RecognitionThresholds, SnapshotCampaign, SnapshotTemplate
from hydrometer.enforcement.snapshots.successor_recognition import SuccessorRecogniser


def traffic(twin: int) -> Traffic:
    """One account and another that says the same in its first `twin` requests, among a crowd of which each sends one."""
    crowd = 40_000
    said = [[1, 2, 3], [4, 5, 6]]
    accounts = ["one"] * 20 + ["twin"] * 20 + [f"c{n}" for n in range(crowd)]
    own = [said[n % 2] for n in range(20)]
    alike = [said[n % 2] if n < twin else [100 + n] for n in range(20)]
    sketches = [*own, *alike, *([1_000 + n] for n in range(crowd))]
    return Traffic(
        pa.table(
            {"account_id": pa.chunked_array([accounts]), "sketch": pa.chunked_array([sketches], pa.list_(pa.int64()))}
        )
    )


def test_who_says_both_as_often_as_the_guard_asks_is_suspected() -> None:
    found = measure(traffic(20), 10, 1)
    assert found["trials"] == 10
    assert 0 < found["suspected, in a million"] < found["of accounts that say both, in a million"]
    assert found["trials with a suspect, %"] == 100.0
    seldom = measure(traffic(4), 10, 1)
    assert seldom["suspected, in a million"] == 0 < seldom["of accounts that say both, in a million"]


def test_requests_from_the_suspicion_on_are_counted() -> None:
    seen = traffic(20)
    known = [SnapshotTemplate(id=str(n), campaign=0, hashes=(n,), background=0.0005) for n in range(2)]
    campaign = SnapshotCampaign(id="c", probability=0.95, accounts=200, harvested=0, active=True)
    recogniser = SuccessorRecogniser([campaign], [], known, 40_002, RecognitionThresholds())
    said = [seen.carrying([1], 0), seen.carrying([5, 6], 0)]
    assert suspected(seen, 1, said, recogniser) == 15
