"""Groups put to the tests, each once, and no further than it takes to reject them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from hydrometer.detection.campaigns.counter_evidence import check_community, find_objections
from hydrometer.detection.campaigns.group_scoring import bound_probability, judge_group
from hydrometer.detection.campaigns.seed_expansion import measure_likeness
from hydrometer.detection.population.account_group import AccountGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import CampaignSettings, Evidence, Progress
    from hydrometer.detection.campaigns.comparison_features import ComparisonFeatures
    from hydrometer.detection.campaigns.counter_evidence import Objection
    from hydrometer.detection.campaigns.group_scoring import GroupJudgement
    from hydrometer.detection.campaigns.score_calibration import ScoreCalibration
    from hydrometer.detection.population.population import Bools, Population

LARGE = 100_000
"""Exchanges of a group from which what was read of them is not kept in memory."""


class SignalTests(Protocol):
    """The signals that are on."""

    @property
    def number(self) -> int:
        """How many they are."""
        ...

    @property
    def costly(self) -> Sequence[tuple[str, str, float]]:
        """Family, axis and most bits of those that go through all wordings of a group."""
        ...

    def __call__(self, group: AccountGroup, costly: bool) -> list[Evidence]:
        """What the costly ones find, or all others."""
        ...


@dataclass(frozen=True, slots=True)
class GroupEvaluation:
    """What was found for a group and against it. The group itself is let go: its exchanges may be many."""

    evidence: list[Evidence]
    objections: list[Objection]
    probability: float
    """That it is a campaign; of a group that is rejected whatever the costly signals find, the most it could be."""


class GroupEvaluator:
    """The tests of one run, and how many were made."""

    def __init__(
        self,
        population: Population,
        outward: ComparisonFeatures,
        tests: SignalTests,
        *,
        settings: CampaignSettings,
        calibration: ScoreCalibration,
        attainable: float,
        progress: Progress,
    ) -> None:
        """Take what every test needs.

        Args:
            outward: the traits of the population without content.
            attainable: most bits of coordination that the signals that are on can give.
        """
        self._population, self._outward, self._tests = population, outward, tests
        self._settings, self._progress = settings, progress
        self._calibration, self._attainable = calibration, attainable
        self._evaluations: dict[bytes, GroupEvaluation] = {}

    @property
    def test_count(self) -> int:
        """Tests of all groups, those that could not have changed anything among them."""
        return self._tests.number * len(self._evaluations)

    def evaluate(self, members: Bools) -> GroupEvaluation:
        """What is found for a group and against it."""
        key = hashlib.blake2b(np.packbits(members).tobytes(), digest_size=16).digest()
        if key not in self._evaluations:
            group = AccountGroup(self._population, members)
            self._evaluations[key] = self._run_tests(group)
            if self._population.events.counts[group.accounts].sum() >= LARGE:
                self._population.release_pages()
            self._progress.advance(1)
        return self._evaluations[key]

    def judge(
        self, members: Bools, evidence: list[Evidence], against: list[Objection], seed: str = ""
    ) -> GroupJudgement:
        """Weigh evidence for a group, and what is `against` it."""
        group = AccountGroup(self._population, members)
        return judge_group(group, evidence, against, seed, self._settings, self._calibration, self._attainable)

    def _run_tests(self, group: AccountGroup) -> GroupEvaluation:
        least = self._settings.report_probability
        evidence, against = self._tests(group, False), find_objections(group)
        most = bound_probability(evidence, self._tests.costly, self._settings, self._calibration, self._attainable)
        if most < least:
            return GroupEvaluation(evidence, against, most)
        evidence += self._tests(group, True)
        probability = self.judge(group.members, evidence, against).probability
        # Who else is as much alike takes a look at everybody; what is rejected without it needs no more against it.
        if probability >= least:
            crowd = check_community(group, measure_likeness(self._outward, group.members))
            if crowd is not None:
                against.append(crowd)
                probability = self.judge(group.members, evidence, against).probability
        return GroupEvaluation(evidence, against, probability)
