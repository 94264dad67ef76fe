"""The audit log: what is acknowledged stays, and whatever is done to it shows."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from hydrometer.contract.errors import InputError
from hydrometer.enforcement.audit.audit_log import AuditLog
from hydrometer.enforcement.audit.chain_verification import verify_log
from hydrometer.enforcement.audit.chained_lines import LARGEST, list_segments
from hydrometer.enforcement.audit.log_anchors import make_anchor, read_anchor
from hydrometer.enforcement.audit.log_head import HEAD
from hydrometer.enforcement.audit.log_reader import read_entries

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WRITER = """
import sys, threading
from pathlib import Path
from hydrometer.enforcement.audit.audit_log import AuditLog

log = AuditLog(Path(sys.argv[1]), segment_bytes=4000)
print("torn", log.torn, flush=True)
said = threading.Lock()

def write(name):
    for n in range(10_000):
        sequence = log.append("decision", {"by": name, "n": n, "filler": "x" * (n % 900)})
        with said:
            print("ack", sequence, name, n, flush=True)

for name in "abc":
    threading.Thread(target=write, args=(name,)).start()
"""


def written(folder: Path, lines: int = 12, *, segment_bytes: int = 1000) -> list[bytes]:
    """Write a log of so many lines over several files; return its lines."""
    with AuditLog(folder, segment_bytes=segment_bytes) as log:
        for n in range(lines):
            log.append("decision", {"n": n, "why": "member"})
    return [line for _, file in list_segments(folder) for line in file.read_bytes().splitlines(keepends=True)]


def test_what_is_put_down_is_read_again(tmp_path: Path) -> None:
    time = datetime(2026, 3, 1, 9, tzinfo=UTC)
    with AuditLog(tmp_path, clock=lambda: time) as log:
        assert log.append("policy", {"name": "p", "text": "grüße\n\x1b[2J"}) == 1
        assert log.append_all([("decision", {"n": 1}), ("decision", {"lone": "\ud800"})]) == 3
    entries = list(read_entries(tmp_path))
    assert [each.sequence for each in entries] == [1, 2, 3]
    assert entries[0].time == time
    assert entries[2].body == {"lone": "?"}
    assert (entries[0].kind, entries[0].body["text"]) == ("policy", "grüße\n\x1b[2J")
    assert [each.sequence for each in read_entries(tmp_path, last=2)] == [2, 3]
    found = verify_log(tmp_path)
    assert (found.lines, found.last, found.faults, found.anchors) == (3, 3, [], 1)


def test_a_log_goes_on_over_files_and_processes(tmp_path: Path) -> None:
    written(tmp_path, 12)
    written(tmp_path, 5)
    found = verify_log(tmp_path)
    assert found.whole
    assert (found.first, found.last, found.lines) == (1, 17, 17)
    assert len(list_segments(tmp_path)) > 3


def test_threads_share_a_log(tmp_path: Path) -> None:
    numbers: list[int] = []
    with AuditLog(tmp_path, segment_bytes=2000) as log:

        def write() -> None:
            numbers.extend(log.append("decision", {}) for _ in range(25))

        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(numbers) == list(range(1, 201))
    assert verify_log(tmp_path).whole


def test_only_one_process_writes(tmp_path: Path) -> None:
    with AuditLog(tmp_path), pytest.raises(InputError, match="another process"):
        AuditLog(tmp_path)
    AuditLog(tmp_path).close()


def test_a_line_that_is_too_large_is_cut_and_keeps_no_other_from_the_log(tmp_path: Path) -> None:
    with AuditLog(tmp_path) as log:
        huge = {"account": "a", "model": "x" * LARGEST, "n": 1, "nested": {"deep": "y" * 9}, "lone": "\ud800"}
        assert log.append_all([("decision", {}), ("decision", huge), ("decision", {})]) == 3
    with pytest.raises(OSError, match="closed"):
        log.append("decision", {})
    cut = list(read_entries(tmp_path))[1].body
    assert (cut["account"], cut["n"], len(cut["model"])) == ("a", 1, 200)
    assert cut["cut_from_bytes"] > LARGEST
    assert verify_log(tmp_path).whole


def test_a_failing_disk_acknowledges_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = AuditLog(tmp_path)
    log.append("decision", {"n": 1})

    def failing(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", failing)
        with pytest.raises(OSError, match="not written any more"):
            log.append("decision", {"n": 2})
    with pytest.raises(OSError, match="not written any more"):
        log.append("decision", {"n": 3})
    assert log.sequence == 1
    log.close()
    assert verify_log(tmp_path).whole


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_no_acknowledged_line_is_lost(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    acknowledged: dict[int, tuple[str, int]] = {}
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)  # noqa: S603
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(chance.randrange(20, 200))]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read().splitlines()
        process.wait()
        process.stdout.close()
        for word in map(bytes.split, said):
            if len(word) == 4:
                acknowledged[int(word[1])] = (word[2].decode(), int(word[3]))
    with AuditLog(tmp_path) as log:
        last = log.sequence
    held = {each.sequence: each.body for each in read_entries(tmp_path)}
    assert acknowledged
    for sequence, (name, n) in acknowledged.items():
        assert (held[sequence]["by"], held[sequence]["n"]) == (name, n)
    found = verify_log(tmp_path)
    assert found.whole
    assert found.last == last


def test_a_torn_line_is_set_aside_and_said(tmp_path: Path) -> None:
    lines = written(tmp_path, 3, segment_bytes=1 << 20)
    file = list_segments(tmp_path)[-1][1]
    file.write_bytes(b"".join(lines) + lines[0][:50])
    assert verify_log(tmp_path).torn == 50
    with AuditLog(tmp_path) as log:
        assert log.torn == 50
    entry = list(read_entries(tmp_path))[-1]
    assert (entry.sequence, entry.kind, entry.body) == (4, "recovered", {"bytes": 50})
    (aside,) = tmp_path.glob("*.torn")
    assert aside.read_bytes() == lines[0][:50]
    assert verify_log(tmp_path).whole


def test_a_file_that_was_begun_and_torn_goes_on_from_the_one_before(tmp_path: Path) -> None:
    lines = written(tmp_path, 12)
    first, file = list_segments(tmp_path)[-1]
    file.write_bytes(lines[0][:30])
    with AuditLog(tmp_path, segment_bytes=1000) as log:
        assert log.append("decision", {}) == first + 1
    (tmp_path / HEAD).unlink()
    assert verify_log(tmp_path).whole


def test_a_broken_log_is_not_written_to(tmp_path: Path) -> None:
    lines = written(tmp_path, 4, segment_bytes=1 << 20)
    file = list_segments(tmp_path)[-1][1]
    file.write_bytes(b"".join([lines[0], lines[1].replace(b'"n":1', b'"n":9'), *lines[2:]]))
    with pytest.raises(InputError, match="broken before its end"):
        AuditLog(tmp_path)
    file.write_bytes(b"".join([lines[0], b"\0" * 40 + b"\n", *lines[2:]]))
    with pytest.raises(InputError, match="broken before its end"):
        AuditLog(tmp_path)


def _flip(lines: list[bytes], n: int, m: int) -> list[bytes]:
    """Change one byte of a line, not its end."""
    at = m % (len(lines[n]) - 1)
    return [*lines[:n], lines[n][:at] + bytes([lines[n][at] ^ 1]) + lines[n][at + 1 :], *lines[n + 1 :]]


def _swap(lines: list[bytes], n: int, m: int) -> list[bytes]:
    lines[n], lines[m % len(lines)] = lines[m % len(lines)], lines[n]
    return lines


MISCHIEF: dict[str, Callable[[list[bytes], int, int], list[bytes]]] = {
    "altered": _flip,
    "removed": lambda lines, n, _: lines[:n] + lines[n + 1 :],
    "repeated": lambda lines, n, _: [*lines[: n + 1], lines[n], *lines[n + 1 :]],
    "reordered": _swap,
    "cut off": lambda lines, n, _: lines[:n],
    "cut within": lambda lines, n, m: [*lines[:n], lines[n][: m % len(lines[n])]],
}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(MISCHIEF)), st.integers(0, 9), st.integers(0, 10_000))
def test_whatever_is_done_to_it_shows(tmp_path_factory: pytest.TempPathFactory, what: str, n: int, m: int) -> None:
    folder = tmp_path_factory.mktemp("log")
    lines = written(folder, 10, segment_bytes=1 << 20)
    anchored = make_anchor(folder)
    (folder / HEAD).unlink()
    file = list_segments(folder)[0][1]
    changed = MISCHIEF[what](list(lines), n, m)
    if changed == lines:
        return
    file.write_bytes(b"".join(changed))
    assert not verify_log(folder, [anchored]).whole
    if what not in {"cut off", "cut within"} and not (what == "removed" and n == 9):
        assert not verify_log(folder).whole


def test_a_rewritten_log_shows_against_an_anchor_only(tmp_path: Path) -> None:
    written(tmp_path / "true", 5)
    anchored = make_anchor(tmp_path / "true")
    with AuditLog(tmp_path / "false") as log:
        for n in range(5):
            log.append("decision", {"n": n, "why": "nothing"})
    assert verify_log(tmp_path / "false").whole
    found = verify_log(tmp_path / "false", [anchored])
    assert "another one than the anchor says" in found.faults[0].what


def test_a_removed_file_shows_and_an_archived_one_does_not(tmp_path: Path) -> None:
    written(tmp_path, 4, segment_bytes=300)
    anchored = make_anchor(tmp_path)
    written(tmp_path, 8, segment_bytes=300)
    for first, file in list_segments(tmp_path):
        if first <= anchored.sequence:
            file.unlink()
    assert "lines 1 to 4 are not here" in verify_log(tmp_path).faults[0].what
    assert verify_log(tmp_path, after=anchored).whole


def test_an_anchor_is_signed(tmp_path: Path) -> None:
    written(tmp_path / "log", 3)
    key = SigningKey.generate()
    file = tmp_path / "anchor.json"
    file.write_bytes(msgspec.json.encode(make_anchor(tmp_path / "log", key)))
    assert read_anchor(file, key.verify_key).sequence == 3
    with pytest.raises(InputError, match="not signed by that key"):
        read_anchor(file, SigningKey.generate().verify_key)
    file.write_bytes(msgspec.json.encode(make_anchor(tmp_path / "log")))
    with pytest.raises(InputError, match="not signed by that key"):
        read_anchor(file, key.verify_key)
    file.write_bytes(b"{}")
    with pytest.raises(InputError, match="no anchor"):
        read_anchor(file)


def test_a_signed_head_shows_a_log_that_was_cut_off_and_its_head_with_it(tmp_path: Path) -> None:
    key, other = SigningKey.generate(), SigningKey.generate()
    with AuditLog(tmp_path, segment_bytes=500, key=key) as log:
        for n in range(3):
            log.append("decision", {"n": n})
        early = (tmp_path / HEAD).read_bytes()
        log.append("decision", {"n": 3})
    assert 1 < msgspec.json.decode(early)["sequence"] < 4
    assert verify_log(tmp_path, public=key.verify_key).whole
    assert "not signed by that key" in verify_log(tmp_path, public=other.verify_key).faults[0].what
    (tmp_path / HEAD).unlink()
    assert verify_log(tmp_path).whole
    assert "removed" in verify_log(tmp_path, public=key.verify_key).faults[0].what


def test_a_head_while_the_log_is_open_shows_what_was_cut_off_up_to_it_and_not_after(tmp_path: Path) -> None:
    key = SigningKey.generate()
    log = AuditLog(tmp_path, key=key)
    assert not log.write_head()
    for n in range(4):
        log.append("decision", {"n": n})
    assert log.write_head()
    assert not log.write_head()
    head = (tmp_path / HEAD).read_bytes()
    for n in range(3):
        log.append("decision", {"n": n})
    assert (tmp_path / HEAD).read_bytes() == head
    found = verify_log(tmp_path, public=key.verify_key)
    assert (found.whole, found.last, found.anchors, found.anchored) == (True, 7, 1, 4)
    log.close()
    (tmp_path / HEAD).write_bytes(head)  # as if it had been killed
    file = list_segments(tmp_path)[-1][1]
    lines = file.read_bytes().splitlines(keepends=True)
    for left in range(7, 0, -1):
        file.write_bytes(b"".join(lines[:left]))
        assert verify_log(tmp_path, public=key.verify_key).whole == (left >= 4), left
    assert "line 4, which an anchor names, is not there: cut off" in verify_log(tmp_path).faults[0].what


@pytest.mark.parametrize("left", [0, 1, 3])
def test_a_log_that_lacks_the_line_of_its_head_is_not_gone_on_with(tmp_path: Path, left: int) -> None:
    lines = written(tmp_path, 4, segment_bytes=1 << 20)
    file = list_segments(tmp_path)[-1][1]
    file.write_bytes(b"".join(lines[:left]))
    head = (tmp_path / HEAD).read_bytes()
    for _ in range(2):
        with pytest.raises(InputError, match=f"ends with line {left}, and its head names line 4"):
            AuditLog(tmp_path)
    assert (tmp_path / HEAD).read_bytes() == head
    assert "cut off" in verify_log(tmp_path).faults[-1].what


def test_a_log_that_is_another_than_its_head_says_is_not_gone_on_with(tmp_path: Path) -> None:
    written(tmp_path / "true", 4)
    head = (tmp_path / "true" / HEAD).read_bytes()
    for lines in (4, 9):  # the head's line is the last one, or in an earlier file
        written(tmp_path / str(lines), lines)
        (tmp_path / str(lines) / HEAD).write_bytes(head)
        with pytest.raises(InputError, match="line 4 of the audit log is not the one that its head names"):
            AuditLog(tmp_path / str(lines))


@pytest.mark.parametrize("held", [b"{}", b'{"sequence":1,"hash":"\xff"}', b""])
def test_a_head_that_is_none_is_a_fault_and_is_not_written_over(tmp_path: Path, held: bytes) -> None:
    written(tmp_path, 2)
    (tmp_path / HEAD).write_bytes(held)
    assert "no head of a log" in verify_log(tmp_path).faults[0].what
    with pytest.raises(InputError, match="no head of an audit log"):
        AuditLog(tmp_path)


LAST_LINES = ["the head's", "after the head", "the head too", "an earlier head", "a head that fits"]


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("gone", LAST_LINES)
def test_what_is_found_of_last_lines_that_are_gone(tmp_path: Path, gone: str, signed: bool) -> None:
    key, head = SigningKey.generate() if signed else None, tmp_path / HEAD
    log = AuditLog(tmp_path, key=key)
    heads = []
    for n in range(6):
        log.append("decision", {"n": n})
        if n != 5:
            log.write_head()
            heads.append(head.read_bytes())
    kept = make_anchor(tmp_path)
    log.close()
    file = list_segments(tmp_path)[-1][1]
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[: 5 if gone == "after the head" else 3]))
    head.write_bytes(heads[2 if gone == "an earlier head" else -1])
    if gone == "the head too":
        head.unlink()
    elif gone == "a head that fits":
        head.unlink()
        anchored = make_anchor(tmp_path)
        head.write_bytes(msgspec.json.encode(msgspec.structs.replace(anchored, signature="")))
    public = key.verify_key if key else None
    shows = gone == "the head's" or (signed and gone in {"the head too", "a head that fits"})
    assert verify_log(tmp_path, public=public).whole == (not shows)
    assert not verify_log(tmp_path, [kept]).whole
    if shows:
        before = sorted((each.name, each.read_bytes()) for each in tmp_path.iterdir())
        with pytest.raises(InputError, match="head"):
            AuditLog(tmp_path, key=key)
        assert sorted((each.name, each.read_bytes()) for each in tmp_path.iterdir()) == before
    else:
        AuditLog(tmp_path, key=key).close()


def test_a_writer_that_goes_on_after_lines_were_cut_off_leaves_a_gap_that_shows_without_a_head(tmp_path: Path) -> None:
    with AuditLog(tmp_path) as log:
        for n in range(4):
            log.append("decision", {"n": n})
        file = list_segments(tmp_path)[-1][1]
        os.truncate(file, sum(map(len, file.read_bytes().splitlines(keepends=True)[:2])))
        log.append("decision", {"n": 4})
    (tmp_path / HEAD).unlink()
    assert "lines 3 to 4 are not here" in verify_log(tmp_path).faults[0].what
    with pytest.raises(InputError, match="broken before its end"):
        AuditLog(tmp_path)


def test_a_log_has_one_key_or_none_from_its_first_line_on(tmp_path: Path) -> None:
    key = SigningKey.generate()
    AuditLog(tmp_path / "signed", key=key).close()
    found = verify_log(tmp_path / "signed", public=key.verify_key)
    assert (found.whole, found.anchors, found.anchored, found.lines) == (True, 1, 0, 0)
    for other in (None, SigningKey.generate()):
        with pytest.raises(InputError, match="no key is named" if other is None else "not signed by that key"):
            AuditLog(tmp_path / "signed", key=other)
    written(tmp_path / "unsigned", 2)
    with pytest.raises(InputError, match="not signed by that key"):
        AuditLog(tmp_path / "unsigned", key=key)
    with AuditLog(tmp_path / "signed", key=key) as log:
        assert log.append("decision", {}) == 1


def test_an_archived_log_is_held_to_a_head_that_names_the_last_line_that_left(tmp_path: Path) -> None:
    written(tmp_path, 4, segment_bytes=1)
    anchored = make_anchor(tmp_path)
    for first, file in list_segments(tmp_path):
        if first <= 4:
            file.unlink()
    found = verify_log(tmp_path, after=anchored)
    assert (found.faults, found.anchored) == ([], 4)


def test_a_log_goes_on_after_its_head_and_without_one(tmp_path: Path) -> None:
    written(tmp_path, 6)
    early = (tmp_path / HEAD).read_bytes()
    written(tmp_path, 6)
    (tmp_path / HEAD).write_bytes(early)  # killed before it wrote a later one
    written(tmp_path, 1)
    assert verify_log(tmp_path).whole
    (tmp_path / HEAD).unlink()
    with AuditLog(tmp_path) as log:
        assert log.write_head()
    assert verify_log(tmp_path).anchored == 13


def test_a_head_that_cannot_be_written_keeps_no_line_from_the_log(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    log.append("decision", {"n": 1})
    (tmp_path / (HEAD + ".partial")).mkdir()
    with pytest.raises(OSError, match=HEAD):
        log.write_head()
    assert log.append("decision", {"n": 2}) == 2
    with pytest.raises(OSError, match=HEAD):
        log.close()
    (tmp_path / (HEAD + ".partial")).rmdir()
    with AuditLog(tmp_path) as again:  # the lock is free
        assert again.sequence == 2


def test_a_byte_that_is_no_text_hides_no_other_line(tmp_path: Path) -> None:
    lines = written(tmp_path, 3, segment_bytes=1 << 20)
    list_segments(tmp_path)[0][1].write_bytes(b"".join([lines[0], lines[1].replace(b"member", b"\xff\xff"), lines[2]]))
    assert [each.sequence for each in read_entries(tmp_path)] == [1, 3]
    assert "altered" in verify_log(tmp_path).faults[0].what


def test_a_log_is_verified_while_it_is_written(tmp_path: Path) -> None:
    done = threading.Event()
    with AuditLog(tmp_path, segment_bytes=20_000) as log:

        def write() -> None:
            while not done.is_set():
                log.append_all([("decision", {"n": n, "filler": "x" * (n * 97 % 5000)}) for n in range(20)])
                log.write_head()

        writer = threading.Thread(target=write)
        writer.start()
        found = []
        while log.sequence < 800:
            found.append(verify_log(tmp_path))
        done.set()
        writer.join()
    assert [each.faults for each in found if not each.whole] == []
    assert (verify_log(tmp_path).anchored or 0) >= 800


def test_where_there_is_no_log_nothing_is_verified(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no audit log"):
        verify_log(tmp_path)
