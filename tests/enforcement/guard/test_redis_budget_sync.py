"""One budget over two gateways that speak by a real Redis or Valkey server, which dies and comes back."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from fixtures.guard_sites import HARVEST, NOW, guard, policy, request
from hydrometer.contract.errors import InputError
from hydrometer.contract.policy_schema import Budget
from hydrometer.enforcement.guard.budget_windows import BudgetWindows
from hydrometer.enforcement.guard.redis_budget_sync import BudgetSync

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hydrometer.enforcement.guard.decision_point import DecisionPoint

redis = pytest.importorskip("redis")
PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="neither redis-server nor valkey-server is installed")

LIMIT = 1_000
RULES = policy(budgets=(Budget(name="together", over="campaign", requests=LIMIT, seconds=600),))


class Server:
    """A server of one's own on a free port of this machine."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        assert PROGRAM is not None
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([PROGRAM, *options], cwd=self._folder, stdout=subprocess.DEVNULL)  # noqa: S603
        client = redis.Redis(port=self.port)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.02)
        client.close()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.start()
    yield made
    made.kill()


def gateway(server: Server, said: list[str]) -> tuple[DecisionPoint, BudgetSync]:
    made = guard(RULES)
    return made, BudgetSync(made.budgets, server.address, key=b"fleet", gateways=2, say=said.append)


def passed(made: DecisionPoint, requests: int, now: float) -> int:
    actions = [made.decide(request(f"new{n}", prompt=HARVEST), now).action for n in range(requests)]
    return actions.count("allow")


def test_two_gateways_keep_one_budget_and_their_halves_while_the_server_is_gone(server: Server) -> None:
    said: list[str] = []
    (one, first), (two, second) = gateway(server, said), gateway(server, said)
    for fleet in (first, second, first):
        assert fleet.exchange()
    assert (first.gateways, second.gateways, first.alone) == (2, 2, False)

    let = 0
    for turn in range(40):
        let += passed(one, 50, NOW + turn) + passed(two, 10, NOW + turn)
        assert first.exchange()
        assert second.exchange()
    assert LIMIT <= let <= 1.05 * LIMIT
    # A gateway that the campaign has not used yet hears of the others' requests as soon as it sees one.
    three, third = gateway(server, said)
    assert third.exchange()
    assert passed(three, 1, NOW + 60) == 1
    assert third.exchange()
    assert passed(three, 100, NOW + 60) == 0

    assert first.exchange()
    assert second.exchange()
    assert (first.gateways, second.gateways) == (3, 3)
    server.kill()
    assert not first.exchange()
    assert first.alone
    assert any("is lost" in what for what in said)
    later = NOW + 1_000
    assert passed(one, 1_000, later) == LIMIT // 3
    assert not second.exchange()
    assert passed(two, 1_000, later) == LIMIT // 3

    server.start()
    for fleet in (first, second, first, second):
        assert fleet.exchange()
    assert not first.alone
    assert said[-1].startswith("budgets are shared by")
    rest = 0
    for turn in range(40):
        rest += passed(one, 50, later + turn / 10) + passed(two, 50, later + turn / 10)
        assert first.exchange()
        assert second.exchange()
    assert LIMIT <= rest + 2 * (LIMIT // 3) <= 1.05 * LIMIT + 50
    for fleet in (first, second, third):
        fleet.stop()


def test_the_server_learns_no_subject(server: Server) -> None:
    made = guard(policy(budgets=(Budget(name="a", over="address", requests=10, seconds=60),)))
    fleet = BudgetSync(made.budgets, server.address, key=b"fleet")
    made.decide(request("account", client_ip="203.0.113.77"), NOW)
    assert fleet.exchange()
    client = redis.Redis(port=server.port)
    keys = [key.decode() for key in client.keys("*")]
    assert len(keys) == 2
    assert not any("203.0.113" in key or "account" in key for key in keys)
    assert all(0 < client.ttl(key) <= 3600 for key in keys)
    client.close()
    fleet.stop()


def test_the_thread_exchanges_by_itself_and_ends(server: Server) -> None:
    said: list[str] = []
    made, fleet = gateway(server, said)
    assert fleet.alone
    fleet.start()
    until = time.monotonic() + 30
    while fleet.alone and time.monotonic() < until:
        time.sleep(0.01)
    assert not fleet.alone
    server.kill()
    while not fleet.alone and time.monotonic() < until:
        time.sleep(0.01)
    assert fleet.alone
    fleet.stop()
    assert not made.budgets.shared


def test_an_address_that_is_none() -> None:
    with pytest.raises(InputError, match="is no address"):
        BudgetSync(BudgetWindows(), "nonsense", key=b"")
