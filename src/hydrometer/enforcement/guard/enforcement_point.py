"""The enforcement point: the one way from every gateway to a decision, and what is done when there is none.

It asks the decider, counts, writes to the audit whatever is not `allow`, and fails open or closed as each gateway is set.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import msgspec

from hydrometer.contract import Decision
from hydrometer.enforcement.guard.error_responses import UNAVAILABLE, Refusal, derive_refusal
from hydrometer.enforcement.guard.request_parser import make_bodiless_request, parse_bodies

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.contract import Failing, GatewaySettings, ModelRequest
    from hydrometer.enforcement.guard.client_identity import ClientIdentity
    from hydrometer.enforcement.guard.event_log import EventLog
    from hydrometer.enforcement.guard.guard_metrics import GuardMetrics


class RequestDecider(Protocol):
    """A decider on requests; does no I/O."""

    def decide(self, request: ModelRequest, now: float) -> Decision:
        """Return the decision at `now`, seconds since 1970."""


class DecisionSource(Protocol):
    """The decider in force, swapped as a whole."""

    @property
    def decider(self) -> RequestDecider | None:
        """The decider; None before the first snapshot."""

    @property
    def expires_at(self) -> float:
        """When its snapshot expires, seconds since 1970."""


class AuditSink(Protocol):
    """A receiver of what is to be in the audit; never waits."""

    def put(self, kind: str, record: dict[str, object]) -> None:
        """Take one record."""


class EnforcementOutcome(msgspec.Struct, frozen=True):
    """A decision, and the refusal that a gateway answers with."""

    decision: Decision
    refusal: Refusal | None = None


MOST_BATCH = 100
"""Requests of a batch that are decided on, evenly over it."""
FAIL_OPEN = Decision(action="allow", why="no decision: the guard fails open")
FAIL_CLOSED = Decision(action="block", rule="", why="no decision: the guard fails closed")


class EnforcementPoint:
    """The place where the decisions of one process are made for all of its gateways, and recorded."""

    def __init__(
        self,
        source: DecisionSource,
        settings: GatewaySettings,
        metrics: GuardMetrics,
        event_log: EventLog,
        audit: AuditSink | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings, self.metrics, self.event_log = settings, metrics, event_log
        self._source, self._audit, self._clock = source, audit, clock
        self._failing: dict[str, Failing] = {}
        self._reported_failures: set[tuple[str, str, str]] = set()

    def ask(self, gateway: str, request: ModelRequest) -> EnforcementOutcome:
        """Decide on a request."""
        return self._ask_safely(gateway, lambda: self._decide(gateway, request))

    def ask_body(self, gateway: str, body: bytes, identity: ClientIdentity) -> EnforcementOutcome:
        """Decide on a body; none is a question about the sender alone.

        A batch is passed as a whole or not at all: the first of its requests that is refused refuses it.
        """
        return self._ask_safely(gateway, lambda: self._decide_body(gateway, body, identity))

    def parse_and_ask(self, gateway: str, parse: Callable[[], tuple[bytes, ClientIdentity]]) -> EnforcementOutcome:
        """Decide on what `parse` returns, a body and its sender; a defect in parsing is one in deciding."""
        return self._ask_safely(gateway, lambda: self._decide_body(gateway, *parse()))

    def _ask_safely(self, gateway: str, decide: Callable[[], EnforcementOutcome]) -> EnforcementOutcome:
        """Return what `decide` returns, or what the gateway's operator chose for a guard that cannot decide."""
        try:
            return decide()
        except Exception as error:  # noqa: BLE001 -- a gateway is before all customers: no defect may become a 500
            return self._fail(gateway, "defect", error)

    def _decide_body(self, gateway: str, body: bytes, identity: ClientIdentity) -> EnforcementOutcome:
        if not body:
            return self._decide(gateway, make_bodiless_request(identity))
        first: EnforcementOutcome | None = None
        for request in parse_bodies(body, identity, most_bytes=self.settings.max_body, most_batch=MOST_BATCH):
            if request.unread:
                self.metrics.bodies[gateway, request.unread] += 1
            outcome = self._decide(gateway, request)
            if outcome.refusal is not None:
                return outcome
            if first is None or first.decision.action == "allow":
                first = outcome
        return first or self._fail(gateway, "nothing to decide on")

    def _decide(self, gateway: str, request: ModelRequest) -> EnforcementOutcome:
        source, now = self._source, self._clock()
        decider = source.decider
        if decider is None:
            return self._fail(gateway, "no snapshot")
        if now >= source.expires_at:
            return self._fail(gateway, "stale snapshot")
        began = time.perf_counter()
        decision = decider.decide(request, now)
        self.metrics.count_decision(gateway, decision, time.perf_counter() - began)
        if not request.account_id:
            self.metrics.sender_faults[gateway, "no account"] += 1
        if decision.action == "allow":
            return EnforcementOutcome(decision)
        refusal = derive_refusal(decision, request)
        self._record(gateway, request, decision, refusal, now)
        return EnforcementOutcome(decision, refusal)

    @property
    def ready(self) -> str:
        """The reason why it is not ready to decide, empty when it is."""
        if self._source.decider is None:
            return "no snapshot"
        return "stale snapshot" if self._clock() >= self._source.expires_at else ""

    def _record(
        self, gateway: str, request: ModelRequest, decision: Decision, refusal: Refusal | None, now: float
    ) -> None:
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
        self.event_log.write(
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

    def _fail(self, gateway: str, why: str, error: Exception | None = None) -> EnforcementOutcome:
        failing = self._failing.get(gateway)
        if failing is None:
            failing = self._failing[gateway] = self.settings.failing_of(gateway)
        self.metrics.failures[gateway, failing, why] += 1
        # Said once for each kind: a line for every request would fill the disk. The count goes on in the metrics.
        kind = (gateway, why, type(error).__name__)
        if kind not in self._reported_failures:
            self._reported_failures.add(kind)
            if error is not None:
                self.event_log.write_error("undecided", error, gateway=gateway, failing=failing, why=why)
            else:
                self.event_log.write("undecided", gateway=gateway, failing=failing, why=why)
        return EnforcementOutcome(FAIL_OPEN) if failing == "open" else EnforcementOutcome(FAIL_CLOSED, UNAVAILABLE)


_AUDITED = ("action", "rule", "scope", "campaign", "probability", "why", "shadow", "case", "snapshot")
