"""The gate: the one way from every gateway to a decision, and what is done when there is none.

It asks the decider, counts, writes to the audit whatever is not `allow`, and fails open or closed as each gateway is set.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import msgspec

from hydrometer.contract.decisions import Decision
from hydrometer.guard.bodies import read_bodies, without_body
from hydrometer.guard.boundary import Boundary
from hydrometer.guard.refusals import UNAVAILABLE, Refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.contract.decisions import Request
    from hydrometer.contract.gateway import Failing, GatewaySettings
    from hydrometer.guard.bodies import Sender
    from hydrometer.guard.journal import Journal
    from hydrometer.guard.metrics import GuardMetrics


class Decider(Protocol):
    """Decides on a request; does no I/O."""

    def decide(self, request: Request, now: float) -> Decision:
        """Return the decision at `now`, seconds since 1970."""


class Held(Protocol):
    """What is in force at a moment; swapped as a whole."""

    @property
    def decider(self) -> Decider | None:
        """What decides; None before the first snapshot."""

    @property
    def expires_at(self) -> float:
        """When what it goes by expires, seconds since 1970."""


class AuditSink(Protocol):
    """Takes what is to be in the audit; never waits."""

    def put(self, kind: str, record: dict[str, object]) -> None:
        """Take one record."""


class Outcome(msgspec.Struct, frozen=True):
    """What a gateway does with a request."""

    decision: Decision
    refusal: Refusal | None = None


MOST_BATCH = 100
"""Requests of a batch that are decided on, evenly over it."""
PASSED = Decision(action="allow", why="no decision: the guard fails open")
REFUSED = Decision(action="block", rule="", why="no decision: the guard fails closed")


class Gate:
    """Decides on requests for all gateways of a process."""

    def __init__(
        self,
        held: Held,
        settings: GatewaySettings,
        metrics: GuardMetrics,
        journal: Journal,
        audit: AuditSink | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings, self.metrics, self.journal = settings, metrics, journal
        self._held, self._audit, self._clock = held, audit, clock
        self._failing: dict[str, Failing] = {}
        self._told: set[tuple[str, str, str]] = set()

    def ask(self, gateway: str, request: Request) -> Outcome:
        """Decide on a request."""
        with Boundary() as boundary:
            return self._decided(gateway, request)
        return self._failed(gateway, "defect", boundary.error)

    def ask_body(self, gateway: str, body: bytes, sender: Sender) -> Outcome:
        """Decide on a body; none is a question about the sender alone.

        A batch is passed as a whole or not at all: the first of its requests that is refused refuses it.
        """
        with Boundary() as boundary:
            return self._read(gateway, body, sender)
        return self._failed(gateway, "defect", boundary.error)

    def ask_made(self, gateway: str, make: Callable[[], tuple[bytes, Sender]]) -> Outcome:
        """Decide on what `make` returns, a body and its sender; a defect in making it is one in deciding."""
        with Boundary() as boundary:
            return self._read(gateway, *make())
        return self._failed(gateway, "defect", boundary.error)

    def _read(self, gateway: str, body: bytes, sender: Sender) -> Outcome:
        if not body:
            return self._decided(gateway, without_body(sender))
        first: Outcome | None = None
        for request in read_bodies(body, sender, most_bytes=self.settings.max_body, most_batch=MOST_BATCH):
            if request.unread:
                self.metrics.bodies[gateway, request.unread] += 1
            outcome = self._decided(gateway, request)
            if outcome.refusal is not None:
                return outcome
            if first is None or first.decision.action == "allow":
                first = outcome
        return first or self._failed(gateway, "nothing to decide on")

    def _decided(self, gateway: str, request: Request) -> Outcome:
        held, now = self._held, self._clock()
        decider = held.decider
        if decider is None:
            return self._failed(gateway, "no snapshot")
        if now >= held.expires_at:
            return self._failed(gateway, "stale snapshot")
        began = time.perf_counter()
        decision = decider.decide(request, now)
        self.metrics.decided(gateway, decision, time.perf_counter() - began)
        if not request.account_id:
            self.metrics.senders[gateway, "no account"] += 1
        if decision.action == "allow":
            return Outcome(decision)
        refusal = refusal_of(decision, request)
        self._record(gateway, request, decision, refusal, now)
        return Outcome(decision, refusal)

    @property
    def ready(self) -> str:
        """Return why it is not ready to decide, empty when it is."""
        if self._held.decider is None:
            return "no snapshot"
        return "stale snapshot" if self._clock() >= self._held.expires_at else ""

    def _record(self, gateway: str, request: Request, decision: Decision, refusal: Refusal | None, now: float) -> None:
        if self._audit is not None:
            self._audit.put(
                "decision",
                {
                    "at": now,
                    "gateway": gateway,
                    "account": request.account_id,
                    "organisation": request.organisation,
                    "model": request.model,
                    "status": refusal.status if refusal else 200,
                    **{name: getattr(decision, name) for name in _AUDITED},
                },
            )
        self.journal.tell(
            "decision",
            gateway=gateway,
            action=decision.action,
            rule=decision.rule,
            shadow=decision.shadow,
            refused=refusal.code if refusal else "",
            case=decision.case,
            campaign=decision.campaign,
            snapshot=decision.snapshot,
        )

    def _failed(self, gateway: str, why: str, error: Exception | None = None) -> Outcome:
        failing = self._failing.get(gateway)
        if failing is None:
            failing = self._failing[gateway] = self.settings.failing_of(gateway)
        self.metrics.failures[gateway, failing, why] += 1
        # Said once for each kind: a line for every request would fill the disk. The count goes on in the metrics.
        kind = (gateway, why, type(error).__name__)
        if kind not in self._told:
            self._told.add(kind)
            if error is not None:
                self.journal.tell_error("undecided", error, gateway=gateway, failing=failing, why=why)
            else:
                self.journal.tell("undecided", gateway=gateway, failing=failing, why=why)
        return Outcome(PASSED) if failing == "open" else Outcome(REFUSED, UNAVAILABLE)


_AUDITED = ("action", "rule", "scope", "campaign", "probability", "why", "shadow", "case", "snapshot")
