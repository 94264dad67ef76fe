"""`hydrometer taxii` in processes of its own: a server, a partner that pushes and one that pulls."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from taxii_parts import indicator

from hydrometer.contract.errors import InputError
from hydrometer.sharing.listen import Listen

if TYPE_CHECKING:
    from pathlib import Path


def hydrometer(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hydrometer", "taxii", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def granted(folder: Path, name: str, *rights: str) -> Path:
    done = hydrometer("grant", folder, name, *rights)
    assert done.returncode == 0, done.stderr
    file = folder.parent / f"{name}.token"
    file.touch(mode=0o600)
    file.write_text(done.stdout)
    return file


def test_a_bundle_goes_from_one_site_to_the_other(tmp_path: Path) -> None:
    folder, inbox = tmp_path / "site", tmp_path / "inbox"
    added = hydrometer("collections", folder, "--add", "shared", "--title", "Shared", "--json")
    assert [one["alias"] for one in json.loads(added.stdout)] == ["shared"]
    again = hydrometer("collections", folder, "--add", "shared")
    assert (again.returncode, "already" in again.stderr) == (2, True)
    writer = granted(folder, "writer", "--write", "shared")
    reader = granted(folder, "reader", "--read", "shared")
    (tmp_path / "bundle.json").write_text(json.dumps({"type": "bundle", "objects": [indicator("a"), indicator("b")]}))
    command = [sys.executable, "-m", "hydrometer", "taxii", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as serving:
        assert serving.stderr
        url = re.search(r"http://\S+", serving.stderr.readline())
        assert url
        pushed = hydrometer("push", url[0], "shared", tmp_path / "bundle.json", "--token-file", writer)
        assert (pushed.returncode, pushed.stdout) == (0, "2 of 2 objects were taken.\n")
        listed = hydrometer("collections", url[0], "--token-file", reader)
        assert re.search(r"shared  Shared  read -$", listed.stdout.strip())
        pulled = hydrometer("pull", url[0], "shared", "--into", inbox, "--token-file", reader, "--json")
        assert json.loads(pulled.stdout)["objects"] == 2
        refused = hydrometer("push", url[0], "shared", tmp_path / "bundle.json", "--token-file", reader)
        assert (refused.returncode, "403" in refused.stderr) == (2, True)
        assert hydrometer("withdraw", folder, "reader").returncode == 0
        assert hydrometer("pull", url[0], "shared", "--into", inbox, "--token-file", reader).returncode == 2
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(30) == 0
    (bundle,) = inbox.glob("*.json")
    assert [thing["name"] for thing in json.loads(bundle.read_text())["objects"]] == ["a", "b"]


def test_a_push_that_is_refused_in_part_ends_with_status_3(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    hydrometer("collections", folder, "--add", "shared")
    token = granted(folder, "ours", "--write", "shared")
    (tmp_path / "bundle.json").write_text(json.dumps({"objects": [indicator("a"), {"type": "x"}]}))
    command = [sys.executable, "-m", "hydrometer", "taxii", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as serving:
        assert serving.stderr
        url = serving.stderr.readline().split()[-1]
        pushed = hydrometer("push", url, "shared", tmp_path / "bundle.json", "--token-file", token)
        serving.send_signal(signal.SIGINT)
        assert serving.wait(30) == 0
    assert (pushed.returncode, pushed.stdout) == (3, "1 of 2 objects were taken.\n")
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
        (("serve", tmp_path / "site", "--host", "0.0.0.0", "--port", "0"), "in the clear"),
        (("serve", tmp_path / "site", "--certificate", "x", "--port", "0"), "go together"),
        (("serve", tmp_path / "site", "--certificate", "x", "--key", "y", "--port", "0"), "unusable certificate"),
        (("serve", tmp_path / "site", "--host", "198.51.100.1", "--plain", "--port", "0"), "cannot listen"),
    ):
        done = hydrometer(*arguments)
        assert done.returncode == 2, (arguments, done)
        assert said in done.stderr


def test_where_it_is_safe_to_listen() -> None:
    for host in ("127.0.0.1", "::1", "localhost", "127.8.8.8"):
        Listen(host=host).check()
    for host in ("0.0.0.0", "::", "198.51.100.7", "example.org"):  # noqa: S104
        with pytest.raises(InputError):
            Listen(host=host).check()
        Listen(host=host, plain=True).check()
