"""Private matching over the loopback, and by the command line in processes of its own."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from fixtures.matching_sites import KEY, items
from hydrometer.cli.app import app
from hydrometer.contract.errors import InputError
from hydrometer.files import open_listener
from hydrometer.intelligence.psi import tcp_sessions
from hydrometer.intelligence.psi.partner_file import Partner
from hydrometer.intelligence.psi.query_quota import SessionLedger
from hydrometer.intelligence.psi.session_terms import LocalRequest
from hydrometer.intelligence.psi.tcp_sessions import SessionSetup

if TYPE_CHECKING:
    from pathlib import Path


def parts(folder: Path, name: str, values: range, key: str = KEY) -> SessionSetup:
    wish = LocalRequest(items=items(values))
    return SessionSetup(Partner(name="them", key=key), wish, SessionLedger(folder / name), seconds=20, threads=1)


def test_a_partner_is_served_also_after_strangers(tmp_path: Path) -> None:
    told: list[str] = []
    with open_listener("127.0.0.1", 0) as listening, ThreadPoolExecutor(1) as threads:
        port = listening.getsockname()[1]
        serving = threads.submit(
            tcp_sessions.serve_session, listening, parts(tmp_path, "a", range(5)), 20.0, told.append
        )
        with socket.create_connection(("127.0.0.1", port)) as rude:
            rude.sendall(b"GET / HTTP/1.1\r\nHost: somewhere\r\n\r\n" + b" " * 100)
        with pytest.raises(InputError):
            tcp_sessions.join_session("127.0.0.1", port, parts(tmp_path, "b", range(5), "cd" * 32))
        joined = tcp_sessions.join_session("127.0.0.1", port, parts(tmp_path, "c", range(3, 9)))
        assert serving.result().items == joined.items == items(range(3, 5))
    assert len(told) == 2


def test_nobody_comes_and_nobody_waits(tmp_path: Path) -> None:
    with open_listener("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(InputError, match="no partner came"):
            tcp_sessions.serve_session(listening, parts(tmp_path, "a", range(5)), 0.05, print)
        with pytest.raises(InputError, match="cannot listen"), open_listener("127.0.0.1", port):
            pass
    with pytest.raises(InputError, match="cannot reach"):
        tcp_sessions.join_session("127.0.0.1", port, parts(tmp_path, "a", range(5)))


def hydrometer(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["match", *map(str, arguments)])


def test_two_processes_find_what_both_have(tmp_path: Path) -> None:
    """The list of one, the partner's file copied to the other, and who is to learn."""
    for name, values in (("ours", range(5)), ("theirs", range(3, 9))):
        (tmp_path / name).write_text("".join(f"asn:{value}\n" for value in values))
    assert hydrometer("partner", "them", "--out", tmp_path / "p.toml").exit_code == 0
    (tmp_path / "q.toml").touch(mode=0o600)
    (tmp_path / "q.toml").write_bytes((tmp_path / "p.toml").read_bytes())
    ours = [str(tmp_path / "ours"), "--partner", str(tmp_path / "p.toml"), "--port", "0", "--learn", "us", "--json"]
    command = [sys.executable, "-m", "hydrometer", "match", "serve", *ours]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:  # noqa: S603
        assert serving.stderr
        port = re.search(r"port (\d+)", serving.stderr.readline())
        assert port
        theirs = (tmp_path / "theirs", "--partner", tmp_path / "q.toml", "--port", port[1], "--learn", "them")
        joined = hydrometer("join", *theirs)
        out, _ = serving.communicate(timeout=60)
    assert (joined.exit_code, joined.stdout) == (0, "")
    assert "6 of ours, 5 of them" in joined.stderr
    assert serving.returncode == 0
    assert json.loads(out)["shared"] == [{"kind": "asn", "value": "3"}, {"kind": "asn", "value": "4"}]
    (entry,) = json.loads(hydrometer("sessions", "--partner", tmp_path / "q.toml", "--json").stdout)
    assert (entry["theirs"], entry["counted"], entry["outcome"]) == (5, True, "finished")
    assert "theirs 6, ours 5" in hydrometer("sessions", "--partner", tmp_path / "p.toml").stdout


def test_unusable_input_ends_with_status_2(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("planet:earth\n")
    done = hydrometer("join", tmp_path / "list", "--partner", tmp_path / "none.toml")
    assert done.exit_code == 2
    assert "planet" in done.stderr
    (tmp_path / "list").write_text("asn:3\n")
    assert (
        "cannot read the partner's file" in hydrometer("join", tmp_path / "list", "--partner", tmp_path / "no").stderr
    )
