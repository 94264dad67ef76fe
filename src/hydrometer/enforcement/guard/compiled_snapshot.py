"""A snapshot with everything that decisions need of it worked out once."""

from __future__ import annotations

from collections import OrderedDict
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from hydrometer.contract import ENTITY_KINDS, FACTS, Decision, EntityKind
from hydrometer.enforcement.policy.compiled_policy import CompiledPolicy, PolicyMatches, Subjects
from hydrometer.enforcement.policy.condition_facts import (
    ATTRIBUTE_NAMES,
    FINDING_NAMES,
    UNBOUNDED_FACTS,
    RequestFacts,
    build_campaign_facts,
    make_empty_fields,
    make_tuple_reader,
    truncate_text,
)
from hydrometer.enforcement.snapshots.successor_recognition import SharedValue, SuccessorRecogniser
from hydrometer.enforcement.snapshots.template_matcher import TemplateMatcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hydrometer.contract import ModelRequest
    from hydrometer.enforcement.snapshots.snapshot_file import Snapshot
    from hydrometer.enforcement.snapshots.subject_table import SubjectVerdict

MOST_STATES = 65_536
"""Accounts whose state is remembered; one that was looked up longest ago makes room."""
MOST_COMBINATIONS = 16_384
"""Combinations of facts whose matches are remembered; when there are more, all are forgotten at once."""
MOST_SHOWN = 512
"""Letters of a request that are remembered with a state."""
HOUR, DAY, WEEK = 3600.0, 86_400.0, 7.0


_VALUES: dict[EntityKind, Callable[[ModelRequest], str]] = {
    EntityKind.ADDRESS: attrgetter("client_ip"),
    EntityKind.JA4: attrgetter("ja4"),
    EntityKind.USER_AGENT: attrgetter("user_agent"),
    EntityKind.ASN: lambda request: str(request.asn),
    EntityKind.TOOLS: lambda request: ENTITY_KINDS[EntityKind.TOOLS].form.canonicalise(request.tools),
}
"""What of a request is compared with the values of campaigns, as detection spells it; beside the network of its address."""
_TEXTS = frozenset({EntityKind.ADDRESS, EntityKind.JA4, EntityKind.USER_AGENT})
_texts = attrgetter("client_ip", "ja4", "user_agent")


def _make_key_reader(names: Iterable[str]) -> Callable[[ModelRequest], tuple[Any, ...] | None]:
    """Return a function that reads of a request all that these facts and values are made of, its address first."""
    if not UNBOUNDED_FACTS.isdisjoint(names):
        return lambda _: None
    attributes = {ATTRIBUTE_NAMES.get(name, name) for name in names if name not in FINDING_NAMES}
    return make_tuple_reader(attrgetter, ["client_ip", *sorted(attributes - {"client_ip"})])


def _coarsen_age(days: float) -> float:
    """Return an age in coarser steps once it is above a week: outcomes of conditions are remembered by what they read."""
    return int(days * 24) / 24 if 0 <= days < WEEK else float(int(days))


class RequestContext(NamedTuple):
    """All of a request, beside its time and its template, that a decision depends on."""

    verdict: SubjectVerdict | None
    """The verdict on its account."""
    replayed: str
    """Where its envelopes belong, where they are another's."""
    matches: PolicyMatches
    subjects: Subjects
    cacheable: bool
    """Whether the account and what `CompiledSnapshot.context_key` reads decide all of it."""


class AccountState:
    """An account as the snapshot describes it, with the context of its last plain request."""

    __slots__ = ("classified", "context", "context_key", "facts", "organisation", "since", "until", "values", "verdict")

    def __init__(
        self,
        facts: dict[str, Any],
        values: tuple[Any, ...],
        verdict: SubjectVerdict | None,
        organisation: str,
        *,
        cleared: bool,
        since: float,
    ) -> None:
        self.facts = facts
        self.values = values
        """Of the facts that some condition reads."""
        self.verdict, self.organisation = verdict, organisation
        self.classified = cleared or verdict is not None
        """Whether it is cleared or has a verdict, so that nothing is suspected."""
        self.since, self.until = since, since + HOUR
        """Between which times this state is valid: an account grows older."""
        self.context_key: tuple[Any, ...] | None = None
        self.context: RequestContext | None = None

    def remember(self, context_key: tuple[Any, ...] | None, context: RequestContext) -> None:
        """Remember the context of a request by its key; what is long is not worth the room."""
        if (
            context_key is not None
            and sum([len(value) for value in context_key if isinstance(value, str)]) <= MOST_SHOWN
        ):
            self.context_key, self.context = context_key, context


class CompiledSnapshot:
    """A snapshot as a decision point uses it: policy compiled, templates and values arranged, accounts remembered."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Compile a snapshot; raises ConditionError for a policy with a condition that cannot be compiled."""
        self.snapshot = snapshot
        self.compiled_policy = CompiledPolicy(snapshot.policy)
        self.template_matcher = TemplateMatcher(
            snapshot.templates, snapshot.sketch.get("max_sketch", 0), snapshot.recognition.containment
        )
        self.recogniser = SuccessorRecogniser(
            snapshot.campaigns, snapshot.entities, snapshot.templates, snapshot.population, snapshot.recognition
        )
        of_requests = {kind: values for kind in _VALUES if (values := self.recogniser.values(kind))}
        self._lookups = [(values, _VALUES[kind]) for kind, values in of_requests.items()]
        self._networks = self.recogniser.values(EntityKind.NETWORK)
        self._screened_values = frozenset[str]().union(self._networks, *(of_requests.get(kind, ()) for kind in _TEXTS))
        """Nearly no request shows one of these: one look excludes all of them."""
        self._needs_every_lookup = not _TEXTS.issuperset(of_requests)
        self.compares_values = bool(self._lookups or self._networks)
        reads = self.compiled_policy.reads
        self.context_key = _make_key_reader(
            {name for name in FACTS["request"] if f"request.{name}" in reads} | of_requests.keys()
        )
        """Returns the values that decide the context of a plain request, None where it would take texts."""
        self.has_templates = len(self.template_matcher) > 0
        self.allow_decision = Decision(action="allow", snapshot=snapshot.version)
        self.request_facts = RequestFacts(reads)
        self._no_verdict, self._unknown_account = (
            (make_empty_fields("verdict"), make_empty_fields("campaign")),
            make_empty_fields("account"),
        )
        self._unknown_account["age_days"] = -1.0
        self._campaigns = [build_campaign_facts(campaign) for campaign in snapshot.campaigns]
        self._states: OrderedDict[tuple[str, str], AccountState] = OrderedDict()
        self._read_account_values = make_tuple_reader(
            itemgetter, [name for name in FACTS["account"] if f"account.{name}" in reads]
        )
        self._matches: dict[object, PolicyMatches] = {}

    def account_state(self, account: str, organisation: str, now: float) -> AccountState:
        """Return the state of an account; `organisation`: the one that the gateway says it belongs to."""
        state = self._states.get((account, organisation))
        if state is None or not state.since <= now < state.until:
            state = self._build_state(account, organisation, now // HOUR * HOUR)
            if len(account) + len(organisation) <= 256:
                if len(self._states) >= MOST_STATES:
                    self._states.popitem(last=False)
                self._states[account, organisation] = state
        return state

    def _build_state(self, account: str, organisation: str, since: float) -> AccountState:
        facts = self._unknown_account.copy()
        facts["id"] = truncate_text(account)
        row = self.snapshot.account(account)
        organisation = organisation or (row.organisation if row else "")
        facts["organisation"] = truncate_text(organisation)
        verdict, cleared = None, False
        if row is not None:
            facts["plan"], facts["verification"] = row.plan, row.verification
            facts["country"], facts["agreements"] = row.country, row.agreements
            if row.created:
                facts["age_days"] = _coarsen_age((since - row.created) / DAY)
            cleared, verdict = row.cleared, row.verdict
        if cleared:
            verdict = None
        elif verdict is None or (verdict.successor and organisation):
            organisation_verdict = self.snapshot.organisation(organisation)
            # A suspicion against an organisation is about accounts that no table had; the others were weighed.
            if organisation_verdict is not None and not (organisation_verdict.successor and row is not None):
                verdict = organisation_verdict._replace(why=organisation_verdict.why or "organisation")
        if verdict is not None and not verdict.why:
            verdict = verdict._replace(why="member")
        return AccountState(
            facts, self._read_account_values(facts), verdict, organisation, cleared=cleared, since=since
        )

    def shared_values(self, request: ModelRequest, network: str) -> list[SharedValue]:
        """Return the values of a request that campaigns are recognised by."""
        shared: list[SharedValue] = []
        if (
            not self._needs_every_lookup
            and network not in self._screened_values
            and self._screened_values.isdisjoint(_texts(request))
        ):
            return shared
        for values, value_of in self._lookups:
            if (hit := values.get(value_of(request))) is not None:
                shared += hit
        if (hit := self._networks.get(network)) is not None:
            shared += hit
        return shared

    def match_policy(
        self, verdict: SubjectVerdict | None, state: AccountState, request: tuple[Any, ...]
    ) -> PolicyMatches:
        """Return which rules and budgets hold by their conditions; `request`: what RequestFacts reads of it."""
        key = verdict, state.values, request
        matches = self._matches.get(key)
        if matches is None:
            verdict_fields, campaign_fields = self._no_verdict if verdict is None else self._verdict_fields(verdict)
            named = dict(zip(self.request_facts.names, request, strict=True))
            facts = {"verdict": verdict_fields, "campaign": campaign_fields, "account": state.facts, "request": named}
            match = self.compiled_policy.match_without_verdict if verdict is None else self.compiled_policy.match
            matches = match(facts)
            if len(self._matches) >= MOST_COMBINATIONS:
                self._matches.clear()
            self._matches[key] = matches
        return matches

    def _verdict_fields(self, verdict: SubjectVerdict) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the variables `verdict` and `campaign`."""
        campaign = self._campaigns[verdict.campaign]
        fields = {
            "campaign": campaign["id"],
            "probability": verdict.probability,
            "member": not verdict.successor,
            "successor": verdict.successor,
            "reviewed": verdict.reviewed,
            "why": verdict.why,
        }
        return fields, campaign
