"""A snapshot with everything that decisions need of it worked out once."""

from __future__ import annotations

from collections import OrderedDict
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from hydrometer.contract.decisions import Decision
from hydrometer.contract.policy import FACTS
from hydrometer.guard.facts import ATTRIBUTES, FOUND, TOO_MUCH, RequestFacts, campaign_facts, cut, empty, picking
from hydrometer.guard.recognition import Recogniser, Shared
from hydrometer.guard.rulebook import Met, Rulebook, Subjects
from hydrometer.guard.wording import Wordings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hydrometer.contract.decisions import Request
    from hydrometer.guard.columns import Holding
    from hydrometer.guard.snapshot import Snapshot

REMEMBERED = 65_536
"""Accounts whose standing is remembered; one that was looked up longest ago makes room."""
COMBINATIONS = 16_384
"""Combinations of facts of which is remembered what holds for them; when there are more, all are forgotten at once."""
MOST_SHOWN = 512
"""Letters of a request that are remembered with a standing."""
HOUR, DAY, WEEK = 3600.0, 86_400.0, 7.0


_VALUES: dict[str, Callable[[Request], str]] = {
    "address": attrgetter("client_ip"),
    "ja4": attrgetter("ja4"),
    "user_agent": attrgetter("user_agent"),
    "asn": lambda request: str(request.asn),
    "tools": lambda request: " ".join(sorted(request.tools)),
}
"""What of a request is compared with the values of campaigns, as detection spells it; beside the network of its address."""
_TEXTS = frozenset({"address", "ja4", "user_agent"})
_texts = attrgetter("client_ip", "ja4", "user_agent")


def _shower(names: Iterable[str]) -> Callable[[Request], tuple[Any, ...] | None]:
    """Return what reads of a request all that these facts and values are made of, its address first."""
    if not TOO_MUCH.isdisjoint(names):
        return lambda _: None
    attributes = {ATTRIBUTES.get(name, name) for name in names if name not in FOUND}
    return picking(attrgetter, ["client_ip", *sorted(attributes - {"client_ip"})])


def _age(days: float) -> float:
    """Return an age in coarser steps once it is above a week: outcomes of conditions are remembered by what they read."""
    return int(days * 24) / 24 if 0 <= days < WEEK else float(int(days))


class Seen(NamedTuple):
    """What there was to be seen of a request."""

    holding: Holding | None
    """What is held against its account."""
    replayed: str
    """Where its envelopes belong, where they are another's."""
    met: Met
    subjects: Subjects
    plain: bool
    """Whether the account and what `Going.shown` reads decide all of it."""


class Standing:
    """What is known of an account, and what was seen of its last plain request."""

    __slots__ = ("facts", "holding", "organisation", "seen", "settled", "shown", "since", "until", "values")

    def __init__(
        self,
        facts: dict[str, Any],
        values: tuple[Any, ...],
        holding: Holding | None,
        organisation: str,
        *,
        cleared: bool,
        since: float,
    ) -> None:
        self.facts = facts
        self.values = values
        """Of the facts that some condition reads."""
        self.holding, self.organisation = holding, organisation
        self.settled = cleared or holding is not None
        """Whether it is known already what is held against it, so that nothing is suspected."""
        self.since, self.until = since, since + HOUR
        """Between which times it may be gone by: an account grows older."""
        self.shown: tuple[Any, ...] | None = None
        self.seen: Seen | None = None

    def remember(self, shown: tuple[Any, ...] | None, seen: Seen) -> None:
        """Remember what was seen of a request that showed this; what is long is not worth the room."""
        if shown is not None and sum([len(value) for value in shown if isinstance(value, str)]) <= MOST_SHOWN:
            self.shown, self.seen = shown, seen


class Going:
    """What a guard goes by."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Raises ConditionError for a policy with a condition that cannot be compiled."""
        self.snapshot = snapshot
        self.rulebook = Rulebook(snapshot.policy)
        self.wordings = Wordings(
            snapshot.templates, snapshot.sketch.get("max_sketch", 0), snapshot.recognition.containment
        )
        self.recogniser = Recogniser(
            snapshot.campaigns, snapshot.entities, snapshot.templates, snapshot.population, snapshot.recognition
        )
        of_requests = {kind: values for kind in _VALUES if (values := self.recogniser.values(kind))}
        self._lookups = [(values, _VALUES[kind]) for kind, values in of_requests.items()]
        self._networks = self.recogniser.values("network")
        self._telling = frozenset[str]().union(self._networks, *(of_requests.get(kind, ()) for kind in _TEXTS))
        """Nearly no request shows one of these: one look tells it, and further ones only where it does."""
        self._untold = not _TEXTS.issuperset(of_requests)
        self.compares = bool(self._lookups or self._networks)
        reads = self.rulebook.reads
        self.shown = _shower({name for name in FACTS["request"] if f"request.{name}" in reads} | of_requests.keys())
        """Returns what decides how a plain request is seen, None where it would take its texts to tell."""
        self.has_wordings = len(self.wordings) > 0
        self.allowed = Decision(action="allow", snapshot=snapshot.version)
        self.request_facts = RequestFacts(reads)
        self._nothing, self._unknown = (empty("verdict"), empty("campaign")), empty("account")
        self._unknown["age_days"] = -1.0
        self._campaigns = [campaign_facts(campaign) for campaign in snapshot.campaigns]
        self._standings: OrderedDict[tuple[str, str], Standing] = OrderedDict()
        self._account_values = picking(itemgetter, [name for name in FACTS["account"] if f"account.{name}" in reads])
        self._met: dict[object, Met] = {}

    def standing(self, account: str, organisation: str, now: float) -> Standing:
        """Return what is known of an account; `organisation`: what the gateway says it belongs to."""
        found = self._standings.get((account, organisation))
        if found is None or not found.since <= now < found.until:
            found = self._look(account, organisation, now // HOUR * HOUR)
            if len(account) + len(organisation) <= 256:
                if len(self._standings) >= REMEMBERED:
                    self._standings.popitem(last=False)
                self._standings[account, organisation] = found
        return found

    def _look(self, account: str, organisation: str, since: float) -> Standing:
        facts = self._unknown.copy()
        facts["id"] = cut(account)
        row = self.snapshot.account(account)
        organisation = organisation or (row.organisation if row else "")
        facts["organisation"] = cut(organisation)
        holding, cleared = None, False
        if row is not None:
            facts["plan"], facts["verification"] = row.plan, row.verification
            facts["country"], facts["agreements"] = row.country, row.agreements
            if row.created:
                facts["age_days"] = _age((since - row.created) / DAY)
            cleared, holding = row.cleared, row.holding
        if cleared:
            holding = None
        elif holding is None or (holding.successor and organisation):
            of_all = self.snapshot.organisation(organisation)
            # A suspicion against an organisation is about accounts that nothing was known of; the others were weighed.
            if of_all is not None and not (of_all.successor and row is not None):
                holding = of_all._replace(why=of_all.why or "organisation")
        if holding is not None and not holding.why:
            holding = holding._replace(why="member")
        return Standing(facts, self._account_values(facts), holding, organisation, cleared=cleared, since=since)

    def shared(self, request: Request, network: str) -> list[Shared]:
        """Return the values of a request that campaigns are known by."""
        found: list[Shared] = []
        if not self._untold and network not in self._telling and self._telling.isdisjoint(_texts(request)):
            return found
        for values, value_of in self._lookups:
            if (hit := values.get(value_of(request))) is not None:
                found += hit
        if (hit := self._networks.get(network)) is not None:
            found += hit
        return found

    def met(self, holding: Holding | None, standing: Standing, request: tuple[Any, ...]) -> Met:
        """Return which rules and budgets hold by their conditions; `request`: what RequestFacts reads of it."""
        key = holding, standing.values, request
        found = self._met.get(key)
        if found is None:
            verdict, campaign = self._nothing if holding is None else self._held(holding)
            named = dict(zip(self.request_facts.names, request, strict=True))
            facts = {"verdict": verdict, "campaign": campaign, "account": standing.facts, "request": named}
            found = self.rulebook.met(facts, idle=holding is None)
            if len(self._met) >= COMBINATIONS:
                self._met.clear()
            self._met[key] = found
        return found

    def _held(self, holding: Holding) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the variables `verdict` and `campaign`."""
        campaign = self._campaigns[holding.campaign]
        verdict = {
            "campaign": campaign["id"],
            "probability": holding.probability,
            "member": not holding.successor,
            "successor": holding.successor,
            "reviewed": holding.reviewed,
            "why": holding.why,
        }
        return verdict, campaign
