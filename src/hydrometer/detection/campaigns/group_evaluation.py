"""Groups put to the tests, each once, and no further than it takes to reject them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hydrometer.detection.campaigns.counter_evidence import check_community, find_objections
from hydrometer.detection.campaigns.group_scoring import ScoringRules, bound_probability, judge_group
from hydrometer.detection.campaigns.peeled_views import hash_mask
from hydrometer.detection.campaigns.seed_expansion import measure_likeness
from hydrometer.detection.population.account_group import AccountGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import Evidence, Progress
    from hydrometer.detection.campaigns.counter_evidence import Objection
    from hydrometer.detection.campaigns.group_scoring import GroupJudgement
    from hydrometer.detection.campaigns.peeled_views import PeeledView, PeeledViews
    from hydrometer.detection.population.population import Bools
    from hydrometer.detection.signals.signal import Signal

LARGE = 100_000
"""Exchanges of a group from which what was read of them is not kept in memory."""


class SignalTests(Protocol):
    """The signals that are on."""

    @property
    def number(self) -> int:
        """How many they are."""
        ...

    @property
    def costly(self) -> Sequence[Signal]:
        """Those that go through all templates of a group."""
        ...

    def __call__(self, group: AccountGroup, costly: bool) -> list[Evidence]:
        """Return what the costly ones find, or what all others do."""
        ...

    def mask_showing(self, group: AccountGroup, evidence: Sequence[Evidence]) -> Bools:
        """Return the accounts that show by themselves what any evidence of a group's operation is about."""
        ...

    def describe_members(self, group: AccountGroup, evidence: Sequence[Evidence]) -> dict[int, list[str]]:
        """Return what each member shows by itself of it, in sentences, by account number."""
        ...


@dataclass(frozen=True, slots=True)
class GroupEvaluation:
    """Evidence for a group and objections to it, without the group itself: its exchanges may be many."""

    evidence: list[Evidence]
    objections: list[Objection]
    likelihood: float
    """Probability that it is a campaign; of a group that is rejected whatever the costly signals find, the most it could be."""


class GroupEvaluator:
    """The tests of one run, and how many were made."""

    def __init__(self, views: PeeledViews, signals: SignalTests, rules: ScoringRules, progress: Progress) -> None:
        """Take what every test needs; a group is judged in the view without those who were convicted of something else."""
        self._views, self._signals = views, signals
        self._rules, self._progress = rules, progress
        self._evaluations: dict[tuple[bytes, bytes], GroupEvaluation] = {}

    @property
    def test_count(self) -> int:
        """Tests of all groups, those that could not have changed anything among them."""
        return self._signals.number * len(self._evaluations)

    def evaluate(self, members: Bools) -> GroupEvaluation:
        """Return the evidence for a group and the objections to it."""
        key = (hash_mask(members), hash_mask(self._views.convicted & ~members))
        if key not in self._evaluations:
            view = self._views.view_for(members)
            group = AccountGroup(view.population, members)
            self._evaluations[key] = self._run_tests(group, view)
            if view.population.events.counts[group.accounts].sum() >= LARGE:
                view.population.release_pages()
            self._progress.advance(1)
        return self._evaluations[key]

    def keep_operated(self, members: Bools) -> Bools:
        """Return those of a group who show for themselves what establishes its operation: nobody is carried by the others."""
        if not members.any():
            return members
        group = AccountGroup(self._views.view_for(members).population, members)
        operated: Bools = members & self._signals.mask_showing(group, self.evaluate(members).evidence)
        return operated

    def judge(
        self, members: Bools, evidence: list[Evidence], objections: list[Objection], seed: str = ""
    ) -> GroupJudgement:
        """Weigh evidence for a group and the objections to it."""
        group = AccountGroup(self._views.view_for(members).population, members)
        return judge_group(group, evidence, objections, seed, self._rules)

    def _run_tests(self, group: AccountGroup, view: PeeledView) -> GroupEvaluation:
        least = self._rules.settings.report_probability
        evidence, objections = self._signals(group, False), find_objections(group)
        most = bound_probability(evidence, self._signals.costly, self._rules)
        if most < least:
            return GroupEvaluation(evidence, objections, most)
        evidence += self._signals(group, True)
        likelihood = judge_group(group, evidence, objections, "", self._rules).likelihood
        # Who else is as much alike takes a look at everybody; what is rejected without it needs no more against it.
        if likelihood >= least:
            crowd = check_community(group, measure_likeness(view.outward, group.members))
            if crowd is not None:
                objections.append(crowd)
                likelihood = judge_group(group, evidence, objections, "", self._rules).likelihood
        return GroupEvaluation(evidence, objections, likelihood)
