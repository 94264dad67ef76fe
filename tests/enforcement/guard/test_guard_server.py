"""The server as a process: started by its command, killed, left without what it depends on."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import orjson
import pytest

from fixtures.gateway_parts import await_true, free_port, process
from fixtures.serving_parts import Files
from hydrometer.contract.errors import InputError
from hydrometer.enforcement.guard.client_identity import ClientIdentity
from hydrometer.enforcement.guard.guard_runtime import GuardConfig, GuardRuntime
from hydrometer.enforcement.signing_keys import make_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


BAD = {"input_type": "request", "texts": [], "request_data": {"user_api_key_hash": "bad"}}


def command(files: Files, port: int, *more: str) -> list[str]:
    start = [sys.executable, "-m", "hydrometer", "guard", "serve", str(files.snapshot)]
    log = str(files.folder / "log")
    return [*start, "--public-key", str(files.public), "--port", str(port), "--log", log, *more]


@contextmanager
def served(files: Files, *more: str) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes]]]:
    port = free_port()
    with (
        process(command(files, port, *more), files.folder, port) as started,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        yield client, started


def asked(client: httpx.Client, account: str) -> httpx.Response:
    return client.get("/forward-auth", headers={"x-account-id": account, "x-forwarded-for": "198.51.100.7"})


def test_verdicts_and_budgets_are_kept_over_a_reload_and_written_to_the_audit(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write("v1")
    quick = tmp_path / "gateways.toml"
    quick.write_text("reload_seconds = 0.05\n")
    audit = tmp_path / "audit"
    with served(files, "--settings", str(quick), "--audit", str(audit)) as (client, started):
        assert client.get("/readyz").json() == {"ready": True}
        assert [asked(client, name).status_code for name in ("bad", "suspect", "good")] == [403, 403, 200]
        assert asked(client, "bad").json()["error"]["appeal_url"] == "https://example.org/appeal"
        assert [asked(client, "free").status_code for _ in range(3)] == [200, 200, 200]
        files.write("v2", blocked=("worse",))
        await_true(lambda: 'version="v2"' in client.get("/metrics").text, "the newer snapshot")
        assert [asked(client, name).status_code for name in ("bad", "worse")] == [200, 403]
        over = asked(client, "free")
        assert over.status_code == 429
        assert int(over.headers["retry-after"]) >= 1
        page = client.get("/metrics").text
        assert 'hydrometer_guard_decisions_total{action="block",gateway="forward_auth",rule="members"' in page
        assert 'hydrometer_guard_budget_subjects{budget="each' in page
        started.send_signal(signal.SIGTERM)
        assert started.wait() == 0
    checked = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-m", "hydrometer", "audit", "verify", str(audit)], capture_output=True, text=True
    )
    if "No such command" not in checked.stderr:
        assert checked.returncode == 0, checked.stderr
    lines = [orjson.loads(line) for file in sorted(audit.glob("*.jsonl")) for line in file.read_bytes().splitlines()]
    text = "\n".join(str(line) for line in lines)
    assert text.count("'decision'") == 5
    assert text.count("'snapshot'") >= 2
    assert {"started", "snapshot_loaded"} >= {orjson.loads(line)["event"] for line in events(tmp_path)} - {"decision"}


def events(folder: Path) -> list[bytes]:
    return (folder / "log").read_bytes().splitlines()


@pytest.mark.parametrize("broken", ["no snapshot", "stale snapshot", "damaged"])
def test_without_a_good_snapshot_each_gateway_fails_as_set(tmp_path: Path, broken: str) -> None:
    files = Files(tmp_path)
    if broken == "stale snapshot":
        files.write(seconds=2.0)
    elif broken == "damaged":
        files.snapshot.write_bytes(b"HYDROSN1 and no more")
    setting = tmp_path / "gateways.toml"
    setting.write_text("reload_seconds = 0.05\n[failing_by]\nforward_auth = 'closed'\n")
    with served(files, "--settings", str(setting)) as (client, _):
        await_true(lambda: client.get("/readyz").status_code == 503, "the snapshot is not to be gone by")
        assert client.get("/healthz").status_code == 200
        assert asked(client, "bad").status_code == 503
        assert client.post("/beta/litellm_basic_guardrail_api", json=BAD).json() == {"action": "NONE"}
        page = client.get("/metrics").text
        assert 'failures_total{done="closed",gateway="forward_auth"' in page
        assert 'failures_total{done="open",gateway="litellm_http"' in page
        files.write("good")
        await_true(lambda: client.get("/readyz").status_code == 200, "a good snapshot")
        assert asked(client, "bad").status_code == 403
        assert client.post("/beta/litellm_basic_guardrail_api", json=BAD).json()["action"] == "BLOCKED"


def test_two_servers_cannot_write_one_audit(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write()
    with served(files, "--audit", str(tmp_path / "audit")):
        second = subprocess.run(  # noqa: S603 -- our own command
            command(files, free_port(), "--audit", str(tmp_path / "audit")), capture_output=True, text=True
        )
    assert second.returncode == 2
    assert "another process" in second.stderr


def verified(audit: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-m", "hydrometer", "audit", "verify", str(audit), *more], capture_output=True, text=True
    )


def test_a_signed_head_shows_what_was_cut_off_after_the_server_was_killed(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write()
    secret, public = make_keys(tmp_path / "audit.key")
    (tmp_path / "gateways.toml").write_text("audit_head_seconds = 0.05\n")
    audit = tmp_path / "audit"
    more = ("--settings", str(tmp_path / "gateways.toml"), "--audit", str(audit), "--audit-key", str(secret))
    signed = ("--public-key", str(public), "--signed-head")

    def headed() -> int:
        return (
            int(orjson.loads((audit / "head.json").read_bytes())["sequence"]) if (audit / "head.json").exists() else 0
        )

    with served(files, *more) as (client, started):
        for _ in range(3):
            assert asked(client, "bad").status_code == 403
        await_true(lambda: headed() == 4, "the head of a snapshot and three decisions")
        assert 'hydrometer_guard_audit_heads_total{outcome="written"}' in client.get("/metrics").text
        while_it_ran = verified(audit, *signed)
        assert "1 to 4: whole; 1 anchors held, the last of line 4" in while_it_ran.stdout
        started.send_signal(signal.SIGKILL)
        started.wait()
    killed = verified(audit, *signed)
    assert (killed.returncode, "4 lines, 1 to 4: whole" in killed.stdout) == (0, True), killed.stdout
    (file,) = audit.glob("*.jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    for shorter in (b"".join(lines[:3]), b"".join(lines[:3]) + lines[3][:90]):
        file.write_bytes(shorter)
        cut = verified(audit, *signed)
        assert cut.returncode == 2
        assert "line 4, which an anchor names, is not there: cut off" in cut.stdout
    again = subprocess.run(command(files, free_port(), *more), capture_output=True, text=True)  # noqa: S603
    assert again.returncode == 2
    assert "ends with line 3, and its head names line 4" in again.stderr
    assert headed() == 4  # no later head covers what was done
    file.write_bytes(b"".join(lines))
    with served(files, *more) as (_, started):
        started.send_signal(signal.SIGTERM)
        assert started.wait() == 0
    ended = verified(audit, *signed)
    assert (ended.returncode, headed()) == (0, 5), ended.stdout


@pytest.mark.parametrize("key", ["of snapshots", "without a log", "nowhere"])
def test_a_key_of_the_audit_that_cannot_be_used_is_refused(tmp_path: Path, key: str) -> None:
    files = Files(tmp_path)
    files.write()
    secret, public = make_keys(tmp_path / "audit.key")
    place = GuardConfig(
        snapshot=files.snapshot,
        public_keys=(files.public, public) if key == "of snapshots" else (files.public,),
        audit=tmp_path / "audit" if key != "without a log" else None,
        audit_key=secret if key != "nowhere" else tmp_path / "nowhere",
        log=tmp_path / "log",
    )
    says = {"of snapshots": "which no gateway may hold", "without a log": "none is named", "nowhere": "cannot be read"}
    with pytest.raises(InputError, match=says[key]):
        GuardRuntime(place)


@pytest.mark.parametrize("wrong", ["token", "settings", "port", "public key"])
def test_what_cannot_be_used_ends_the_start_with_2(tmp_path: Path, wrong: str) -> None:
    files = Files(tmp_path)
    files.write()
    more: list[str] = []
    if wrong == "token":
        (tmp_path / "token").write_text("short")
        more = ["--token-file", str(tmp_path / "token")]
    elif wrong == "settings":
        more = ["--settings", str(tmp_path / "nowhere.toml")]
    elif wrong == "port":
        more = ["--host", "192.0.2.1"]
    else:
        files.public.write_text("no key")
    ended = subprocess.run(command(files, free_port(), *more), capture_output=True, text=True)  # noqa: S603
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.startswith("Error: ")


def test_envoys_port_is_served_beside_http(tmp_path: Path) -> None:
    grpc = pytest.importorskip("grpc")
    auth = pytest.importorskip("envoy.service.auth.v3.external_auth_pb2")
    stubs = pytest.importorskip("envoy.service.auth.v3.external_auth_pb2_grpc")
    files = Files(tmp_path)
    files.write()
    with served(files, "--envoy-port", "0"):
        await_true(lambda: "gRPC" in (tmp_path / "output").read_text(), "the port of gRPC")
        said = re.search(r"gRPC on port (\d+)", (tmp_path / "output").read_text())
        assert said
        with grpc.insecure_channel(f"127.0.0.1:{said[1]}") as channel:
            question = auth.CheckRequest()
            question.attributes.request.http.headers["x-account-id"] = "bad"
            assert stubs.AuthorizationStub(channel).Check(question).denied_response.status.code == 403


def test_a_fleet_whose_server_is_gone_keeps_to_its_share_and_answers(tmp_path: Path) -> None:
    pytest.importorskip("redis")
    files = Files(tmp_path)
    files.write()
    secret = tmp_path / "site.key"
    secret.write_bytes(bytes(range(16)))
    secret.chmod(0o600)
    gone = f"redis://127.0.0.1:{free_port()}/0"
    with served(files, "--site-key", str(secret), "--redis", gone, "--gateways", "3") as (client, _):
        # A budget of three among three gateways that cannot hear one another: one each.
        assert [asked(client, "free").status_code for _ in range(2)] == [200, 429]
        assert [asked(client, name).status_code for name in ("good", "bad")] == [200, 403]
        page = client.get("/metrics").text
        assert "hydrometer_guard_fleet_alone 1.0" in page
        await_true(lambda: "hydrometer_guard_fleet_failures 0.0" not in client.get("/metrics").text, "a failure")


def test_a_fleet_without_a_key_is_refused(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write()
    place = GuardConfig(
        snapshot=files.snapshot, public_keys=(files.public,), log=tmp_path / "log", redis="redis://127.0.0.1:1/0"
    )
    with pytest.raises(InputError, match="site key"):
        GuardRuntime(place)


def test_a_gateway_that_there_is_not_is_refused(tmp_path: Path) -> None:
    files = Files(tmp_path)
    setting = tmp_path / "gateways.toml"
    setting.write_text("[failing_by]\nenvoi = 'closed'\n")
    with pytest.raises(InputError, match=r"envoi.*asgi, authzen, envoy, forward_auth, litellm, litellm_http"):
        GuardRuntime(GuardConfig(snapshot=files.snapshot, public_keys=(files.public,), settings=setting))


def test_the_gate_of_an_own_server_closes_what_it_opened(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write()
    place = GuardConfig(
        snapshot=files.snapshot, public_keys=(files.public,), audit=tmp_path / "audit", log=tmp_path / "log"
    )
    for _ in range(2):  # the second could not open the audit if the first had kept it
        with GuardRuntime(place) as opened:
            outcome = opened.enforcement_point.ask_body("asgi", b"", ClientIdentity(account_id="bad"))
            assert outcome.refusal is not None
    with pytest.raises(InputError, match="cannot be written"):
        GuardRuntime(GuardConfig(snapshot=files.snapshot, public_keys=(files.public,), log=tmp_path / "no" / "log"))
