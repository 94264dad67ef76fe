"""Groups put to the tests, each once, and no further than it takes to reject them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from hydrometer.campaigns.counter import community, objections
from hydrometer.campaigns.grow import resemblance
from hydrometer.campaigns.judge import judge, most_likely
from hydrometer.contract.group import Group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.campaigns.calibration import Calibration
    from hydrometer.campaigns.counter import Objection
    from hydrometer.campaigns.judge import Judgement
    from hydrometer.campaigns.traits import Traits
    from hydrometer.contract.population import Bools, Population
    from hydrometer.contract.progress import Progress
    from hydrometer.contract.results import Evidence
    from hydrometer.contract.settings import CampaignSettings

LARGE = 100_000
"""Exchanges of a group from which what was read of them is not kept in memory."""


class Tests(Protocol):
    """The signals that are on."""

    @property
    def number(self) -> int:
        """How many they are."""
        ...

    @property
    def costly(self) -> Sequence[tuple[str, str, float]]:
        """Family, axis and most bits of those that go through all wordings of a group."""
        ...

    def __call__(self, group: Group, costly: bool) -> list[Evidence]:
        """What the costly ones find, or all others."""
        ...


@dataclass(frozen=True, slots=True)
class Tested:
    """What was found for a group and against it. The group itself is let go: its exchanges may be many."""

    evidence: list[Evidence]
    against: list[Objection]
    probability: float
    """That it is a campaign; of a group that is rejected whatever the costly signals find, the most it could be."""


class Testing:
    """The tests of one run, and how many were made."""

    def __init__(
        self,
        population: Population,
        outward: Traits,
        tests: Tests,
        *,
        settings: CampaignSettings,
        calibration: Calibration,
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
        self._tested: dict[bytes, Tested] = {}

    @property
    def made(self) -> int:
        """Tests of all groups, those that could not have changed anything among them."""
        return self._tests.number * len(self._tested)

    def test(self, members: Bools) -> Tested:
        """What is found for a group and against it."""
        key = hashlib.blake2b(np.packbits(members).tobytes(), digest_size=16).digest()
        if key not in self._tested:
            group = Group(self._population, members)
            self._tested[key] = self._found(group)
            if self._population.events.counts[group.accounts].sum() >= LARGE:
                self._population.let_go()
            self._progress.advance(1)
        return self._tested[key]

    def judge(self, members: Bools, evidence: list[Evidence], against: list[Objection], seed: str = "") -> Judgement:
        """Weigh evidence for a group, and what is `against` it."""
        group = Group(self._population, members)
        return judge(group, evidence, against, seed, self._settings, self._calibration, self._attainable)

    def _found(self, group: Group) -> Tested:
        least = self._settings.report_probability
        evidence, against = self._tests(group, False), objections(group)
        most = most_likely(evidence, self._tests.costly, self._settings, self._calibration, self._attainable)
        if most < least:
            return Tested(evidence, against, most)
        evidence += self._tests(group, True)
        probability = self.judge(group.members, evidence, against).probability
        # Who else is as much alike takes a look at everybody; what is rejected without it needs no more against it.
        if probability >= least:
            crowd = community(group, resemblance(self._outward, group.members))
            if crowd is not None:
                against.append(crowd)
                probability = self.judge(group.members, evidence, against).probability
        return Tested(evidence, against, probability)
