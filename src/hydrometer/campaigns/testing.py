"""Groups put to the tests, each once, and no further than it takes to reject them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.campaigns.counter import Objection, community, objections
from hydrometer.campaigns.grow import resemblance
from hydrometer.campaigns.judge import judge, most_likely
from hydrometer.contract.group import Group
from hydrometer.contract.results import Evidence

if TYPE_CHECKING:
    from hydrometer.campaigns.calibration import Calibration
    from hydrometer.campaigns.judge import Judgement
    from hydrometer.campaigns.traits import Traits
    from hydrometer.contract.population import Bools, Population
    from hydrometer.contract.progress import Progress
    from hydrometer.contract.settings import CampaignSettings

Test = Callable[[Group, bool], list[Evidence]]
"""Puts a group to the signals that read contents, or to all others."""
LARGE = 100_000
"""Exchanges of a group from which what was read of them is not kept in memory."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What was found for a group and against it. The group itself is let go: its exchanges may be many."""

    evidence: list[Evidence]
    against: list[Objection]
    probability: float


class Testing:
    """The tests of one run, and how many were made."""

    def __init__(
        self,
        population: Population,
        outward: Traits,
        test: Test,
        *,
        signals: int,
        settings: CampaignSettings,
        calibration: Calibration,
        attainable: float,
        progress: Progress,
    ) -> None:
        """Take what every test needs.

        Args:
            outward: the traits of the population without content.
            signals: how many signals are on.
            attainable: most bits of coordination that the signals that are on can give.
        """
        self._population, self._outward, self._test = population, outward, test
        self._signals, self._settings, self._progress = signals, settings, progress
        self._calibration, self._attainable = calibration, attainable
        self._weighed: dict[bytes, float] = {}
        self._tested: dict[bytes, Tested] = {}

    @property
    def made(self) -> int:
        """Tests of all groups, those that could not have changed anything among them."""
        return self._signals * len(self._weighed)

    def weigh(self, members: Bools) -> float:
        """Probability that a group is a campaign; of a group that is rejected, whatever its contents, the most it could be."""
        key = _key(members)
        if key not in self._weighed:
            group = Group(self._population, members)
            evidence = self._test(group, False)
            most = most_likely(evidence, self._settings, self._calibration, self._attainable)
            if most >= self._settings.report_probability:
                most = self._whole(key, group, evidence).probability
            self._note(key, group, most)
        return self._weighed[key]

    def test(self, members: Bools) -> Tested:
        """All that is found for a group and against it."""
        key = _key(members)
        if key not in self._tested:
            group = Group(self._population, members)
            found = self._whole(key, group, self._test(group, False))
            self._note(key, group, found.probability)
        return self._tested[key]

    def judge(self, members: Bools, evidence: list[Evidence], against: list[Objection], seed: str = "") -> Judgement:
        """Weigh evidence for a group, and what is `against` it."""
        group = Group(self._population, members)
        return judge(group, evidence, against, seed, self._settings, self._calibration, self._attainable)

    def _whole(self, key: bytes, group: Group, outward: list[Evidence]) -> Tested:
        evidence = outward + self._test(group, True)
        against = objections(group)
        probability = self.judge(group.members, evidence, against).probability
        # Who else is as much alike takes a look at everybody; what is rejected without it needs no more against it.
        if probability >= self._settings.report_probability:
            crowd = community(group, resemblance(self._outward, group.members))
            if crowd is not None:
                against.append(crowd)
                probability = self.judge(group.members, evidence, against).probability
        self._tested[key] = Tested(evidence, against, probability)
        return self._tested[key]

    def _note(self, key: bytes, group: Group, probability: float) -> None:
        self._weighed[key] = probability
        if group.population.events.counts[group.accounts].sum() >= LARGE:
            group.population.let_go()
        self._progress.advance(1)


def _key(members: Bools) -> bytes:
    return hashlib.blake2b(np.packbits(members).tobytes(), digest_size=16).digest()
