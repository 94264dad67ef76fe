"""Decisions on requests. No clock, no file, no connection: verdicts come in a snapshot, the time with the request."""

from __future__ import annotations

import base64
import secrets
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hydrometer.contract import Decision, FeatureLimits, ModelRequest, derive_network_block
from hydrometer.enforcement.guard.budget_windows import BudgetWindows
from hydrometer.enforcement.guard.compiled_snapshot import AccountState, CompiledSnapshot, RequestContext
from hydrometer.enforcement.guard.envelope_table import EnvelopeTable
from hydrometer.enforcement.guard.successor_tracker import SuccessorTracker
from hydrometer.enforcement.policy.compiled_policy import select_applicable_rules, select_hardest
from hydrometer.enforcement.snapshots.template_matcher import NO_MATCH, TemplateMatch

if TYPE_CHECKING:
    from hydrometer.contract import Action, Budget, Rule
    from hydrometer.enforcement.guard.budget_windows import ExhaustedBudget
    from hydrometer.enforcement.snapshots.snapshot_file import Snapshot
    from hydrometer.enforcement.snapshots.subject_table import SubjectVerdict

Sketch = Callable[[str, str], npt.NDArray[np.int64]]
"""(system prompt, prompt) → ascending distinct hashes, as fingerprints have them, under the site key."""

NO_SNAPSHOT, EXPIRED = "no snapshot", "snapshot expired"
STOPPING_ACTIONS = frozenset({"throttle", "verify", "block"})
"""Actions after which the request does not reach the model, so that it uses up no budget."""


def generate_case_id() -> str:
    """Return a short random id that a client can quote: 12 letters and digits, 60 bits."""
    return base64.b32encode(secrets.token_bytes(8))[:12].decode("ascii")


class DecisionPoint:
    """A decision point: it decides by the snapshot that was loaded last.

    `counts` says how often what happened: decisions by `decision ACTION` and `rule NAME`, and whatever could not be
    decided on as it should. One decision point serves one thread of decisions; another thread may load a snapshot.
    """

    def __init__(
        self,
        snapshot: Snapshot | None,
        sketch: Sketch,
        *,
        budgets: BudgetWindows | None = None,
        case: Callable[[], str] = generate_case_id,
    ) -> None:
        """Load a snapshot, if any; raises ConditionError for a policy with a condition that cannot be compiled."""
        self.budgets = budgets or BudgetWindows()
        self.envelopes, self.successor_tracker = EnvelopeTable(), SuccessorTracker()
        self.counts: Counter[str] = Counter()
        self._sketch, self._case = sketch, case
        self._compiled: CompiledSnapshot | None = None
        if snapshot is not None:
            self.load(snapshot)

    def load(self, snapshot: Snapshot) -> None:
        """Decide by another snapshot from the next request on; raises ConditionError and stays with the one before."""
        compiled = CompiledSnapshot(snapshot)
        self.budgets.adopt(snapshot.policy)
        self._compiled = compiled

    @property
    def snapshot(self) -> Snapshot | None:
        """The snapshot in force; None before the first."""
        return self._compiled.snapshot if self._compiled is not None else None

    def usable(self, now: float) -> bool:
        """Return whether there is a snapshot that has not expired: without one, everything is allowed."""
        return self._compiled is not None and now < self._compiled.snapshot.expires_at

    @property
    def unevaluated(self) -> dict[str, int]:
        """Conditions that could not be evaluated, by rule, since the snapshot was loaded."""
        return dict(self._compiled.compiled_policy.unevaluated) if self._compiled is not None else {}

    def decide(self, request: ModelRequest, now: float, sketch: npt.NDArray[np.int64] | None = None) -> Decision:
        """Return the decision on a request at `now` (seconds since 1970).

        sketch: of the request's texts, where they were sketched already; ascending, distinct.
        """
        compiled = self._compiled
        if compiled is None or now >= compiled.snapshot.expires_at:
            why = NO_SNAPSHOT if compiled is None else EXPIRED
            self.counts[why] += 1
            return Decision(action="allow", why=why, snapshot=compiled.snapshot.version if compiled else "")
        if request.unread:
            self.counts[f"body {request.unread}"] += 1
        state = compiled.account_state(request.account_id, request.organisation, now)
        template_match = NO_MATCH
        if compiled.has_templates:
            if sketch is None and (request.system_prompt or request.prompt):
                sketch = self._sketch(request.system_prompt, request.prompt)
            if sketch is not None:
                template_match = compiled.template_matcher.match(sketch)
        context_key = compiled.context_key(request)
        unsuspected = state.classified or request.account_id not in self.successor_tracker.suspects
        context = state.context
        if (
            context is None
            or context_key != state.context_key
            or template_match.template >= 0
            or request.envelopes
            or not unsuspected
        ):
            context = self._examine(compiled, state, request, template_match, now)
            if context.cacheable:
                state.remember(context_key, context)
        verdict, replayed, matches, subjects, _ = context
        rules = select_applicable_rules(matches.rules, subjects, now) if matches.rules else []
        unrestricted = verdict is None and not rules and not replayed  # nearly always
        if not matches.budgets:
            exhausted = []
        elif unrestricted:
            exhausted = self.budgets.count_unless_exhausted(matches.budgets, subjects, now)
        else:
            exhausted = self.budgets.find_exhausted(matches.budgets, subjects, now)
        if unrestricted and not exhausted:
            self.counts["decision allow"] += 1
            return compiled.allow_decision
        decision = self._compose(compiled, verdict, rules, exhausted, replayed)
        if matches.budgets and (decision.shadow or decision.action not in STOPPING_ACTIONS):
            self.budgets.count(matches.budgets, subjects, now)
        return decision

    def _examine(
        self,
        compiled: CompiledSnapshot,
        state: AccountState,
        request: ModelRequest,
        template_match: TemplateMatch,
        now: float,
    ) -> RequestContext:
        """Return the context of a request: verdict, matches, and who it is of."""
        network = derive_network_block(request.client_ip)
        shared = compiled.shared_values(request, network) if compiled.compares_values else []
        kinds = tuple(sorted({value.kind for value in shared})) if shared else ()
        template_value, own_hashes = None, 0
        if template_match.template >= 0:
            template_value, own_hashes = (
                compiled.recogniser.evaluate_template(template_match),
                compiled.recogniser.count_own_hashes(template_match),
            )
            if template_value is not None:
                shared = [template_value, *shared]
        verdict = state.verdict
        suspected = not state.classified and (
            shared or own_hashes or request.account_id in self.successor_tracker.suspects
        )
        if suspected:
            verdict = self.successor_tracker.track(
                compiled, request.account_id, shared, (template_match.template, own_hashes), now
            )
        replayed = ""
        if request.envelopes:
            owner = state.organisation or request.account_id
            replayed = self.envelopes.replayed_from(request.envelopes, owner, request.conversation, request.model)
        name = (
            compiled.snapshot.templates[template_match.template].id
            if template_value is not None and template_value.alone
            else ""
        )
        findings = (network, kinds, name, template_match.share, replayed != "", replayed)
        matches = compiled.match_policy(verdict, state, compiled.request_facts.values(request, findings))
        campaign = compiled.snapshot.campaigns[verdict.campaign].id if verdict is not None else ""
        subjects = (request.account_id, state.organisation, campaign, name, request.client_ip, network)
        cacheable = not suspected and template_match.template < 0 and not request.envelopes
        return RequestContext(verdict, replayed, matches, subjects, cacheable)

    def _compose(
        self,
        compiled: CompiledSnapshot,
        verdict: SubjectVerdict | None,
        rules: list[Rule],
        exhausted: list[ExhaustedBudget],
        replayed: str,
    ) -> Decision:
        candidates: list[Rule | Budget] = [*rules, *(budget for budget, _ in exhausted)]
        for candidate in candidates:
            self.counts[f"rule {candidate.name}"] += 1
        decisive = select_hardest(candidates) if candidates else None
        action: Action = decisive.action if decisive is not None else "allow"
        self.counts[f"decision {action}"] += 1
        mode = compiled.snapshot.policy.mode
        why = verdict.why if verdict is not None else ""
        if replayed:
            why = f"{why}; envelope of another {replayed}" if why else f"envelope of another {replayed}"
        campaign = compiled.snapshot.campaigns[verdict.campaign].id if verdict is not None else ""
        probability = verdict.probability if verdict is not None else 0.0
        version = compiled.snapshot.version
        if decisive is None or action == "allow" or mode == "observe":
            if not why:
                return compiled.allow_decision
            return Decision(action="allow", campaign=campaign, probability=probability, why=why, snapshot=version)
        waits = [wait for budget, wait in exhausted if budget.action == "throttle"]
        waits += [rule.retry_after for rule in rules if rule.retry_after is not None]
        return Decision(
            action=action,
            rule=decisive.name,
            reason=decisive.reason,
            scope=getattr(decisive, "scope", "request"),
            campaign=campaign,
            probability=probability,
            why=why,
            # To come back later helps nobody whom a person must let in.
            retry_after=max(waits) if waits and action not in ("block", "verify") else None,
            limits=_merge_limits([rule.limits for rule in rules if rule.limits is not None]),
            shadow=mode == "shadow",
            case=self._case(),
            appeal=compiled.snapshot.policy.appeal,
            snapshot=version,
        )


def _merge_limits(limits: list[FeatureLimits]) -> FeatureLimits | None:
    """Return what all of them leave: the smallest numbers; a feature that one of them refuses is refused."""
    if len(limits) < 2:
        return limits[0] if limits else None

    def take_smallest(values: list[int | None]) -> int | None:
        return min((value for value in values if value is not None), default=None)

    def require_all(values: list[bool | None]) -> bool | None:
        given = [value for value in values if value is not None]
        return all(given) if given else None

    return FeatureLimits(
        n=take_smallest([limit.n for limit in limits]),
        logprobs=require_all([limit.logprobs for limit in limits]),
        batch=require_all([limit.batch for limit in limits]),
        max_tokens=take_smallest([limit.max_tokens for limit in limits]),
    )
