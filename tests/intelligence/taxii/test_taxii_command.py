"""`hydrometer taxii`: a server in a process of its own, a partner that pushes and one that pulls."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from fixtures.taxii_sites import indicator
from hydrometer.cli.app import app
from hydrometer.contract.errors import InputError
from hydrometer.files.server_address import ServerAddress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def hydrometer(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["taxii", *map(str, arguments)])


@contextmanager
def serving(folder: Path, stop: signal.Signals) -> Iterator[str]:
    """A server in a process of its own; yields its address, and ends it by a signal, which is no failure."""
    command = [sys.executable, "-m", "hydrometer", "taxii", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stderr
        url = re.search(r"http://\S+", process.stderr.readline())
        assert url
        yield url[0]
        process.send_signal(stop)
        assert process.wait(30) == 0


def granted(folder: Path, name: str, *rights: str) -> Path:
    done = hydrometer("grant", folder, name, *rights)
    assert done.exit_code == 0, done.stderr
    file = folder.parent / f"{name}.token"
    file.touch(mode=0o600)
    file.write_text(done.stdout)
    return file


def test_a_bundle_goes_from_one_site_to_the_other(tmp_path: Path) -> None:
    folder, inbox = tmp_path / "site", tmp_path / "inbox"
    added = hydrometer("collections", folder, "--add", "shared", "--title", "Shared", "--json")
    assert [one["alias"] for one in json.loads(added.stdout)] == ["shared"]
    again = hydrometer("collections", folder, "--add", "shared")
    assert (again.exit_code, "already" in again.stderr) == (2, True)
    writer = granted(folder, "writer", "--write", "shared")
    reader = granted(folder, "reader", "--read", "shared")
    assert hydrometer("clients", folder).stdout == "reader  read shared  write -\nwriter  read -  write shared\n"
    rights = json.loads(hydrometer("clients", folder, "--json").stdout)
    assert rights[1] == {"name": "writer", "read": [], "write": ["shared"]}
    (tmp_path / "bundle.json").write_text(json.dumps({"type": "bundle", "objects": [indicator("a"), indicator("b")]}))
    with serving(folder, signal.SIGTERM) as url:
        pushed = hydrometer("push", url, "shared", tmp_path / "bundle.json", "--token-file", writer)
        assert (pushed.exit_code, pushed.stdout) == (0, "2 of 2 objects were taken.\n")
        listed = hydrometer("collections", url, "--token-file", reader)
        assert re.search(r"shared  Shared  read -$", listed.stdout.strip())
        pulled = hydrometer("pull", url, "shared", "--into", inbox, "--token-file", reader, "--json")
        assert json.loads(pulled.stdout)["objects"] == 2
        refused = hydrometer("push", url, "shared", tmp_path / "bundle.json", "--token-file", reader)
        assert (refused.exit_code, "403" in refused.stderr) == (2, True)
        assert hydrometer("withdraw", folder, "reader").exit_code == 0
        assert hydrometer("pull", url, "shared", "--into", inbox, "--token-file", reader).exit_code == 2
    (bundle,) = inbox.glob("*.json")
    assert [thing["name"] for thing in json.loads(bundle.read_text())["objects"]] == ["a", "b"]


def test_a_push_that_is_refused_in_part_ends_with_status_3(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    hydrometer("collections", folder, "--add", "shared")
    token = granted(folder, "ours", "--write", "shared")
    (tmp_path / "bundle.json").write_text(json.dumps({"objects": [indicator("a"), {"type": "x"}]}))
    with serving(folder, signal.SIGINT) as url:
        pushed = hydrometer("push", url, "shared", tmp_path / "bundle.json", "--token-file", token)
    assert (pushed.exit_code, pushed.stdout) == (3, "1 of 2 objects were taken.\n")
    assert "no STIX type" in pushed.stderr


def test_what_a_user_can_mend_is_told(tmp_path: Path) -> None:
    (tmp_path / "open.token").write_text("x")
    os.chmod(tmp_path / "open.token", 0o644)  # noqa: PTH101
    for arguments, said in (
        (("grant", tmp_path / "site", "a", "--read", "none"), "no collection none"),
        (("grant", tmp_path / "site", "a b"), "no name"),
        (("withdraw", tmp_path / "site", "a"), "no client"),
        (("collections", tmp_path / "site", "--add", "a b"), "no alias"),
        (("collections", "http://127.0.0.1/api/"), "needs --token-file"),
        (("push", "http://127.0.0.1/", "c", "x.json", "--token-file", tmp_path / "open.token"), "chmod 600"),
        (("serve", tmp_path / "site", "--host", "::", "--port", "0"), "in the clear"),
        (("serve", tmp_path / "site", "--certificate", "x", "--port", "0"), "go together"),
        (("serve", tmp_path / "site", "--certificate", "x", "--key", "y", "--port", "0"), "unusable certificate"),
        (("serve", tmp_path / "site", "--host", "198.51.100.1", "--plain", "--port", "0"), "cannot listen"),
    ):
        done = hydrometer(*arguments)
        assert done.exit_code == 2, (arguments, done)
        assert said in done.stderr


def test_where_it_is_safe_to_listen() -> None:
    for host in ("127.0.0.1", "::1", "localhost", "127.8.8.8"):
        ServerAddress(host=host).check()
    for host in ("0.0.0.0", "::", "198.51.100.7", "example.org"):  # noqa: S104
        with pytest.raises(InputError):
            ServerAddress(host=host).check()
        ServerAddress(host=host, plain=True).check()
