"""A snapshot with everything that decisions need of it worked out once."""

from __future__ import annotations

from collections import OrderedDict
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hydrometer.contract.decisions import Decision
from hydrometer.guard.facts import RequestFacts, campaign_facts, cut, empty
from hydrometer.guard.recognition import Recogniser, Shared
from hydrometer.guard.rulebook import Rulebook
from hydrometer.guard.wording import Wordings

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.contract.decisions import Request
    from hydrometer.guard.columns import Holding
    from hydrometer.guard.snapshot import Snapshot

REMEMBERED = 65_536
"""Accounts whose standing is remembered; one that was looked up longest ago makes room."""
HOUR, DAY, WEEK = 3600.0, 86_400.0, 7.0


_VALUES: dict[str, Callable[[Request], str]] = {
    "address": attrgetter("client_ip"),
    "ja4": attrgetter("ja4"),
    "user_agent": attrgetter("user_agent"),
    "asn": lambda request: str(request.asn),
    "tools": lambda request: " ".join(sorted(request.tools)),
}
"""What of a request is compared with the values of campaigns, as detection spells it; beside the network of its address."""


def _age(days: float) -> float:
    """Return an age in coarser steps once it is above a week: outcomes of conditions are remembered by what they read."""
    return int(days * 24) / 24 if 0 <= days < WEEK else float(int(days))


class Standing:
    """What is known of an account."""

    __slots__ = ("cleared", "facts", "holding", "hour", "organisation")

    def __init__(
        self, facts: dict[str, Any], holding: Holding | None, organisation: str, *, cleared: bool, hour: int
    ) -> None:
        self.facts, self.holding, self.organisation, self.cleared, self.hour = (
            facts,
            holding,
            organisation,
            cleared,
            hour,
        )


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
        self._networks = self.recogniser.values("network")
        self._lookups = [(values, of) for kind, of in _VALUES.items() if (values := self.recogniser.values(kind))]
        self.compares = bool(self._lookups or self._networks)
        self.has_wordings, self.has_budgets = len(self.wordings) > 0, bool(snapshot.policy.budgets)
        self.allowed = Decision(action="allow", snapshot=snapshot.version)
        self.request_facts = RequestFacts(self.rulebook.reads)
        self._nothing, self._unknown = (empty("verdict"), empty("campaign")), empty("account")
        self._unknown["age_days"] = -1.0
        self._campaigns = [campaign_facts(campaign) for campaign in snapshot.campaigns]
        self._standings: OrderedDict[tuple[str, str], Standing] = OrderedDict()
        self._held: dict[Holding, dict[str, Any]] = {}

    def standing(self, account: str, organisation: str, now: float) -> Standing:
        """Return what is known of an account; `organisation`: what the gateway says it belongs to."""
        hour = int(now // HOUR)
        found = self._standings.get((account, organisation))
        if found is None or found.hour != hour:
            found = self._look(account, organisation, hour)
            if len(account) + len(organisation) <= 256:
                if len(self._standings) >= REMEMBERED:
                    self._standings.popitem(last=False)
                self._standings[account, organisation] = found
        return found

    def _look(self, account: str, organisation: str, hour: int) -> Standing:
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
                facts["age_days"] = _age((hour * HOUR - row.created) / DAY)
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
        return Standing(facts, holding, organisation, cleared=cleared, hour=hour)

    def shared(self, request: Request, network: str) -> list[Shared]:
        """Return the values of a request that campaigns are known by."""
        found: list[Shared] = []
        for values, value_of in self._lookups:
            if (hit := values.get(value_of(request))) is not None:
                found += hit
        if self._networks and (hit := self._networks.get(network)) is not None:
            found += hit
        return found

    def held(self, holding: Holding | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the variables `verdict` and `campaign`."""
        if holding is None:
            return self._nothing
        verdict = self._held.get(holding)
        if verdict is None:
            if len(self._held) >= REMEMBERED:
                self._held.clear()
            verdict = self._held[holding] = {
                "campaign": self.snapshot.campaigns[holding.campaign].id,
                "probability": holding.probability,
                "member": not holding.successor,
                "successor": holding.successor,
                "reviewed": holding.reviewed,
                "why": holding.why,
            }
        return verdict, self._campaigns[holding.campaign]
