"""The drawing of what a hydra still harvests, and the counts under it."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np

import hydra_guard
from hydrometer.contract.decisions import ModelRequest, SnapshotCampaign, SnapshotContent, SnapshotTemplate, Verdict
from hydrometer.contract.policy_schema import Policy


def test_each_way_of_acting_stops_what_it_can() -> None:
    wording = np.arange(40, dtype=np.int64)
    known = SnapshotContent(
        version="1",
        created_at=0.0,
        expires_at=1e9,
        policy=Policy(version=1),
        campaigns=[SnapshotCampaign(id="c", probability=0.99, accounts=50, harvested=900, active=True)],
        verdicts=[Verdict(subject="member", scope="account", campaign=0, probability=0.99)],
        templates=[SnapshotTemplate(id="t", campaign=0, hashes=tuple(range(40)), background=0.0)],
        population=5_000,
    )
    sent = [(f"m{n}", ModelRequest(account_id="member"), float(n), wording) for n in range(100)]
    sent += [(f"s{n}", ModelRequest(account_id=f"successor{n}"), 100.0 + n, wording) for n in range(100)]
    sent += [(f"h{n}", ModelRequest(account_id=f"honest{n}"), 200.0 + n, wording + 1_000) for n in range(100)]
    harvest = frozenset(f"{kind}{n}" for kind in "ms" for n in range(100))
    operated = frozenset({"member", *(f"successor{n}" for n in range(100))})
    counts = [hydra_guard.measure(arm, known, sent, hydra_guard.Truth(harvest, operated)) for arm in hydra_guard.ARMS]
    assert [count.sent for count in counts] == [200] * 4
    assert [count.harvested for count in counts] == [200, 100, hydra_guard.SHARED, 0]
    assert [(count.honest, count.touched) for count in counts] == [(100, 0)] * 4
    drawn = hydra_guard.draw(
        {"operator": {arm.name: count for arm, count in zip(hydra_guard.ARMS, counts, strict=True)}}
    )
    assert len(ElementTree.fromstring(drawn).findall(".//{http://www.w3.org/2000/svg}rect")) == 1 + 4  # noqa: S314
