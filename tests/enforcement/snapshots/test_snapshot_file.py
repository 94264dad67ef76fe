"""Snapshots: what goes in comes out, what was not signed or is old is refused, and the last good one stays."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from fixtures.guard_sites import CAMPAIGNS, KEY, NOW, guard, policy, request, rule, snapshot, verdicts, words
from hydrometer.contract.decisions import SnapshotAccount, SnapshotEntity, Verdict
from hydrometer.enforcement.guard.decision_point import DecisionPoint
from hydrometer.enforcement.guard.snapshot_watcher import SnapshotLoader
from hydrometer.enforcement.snapshots.name_index import NameIndex, build_name_index
from hydrometer.enforcement.snapshots.snapshot_file import MAGIC, SnapshotRefusal, pack_snapshot, unpack_snapshot

if TYPE_CHECKING:
    from pathlib import Path

NAMES = st.lists(st.text(max_size=12), unique=True, max_size=80)


@settings(max_examples=50)
@given(NAMES, st.lists(st.text(max_size=12), max_size=20))
def test_an_index_finds_every_name_and_no_other(names: list[str], others: list[str]) -> None:
    key = bytes(16)
    arrays, order = build_name_index(names, key)
    index = NameIndex(arrays, key)
    rows = [names[place] for place in order.tolist()]
    assert [index.find(name) for name in rows] == list(range(len(rows)))
    assert [index.name(row) for row in range(len(rows))] == rows
    for name in others:
        assert (index.find(name) >= 0) == (name in names)


@settings(max_examples=30)
@given(NAMES, st.data())
def test_what_goes_in_comes_out(names: list[str], data: st.DataObject) -> None:
    words = st.sampled_from(["", "free", "pro", "Ünï", "org-1", "org-2"])
    accounts = [
        SnapshotAccount(
            id=name,
            organisation=data.draw(words),
            plan=data.draw(words),
            verification=data.draw(words),
            country=data.draw(words),
            created=data.draw(st.integers(0, 2**40)),
            agreements=tuple(data.draw(st.lists(st.sampled_from(["distillation", "other"]), max_size=2))),
        )
        for name in names
    ]
    held = [
        Verdict(
            subject=name, scope="account", campaign=0, probability=data.draw(st.floats(0, 1)), successor=True, why="w"
        )
        for name in names[::3]
    ]
    found = snapshot(accounts=accounts, verdicts=held, cleared=names[1::5])
    assert found.accounts == len(names)
    by_name = {verdict.subject: verdict for verdict in held}
    for account in accounts:
        row = found.account(account.id)
        assert row is not None
        assert (row.organisation, row.plan, row.verification) == (
            account.organisation,
            account.plan,
            account.verification,
        )
        assert (row.country, row.created, row.agreements) == (account.country, account.created, account.agreements)
        assert row.cleared == (account.id in names[1::5])
        verdict = by_name.get(account.id)
        assert (row.verdict is None) == (verdict is None)
        if row.verdict is not None and verdict is not None:
            assert row.verdict == (0, verdict.probability, False, True, "w")


def test_the_strongest_verdict_on_a_subject_stays() -> None:
    def verdict(probability: float, *, reviewed: bool = False, successor: bool = False) -> Verdict:
        return Verdict(
            subject="a", scope="account", campaign=0, probability=probability, reviewed=reviewed, successor=successor
        )

    for several in ([verdict(0.5, reviewed=True), verdict(0.9)], [verdict(0.9, successor=True), verdict(0.5)]):
        for order in (several, several[::-1]):
            row = snapshot(verdicts=order).account("a")
            assert row is not None
            assert row.verdict is not None
            assert row.verdict.probability == 0.5


def test_only_what_a_trusted_key_signed_is_read() -> None:
    data = pack_snapshot(verdicts(), KEY)
    other = SigningKey.generate()
    assert unpack_snapshot(data, [other.verify_key, KEY.verify_key]).version == "1"
    for keys in ([], [other.verify_key]):
        with pytest.raises(SnapshotRefusal, match="none of the keys"):
            unpack_snapshot(data, keys)


@settings(max_examples=200)
@given(st.data())
def test_a_changed_file_is_refused(data: st.DataObject) -> None:
    whole = pack_snapshot(verdicts(accounts=[SnapshotAccount(id="a", plan="p")]), KEY)
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SnapshotRefusal):
        unpack_snapshot(bytes(changed), [KEY.verify_key])
    with pytest.raises(SnapshotRefusal):
        unpack_snapshot(whole[:at], [KEY.verify_key])


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    for content in (data, MAGIC + data, MAGIC + struct.pack("<I", len(data)) + data):
        with pytest.raises(SnapshotRefusal):
            unpack_snapshot(content, [KEY.verify_key])


def test_what_names_no_campaign_is_not_packed_and_what_was_signed_in_error_is_refused() -> None:
    with pytest.raises(ValueError, match="no campaign"):
        pack_snapshot(verdicts(verdicts=[Verdict(subject="a", scope="account", campaign=1, probability=0.5)]), KEY)
    wrong = [SnapshotEntity(kind="ja4", value="x", campaign=len(CAMPAIGNS), accounts=2, population=2)]
    with pytest.raises(SnapshotRefusal, match="of no campaign"):
        unpack_snapshot(pack_snapshot(verdicts(entities=wrong), KEY), [KEY.verify_key])


def test_an_index_whose_arrays_do_not_fit_is_refused() -> None:
    arrays, _ = build_name_index(["a", "b", "c"], bytes(16))
    for name, value in (("offsets", arrays["offsets"][:-1]), ("directory", arrays["directory"][::-1].copy())):
        with pytest.raises(ValueError, match="do not fit"):
            NameIndex({**arrays, name: value}, bytes(16))
    with pytest.raises(ValueError, match="do not fit"):
        NameIndex({**arrays, "ids": np.zeros(9, np.uint8)}, bytes(16))


def kept(path: Path) -> tuple[DecisionPoint, SnapshotLoader]:
    made = DecisionPoint(None, words)
    return made, SnapshotLoader(made, path, [KEY.verify_key])


def test_the_last_good_snapshot_stays(tmp_path: Path) -> None:
    file = tmp_path / "snapshot"
    made, keeper = kept(file)
    outcome = keeper.refresh(NOW)
    assert not outcome.loaded
    assert "cannot be read" in outcome.refusal
    assert made.snapshot is None
    file.write_bytes(pack_snapshot(verdicts(), KEY))
    assert keeper.refresh(NOW) == (True, "")
    assert made.snapshot is not None
    assert made.snapshot.created_at == NOW - 60.0
    assert keeper.refresh(NOW) == (False, "")
    for content, why in (
        (b"nonsense", "no snapshot"),
        (pack_snapshot(verdicts(version="x"), SigningKey.generate()), "none of the keys"),
        (pack_snapshot(verdicts(version="old", created_at=NOW - 61), KEY), "older"),
        (pack_snapshot(verdicts(version="late", expires_at=NOW - 1), KEY), "expired"),
        (pack_snapshot(verdicts(policy(rule("wrong", "nobody.knows == 1"))), KEY), "cannot be compiled"),
    ):
        file.write_bytes(content)
        outcome = keeper.refresh(NOW)
        assert not outcome.loaded
        assert why in outcome.refusal
        assert made.snapshot is not None
        assert made.snapshot.version == "1"
    file.write_bytes(pack_snapshot(verdicts(version="2", created_at=NOW), KEY))
    assert keeper.refresh(NOW) == (True, "")
    assert made.snapshot is not None
    assert made.snapshot.version == "2"


def test_what_a_guard_counted_outlives_a_snapshot() -> None:
    made = guard()
    for _ in range(3):
        made.decide(request("member"), NOW)
    made.load(snapshot(version="2"))
    made.decide(request("member"), NOW)
    assert made.counts["decision block"] == 4
