"""Files that are whole or not there, whatever happens while they are written."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from hydrometer.files.atomic_write import PARTIAL, replace_file, write_atomically, write_whole

if TYPE_CHECKING:
    from pathlib import Path

BOTH = pytest.mark.parametrize("contended", [False, True])


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@BOTH
def test_the_earlier_file_stays_until_the_whole_new_one_takes_its_place(tmp_path: Path, contended: bool) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"earlier")
    with write_atomically(file, contended=contended) as opened:
        opened.write(b"new")
        opened.flush()
        assert file.read_bytes() == b"earlier"
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


@BOTH
def test_a_block_that_fails_leaves_the_earlier_file_and_nothing_beside_it(tmp_path: Path, contended: bool) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"earlier")
    with pytest.raises(TypeError, match="str"), write_atomically(file, contended=contended) as opened:
        opened.writelines([b"half", "no bytes"])  # type: ignore[list-item]
    assert file.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [file]


@BOTH
def test_a_disk_that_fails_leaves_the_earlier_file(
    tmp_path: Path, contended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"earlier")

    def failing(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="Input/output"), write_atomically(file, contended=contended) as opened:
        opened.write(b"new")
    assert file.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@BOTH
def test_a_private_file_is_its_owners_whatever_lay_there_before(tmp_path: Path, contended: bool) -> None:
    file = tmp_path / "key"
    for left in (file, tmp_path / ("key" + PARTIAL)):
        left.write_bytes(b"earlier")
        left.chmod(0o644)
    with write_atomically(file, private=True, contended=contended) as opened:
        assert {mode(each) for each in tmp_path.iterdir() if each.stat().st_size == 0} == {0o600}
        opened.write(b"secret")
    assert (mode(file), file.read_bytes()) == (0o600, b"secret")
    with write_atomically(file, contended=contended) as opened:
        opened.write(b"for all")
    umask = os.umask(0)
    os.umask(umask)
    assert mode(file) == 0o666 & ~umask


@BOTH
def test_a_new_file_replaces_none(tmp_path: Path, contended: bool) -> None:
    file = tmp_path / "key"
    with write_atomically(file, new=True, contended=contended) as opened:
        opened.write(b"first")
    with pytest.raises(FileExistsError), write_atomically(file, new=True, contended=contended) as opened:
        opened.write(b"second")
    assert file.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_what_lies_under_the_partial_name_is_not_written_through(tmp_path: Path) -> None:
    file, other = tmp_path / "a", tmp_path / "other"
    other.write_bytes(b"another's")
    (tmp_path / ("a" + PARTIAL)).symlink_to(other)
    with write_atomically(file) as opened:
        opened.write(b"mine")
    assert (file.read_bytes(), file.is_symlink(), other.read_bytes()) == (b"mine", False, b"another's")


def test_writers_that_meet_leave_one_of_their_files_whole(tmp_path: Path) -> None:
    file = tmp_path / "a"
    contents = [bytes([65 + n]) * 200_000 for n in range(6)]

    def write(content: bytes) -> None:
        for _ in range(5):
            with write_atomically(file, contended=True) as opened:
                opened.write(content)
            assert file.read_bytes() in contents

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert file.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [file]


KILLED = """
import sys
from pathlib import Path
from hydrometer.files.atomic_write import write_atomically

with write_atomically(Path(sys.argv[1])) as opened:
    opened.write(b"half")
    opened.flush()
    print("half", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_killed_writer_leaves_the_earlier_file_and_a_partial_one_that_the_next_takes_over(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"earlier")
    with subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, "-c", KILLED, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
    assert file.read_bytes() == b"earlier"
    assert (tmp_path / ("a" + PARTIAL)).read_bytes() == b"half"
    with write_atomically(file, lasting_name=True) as opened:
        opened.write(b"new")
    assert (file.read_bytes(), list(tmp_path.iterdir())) == (b"new", [file])


def test_a_name_that_is_to_last_is_made_sure_of_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    held: list[bool] = []
    real = os.fsync

    def seen(handle: int) -> None:
        held.append(file.exists())
        real(handle)

    monkeypatch.setattr(os, "fsync", seen)
    with write_atomically(file, lasting_name=True) as opened:
        opened.write(b"new")
    assert held == ([False, True] if os.name == "posix" else [False])


def test_a_device_is_written_into_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    os.mkfifo(pipe)
    came: list[bytes] = []
    reader = threading.Thread(target=lambda: came.append(pipe.read_bytes()))
    reader.start()
    replace_file(pipe, b"content")
    reader.join()
    assert (came, stat.S_ISFIFO(pipe.stat().st_mode)) == ([b"content"], True)


def test_a_new_file_needs_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*_: object) -> None:
        raise PermissionError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", refusing)
    write_whole(tmp_path / "a", b"new", new=True)
    assert (tmp_path / "a").read_bytes() == b"new"
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "a", b"newer", new=True)
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]
