"""What is run: which worlds, for which detectors, in how many seeds.

Tuning sees the training seeds of the tuned scenarios and nothing else: the settings of the baselines, the calibration, and
whatever a developer looks at. The test seeds, and every seed of the held-out scenarios, are for the published numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hydrometer.contract.evidence_families import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Mapping

LADDER = tuple(f"ladder{rung}" for rung in range(1, 8))
INNOCENT = "innocent"
OTHERS = ("residential_only", "search_phase", "two_tools", "mixed_pool", "february", "september")
COMMUNITIES = ("communities", "cohorts")
"""Honest communities, and no operator."""
AMONG = ("among_communities", "among_graders", "harness_agents")
"""Operators beside honest people who do as they do."""
SEVERAL = ("rivals", "rings")
"""Four operators or more in one world."""
EVASIONS = ("polyglot", "paraphrase", "salted", "sittings", "workers", "sixty_days")
"""Operators that evade in one way each."""
VARIED = "varied"
"""Operators whose knobs are drawn at random (`varied`)."""
HELD_OUT_COMMUNITIES = "old_town"
HELD_OUT = ("night_market", "quiet_harbour", HELD_OUT_COMMUNITIES, "winter_fair", "long_pier")
"""No tuning ever sees these."""
TUNED = (*OTHERS, *COMMUNITIES, *AMONG, *SEVERAL, *EVASIONS)
"""Scenarios that may be tuned on, beside the ladder and the innocent world."""
EVERY = (*LADDER, INNOCENT, *TUNED, VARIED, *HELD_OUT)
CROWDS = (*COMMUNITIES, "among_communities", HELD_OUT_COMMUNITIES)
"""Worlds full of honest communities, on which the baselines run too."""
HISTORY_SEED = 1
"""A training seed: its innocent world is the history that a baseline may learn from."""
TEST_SEED = 101
"""The first test seed; the others follow. Training seeds are below 100."""
ABLATED = tuple(family for family in FAMILIES if family != "intelligence")
"""Families of evidence; there is no intelligence in these worlds."""
BARE = "bare logs"
"""The variant that has neither the accounts table nor addresses."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many seeds of what, and how large a world is."""

    honest: int
    seeds: Mapping[str, int]
    """Seeds of each scenario."""
    baselines: Mapping[str, int]
    """Of these, those on which the baselines run too."""
    ablated: int
    """Seeds of each rung on which every family of evidence is left out in turn."""
    daily: int
    """Seeds of each rung that are detected day by day."""
    bare: Mapping[str, int] = field(default_factory=dict)
    """Seeds, beside the ablated ones, that are detected without accounts and addresses too."""

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios of which there is a world."""
        return tuple(self.seeds)


FULL = Size(
    honest=3_000,
    seeds={
        **dict.fromkeys(LADDER, 10),
        INNOCENT: 20,
        **dict.fromkeys(OTHERS, 5),
        "communities": 8,
        "cohorts": 6,
        "among_communities": 4,
        "among_graders": 3,
        "harness_agents": 3,
        **dict.fromkeys(SEVERAL, 4),
        **dict.fromkeys(EVASIONS, 3),
        "sixty_days": 2,
        VARIED: 12,
        "night_market": 8,
        "quiet_harbour": 8,
        HELD_OUT_COMMUNITIES: 8,
        "winter_fair": 6,
        "long_pier": 6,
    },
    baselines={
        **dict.fromkeys((*LADDER, INNOCENT, "night_market", "quiet_harbour"), 4),
        **dict.fromkeys((*COMMUNITIES, HELD_OUT_COMMUNITIES, "winter_fair", "long_pier"), 2),
        "among_communities": 1,
    },
    ablated=3,
    daily=1,
    bare={INNOCENT: 20, **dict.fromkeys((*COMMUNITIES, HELD_OUT_COMMUNITIES), 2)},
)
SHORT = Size(
    honest=700,
    seeds={"ladder2": 1, INNOCENT: 1},
    baselines={"ladder2": 1, INNOCENT: 1},
    ablated=1,
    daily=1,
    bare={INNOCENT: 1},
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One world and what is run on it."""

    scenario: str
    seed: int
    honest: int
    baselines: bool
    ablated: bool
    bare: bool
    daily: bool

    @property
    def work(self) -> int:
        """About how many times the plain trial it takes."""
        longer = 4 if self.scenario == "sixty_days" else 0
        return 2 * self.baselines + len(ABLATED) * self.ablated + self.bare + 12 * self.daily + longer


def trials(size: Size) -> list[Trial]:
    """Return the trials of a size, the longest first so that no worker is left with one at the end."""
    made = [_trial(size, scenario, number) for scenario, seeds in size.seeds.items() for number in range(seeds)]
    return sorted(made, key=lambda trial: (-trial.work, trial.scenario, trial.seed))


def _trial(size: Size, scenario: str, number: int) -> Trial:
    ablated = number < size.ablated and scenario in LADDER
    return Trial(
        scenario,
        TEST_SEED + number,
        size.honest,
        baselines=number < size.baselines.get(scenario, 0),
        ablated=ablated,
        bare=ablated or number < size.bare.get(scenario, 0),
        daily=number < size.daily and scenario in LADDER,
    )
