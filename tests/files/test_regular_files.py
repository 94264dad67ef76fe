"""Files that are no regular ones."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from hydrometer.contract import InputError
from hydrometer.files import open_regular_file, read_bytes, read_text, read_toml, read_toml_or_yaml


def test_a_regular_file_is_read_by_any_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for name in ("a", "link"):
        with open_regular_file(tmp_path / name) as stream:
            assert stream.read() == b"content"


def test_pipes_sockets_and_devices_are_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("link").symlink_to("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        for name, kind in (
            ("pipe", "named pipe"),
            ("link", "named pipe"),
            ("socket", "socket"),
            ("/dev/zero", "device"),
        ):
            for read in (
                lambda file: open_regular_file(file),
                lambda file: read_bytes(file, mend="Name one."),
                lambda file: read_text(file, mend="Name one."),
                lambda file: read_toml(file, mend="Name one.", valid="See the docs."),
                lambda file: read_toml_or_yaml(file, mend="Name one.", valid="See the docs."),
            ):
                with pytest.raises(InputError, match=f"{name}: is a {kind}, not a regular file. Copy"):
                    read(Path(name))


def test_a_folder_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        open_regular_file(tmp_path)
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_bytes(tmp_path, mend="Name a file.")
