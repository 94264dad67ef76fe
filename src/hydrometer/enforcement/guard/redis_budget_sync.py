"""One budget for many gateways: each reports its counts to a Redis or Valkey server, and reads what all counted.

Deciding never waits for it: a thread of its own exchanges counts ten times a second. Subjects go as keyed hashes, so that
the server learns no account or address. When the server cannot be reached, every gateway keeps to its share of each
budget, by the number of gateways that were heard last, until it is back.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hydrometer.contract import InputError
from hydrometer.enforcement.guard.sliding_window import STEPS
from hydrometer.enforcement.text_digest import digest_text
from hydrometer.files import require_extra

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.enforcement.guard.budget_windows import BudgetWindows
    from hydrometer.enforcement.guard.sliding_window import BudgetChange

EXCHANGE_SECONDS = 0.1
"""Between two exchanges."""
TIMEOUT_SECONDS = 0.5
"""Seconds after which the server counts as unreachable."""
SILENT_SECONDS = 5.0
"""Seconds after which a gateway that was not heard is not counted."""
MOST_CHANGES = 2_000
"""Changes that are reported at once; as many again wait for the next time, and what is beyond is counted as `untold`."""
KEY_PREFIX = "hydrometer:budget"

Say = Callable[[str], None]


class BudgetSync:
    """An exchange of the counts of `budgets` with the other gateways of one fleet, by a server."""

    def __init__(
        self,
        budgets: BudgetWindows,
        address: str,
        *,
        key: bytes,
        gateways: int = 1,
        say: Say | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Connect when started, not before.

        Args:
            budgets: those of this gateway's guard.
            address: redis://host:port/db, rediss:// with TLS, or unix:///path.
            key: the fleet's secret, the same on every gateway; keys the subjects' hashes.
            gateways: how many there are at least, for the time before others were heard.
            say: called in plain words when the server is lost, and when it is back.
            clock: seconds since 1970.

        Raises:
            InputError: the extra is not installed, or the address is none.
        """
        with require_extra("redis", "sharing budgets"):
            import redis  # late: an extra
        try:
            self._server: Any = redis.Redis.from_url(
                address, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS, retry=None
            )
        except ValueError as error:
            raise InputError(f"{address} is no address: {error}", mend="Give redis://HOST:PORT.") from None
        self._failures: tuple[type[Exception], ...] = (redis.RedisError, OSError)
        self._budgets, self._key, self._least, self._say, self._clock = budgets, key, gateways, say, clock
        self._name = secrets.token_hex(8)
        self._waiting: list[BudgetChange] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.exchanges = self.failures = self.untold = 0
        budgets.gateways, budgets.shared, budgets.alone = max(1, gateways), True, True

    @property
    def alone(self) -> bool:
        """Whether the others cannot be heard."""
        return self._budgets.alone

    @property
    def gateways(self) -> int:
        """How many gateways were heard last, this one among them."""
        return self._budgets.gateways

    def start(self) -> None:
        """Exchange counts from now on, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="fleet", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Exchange no more; the budgets are this gateway's alone afterwards."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._server.close()
        self._budgets.shared = self._budgets.alone = False

    def exchange(self) -> bool:
        """Exchange counts once; return whether the server answered."""
        try:
            gateways = self._announce()
            # Counts are taken only when the server has just answered: what was counted without it is reported later. A server
            # that is lost in between may have heard them or not; they are not reported again, since a customer would pay for
            # what was counted twice.
            changes = [*self._waiting, *self._budgets.changes()]
            batch, self._waiting = changes[:MOST_CHANGES], changes[MOST_CHANGES:][:MOST_CHANGES]
            self.untold += max(0, len(changes) - 2 * MOST_CHANGES)
            heard = self._send_changes(batch)
        except self._failures as error:
            self.failures += 1
            if not self._budgets.alone or self.failures == 1:
                self._budgets.alone = True
                self._report(
                    f"the server of shared budgets is lost ({type(error).__name__}): 1/{self.gateways} of each"
                )
            return False
        self.exchanges += 1
        self._budgets.learn(heard)
        self._budgets.gateways = max(self._least, gateways)
        if self._budgets.alone:
            self._budgets.alone = False
            self._report(f"budgets are shared by {self.gateways} gateways")
        return True

    def _announce(self) -> int:
        """Announce this gateway; return how many did so of late."""
        now, redis_key = self._clock(), f"{KEY_PREFIX}:gateways"
        pipe = self._server.pipeline(transaction=False)
        pipe.zadd(redis_key, {self._name: now})
        pipe.zremrangebyscore(redis_key, "-inf", now - SILENT_SECONDS)
        pipe.expire(redis_key, 3600)
        pipe.zcard(redis_key)
        return int(pipe.execute()[-1])

    def _send_changes(self, changes: Sequence[BudgetChange]) -> list[tuple[BudgetChange, dict[int, int]]]:
        """Return, with each change, what the fleet counted of its subject by step."""
        if not changes:
            return []
        pipe = self._server.pipeline(transaction=False)
        for change in changes:
            redis_key = f"{KEY_PREFIX}:{change.budget}:{self._hash_subject(change.subject)}"
            pipe.hincrby(redis_key, str(change.step), change.requests)
            # Steps that every window has left long ago.
            pipe.hdel(redis_key, *(str(change.step - STEPS - back) for back in range(1, STEPS)))
            pipe.expire(redis_key, change.seconds)
            pipe.hgetall(redis_key)
        answers = pipe.execute()[3::4]
        return [
            (change, {int(step): int(count) for step, count in answer.items()})
            for change, answer in zip(changes, answers, strict=True)
        ]

    def _hash_subject(self, subject: str) -> str:
        return digest_text(subject, 12, self._key).hex()

    def _run(self) -> None:
        while not self._stop.wait(EXCHANGE_SECONDS):
            self.exchange()

    def _report(self, what: str) -> None:
        if self._say is not None:
            self._say(what)
