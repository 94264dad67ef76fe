"""Decides on a request. No clock, no file, no connection: what is known comes in a snapshot, the time with the request."""

from __future__ import annotations

import base64
import secrets
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hydrometer.contract.addresses import network_of
from hydrometer.contract.decisions import Decision, Request
from hydrometer.contract.policy import Limits
from hydrometer.guard.budgets import Budgets
from hydrometer.guard.envelopes import Envelopes
from hydrometer.guard.going import Going, Seen, Standing
from hydrometer.guard.rulebook import hardest, reaching
from hydrometer.guard.suspects import Suspects
from hydrometer.guard.wording import NOTHING, Carried

if TYPE_CHECKING:
    from hydrometer.contract.policy import Action, Budget, Rule
    from hydrometer.guard.columns import Holding
    from hydrometer.guard.snapshot import Snapshot

Sketch = Callable[[str, str], npt.NDArray[np.int64]]
"""(system prompt, prompt) → ascending distinct hashes, as fingerprints have them, under the site key."""

NO_SNAPSHOT, EXPIRED = "no snapshot", "snapshot expired"
HELD_BACK = frozenset({"throttle", "verify", "block"})
"""Actions after which the request does not reach the model, so that it uses up no budget."""


def new_case() -> str:
    """Return a short random id that a client can quote: 12 letters and digits, 60 bits."""
    return base64.b32encode(secrets.token_bytes(8))[:12].decode("ascii")


class Guard:
    """Decides by the snapshot that was loaded last.

    `counts` says how often what happened: decisions by `decision ACTION` and `rule NAME`, and whatever could not be
    decided on as it should. One guard serves one thread of decisions; another thread may load a snapshot.
    """

    def __init__(
        self,
        snapshot: Snapshot | None,
        sketch: Sketch,
        *,
        budgets: Budgets | None = None,
        case: Callable[[], str] = new_case,
    ) -> None:
        """Raises ConditionError for a policy with a condition that cannot be compiled."""
        self.budgets = budgets or Budgets()
        self.envelopes, self.suspects = Envelopes(), Suspects()
        self.counts: Counter[str] = Counter()
        self._sketch, self._case = sketch, case
        self._going: Going | None = None
        if snapshot is not None:
            self.load(snapshot)

    def load(self, snapshot: Snapshot) -> None:
        """Go by another snapshot from the next decision on; raises ConditionError and stays with the one before."""
        going = Going(snapshot)
        self.budgets.adopt(snapshot.policy)
        self._going = going

    @property
    def snapshot(self) -> Snapshot | None:
        """What is gone by."""
        return self._going.snapshot if self._going is not None else None

    def usable(self, now: float) -> bool:
        """Return whether there is a snapshot that has not expired: without one, everything is allowed."""
        return self._going is not None and now < self._going.snapshot.expires_at

    @property
    def unevaluated(self) -> dict[str, int]:
        """Conditions that could not be evaluated, by rule, since the snapshot was loaded."""
        return dict(self._going.rulebook.unevaluated) if self._going is not None else {}

    def decide(self, request: Request, now: float, sketch: npt.NDArray[np.int64] | None = None) -> Decision:
        """Return the decision on a request at `now` (seconds since 1970).

        sketch: of the request's texts, where they were sketched already; ascending, distinct.
        """
        going = self._going
        if going is None or now >= going.snapshot.expires_at:
            why = NO_SNAPSHOT if going is None else EXPIRED
            self.counts[why] += 1
            return Decision(action="allow", why=why, snapshot=going.snapshot.version if going else "")
        if request.unread:
            self.counts[f"body {request.unread}"] += 1
        standing = going.standing(request.account_id, request.organisation, now)
        carried = NOTHING
        if going.has_wordings:
            if sketch is None and (request.system_prompt or request.prompt):
                sketch = self._sketch(request.system_prompt, request.prompt)
            if sketch is not None:
                carried = going.wordings.carried(sketch)
        shown = going.shown(request)
        settled = standing.settled or request.account_id not in self.suspects.known
        seen = standing.seen
        if seen is None or shown != standing.shown or carried.template >= 0 or request.envelopes or not settled:
            seen = self._look(going, standing, request, carried, now)
            if seen.plain:
                standing.remember(shown, seen)
        holding, replayed, met, subjects, _ = seen
        rules = reaching(met.rules, subjects, now) if met.rules else []
        passes = holding is None and not rules and not replayed  # nearly always
        over = self.budgets.over(met.budgets, subjects, now, count=passes) if met.budgets else []
        if passes and not over:
            self.counts["decision allow"] += 1
            return going.allowed
        decision = self._composed(going, holding, rules, over, replayed)
        if met.budgets and (decision.shadow or decision.action not in HELD_BACK):
            self.budgets.count(met.budgets, subjects, now)
        return decision

    def _look(self, going: Going, standing: Standing, request: Request, carried: Carried, now: float) -> Seen:
        """Return what there is to be seen of a request."""
        network = network_of(request.client_ip)
        shared = going.shared(request, network) if going.compares else []
        kinds = tuple(sorted({found.kind for found in shared})) if shared else ()
        wording, spoken = None, 0
        if carried.template >= 0:
            wording, spoken = going.recogniser.wording(carried), going.recogniser.short(carried)
            if wording is not None:
                shared = [wording, *shared]
        holding = standing.holding
        suspected = not standing.settled and (shared or spoken or request.account_id in self.suspects.known)
        if suspected:
            holding = self.suspects.successor(going, request.account_id, shared, (carried.template, spoken), now)
        replayed = ""
        if request.envelopes:
            owner = standing.organisation or request.account_id
            replayed = self.envelopes.replayed_from(request.envelopes, owner, request.conversation, request.model)
        name = going.snapshot.templates[carried.template].id if wording is not None and wording.alone else ""
        found = (network, kinds, name, carried.share, replayed != "", replayed)
        met = going.met(holding, standing, going.request_facts.values(request, found))
        campaign = going.snapshot.campaigns[holding.campaign].id if holding is not None else ""
        subjects = (request.account_id, standing.organisation, campaign, name, request.client_ip, network)
        plain = not suspected and carried.template < 0 and not request.envelopes
        return Seen(holding, replayed, met, subjects, plain)

    def _composed(
        self,
        going: Going,
        holding: Holding | None,
        rules: list[Rule],
        over: list[tuple[Budget, int]],
        replayed: str,
    ) -> Decision:
        candidates: list[Rule | Budget] = [*rules, *(budget for budget, _ in over)]
        for candidate in candidates:
            self.counts[f"rule {candidate.name}"] += 1
        chosen = hardest(candidates) if candidates else None
        action: Action = chosen.action if chosen is not None else "allow"
        self.counts[f"decision {action}"] += 1
        mode = going.snapshot.policy.mode
        why = holding.why if holding is not None else ""
        if replayed:
            why = f"{why}; envelope of another {replayed}" if why else f"envelope of another {replayed}"
        known = going.snapshot.campaigns[holding.campaign].id if holding is not None else ""
        probability = holding.probability if holding is not None else 0.0
        version = going.snapshot.version
        if chosen is None or action == "allow" or mode == "observe":
            if not why:
                return going.allowed
            return Decision(action="allow", campaign=known, probability=probability, why=why, snapshot=version)
        waits = [wait for budget, wait in over if budget.action == "throttle"]
        waits += [rule.retry_after for rule in rules if rule.retry_after is not None]
        return Decision(
            action=action,
            rule=chosen.name,
            reason=chosen.reason,
            scope=getattr(chosen, "scope", "request"),
            campaign=known,
            probability=probability,
            why=why,
            # To come back later helps nobody whom a person must let in.
            retry_after=max(waits) if waits and action not in ("block", "verify") else None,
            limits=_merged([rule.limits for rule in rules if rule.limits is not None]),
            shadow=mode == "shadow",
            case=self._case(),
            appeal=going.snapshot.policy.appeal,
            snapshot=version,
        )


def _merged(limits: list[Limits]) -> Limits | None:
    """Return what all of them leave: the smallest numbers; a feature that one of them takes is taken."""
    if len(limits) < 2:
        return limits[0] if limits else None

    def least(values: list[int | None]) -> int | None:
        return min((value for value in values if value is not None), default=None)

    def left(values: list[bool | None]) -> bool | None:
        given = [value for value in values if value is not None]
        return all(given) if given else None

    return Limits(
        n=least([limit.n for limit in limits]),
        logprobs=left([limit.logprobs for limit in limits]),
        batch=left([limit.batch for limit in limits]),
        max_tokens=least([limit.max_tokens for limit in limits]),
    )
