"""What is run: which worlds, for which detectors, in how many seeds.

Tuning sees the training seeds of the tuned scenarios and nothing else: the settings of the baselines, the calibration, and
whatever a developer looks at. The test seeds, and every seed of the held-out scenarios, are for the published numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hydrometer.contract.evidence_families import FAMILIES

LADDER = tuple(f"ladder{rung}" for rung in range(1, 8))
INNOCENT = "innocent"
OTHERS = ("residential_only", "search_phase", "two_tools", "mixed_pool", "february", "september")
VARIED = "varied"
"""Operators whose knobs are drawn at random (`varied`)."""
HELD_OUT = ("night_market", "quiet_harbour")
"""No tuning ever sees these."""
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
    ladder: int
    innocent: int
    others: int
    varied: int
    held_out: int
    baselines: int
    """Seeds of each rung, of the held-out scenarios and of the innocent world on which the baselines run too."""
    ablated: int
    """Seeds of each rung on which every family of evidence is left out in turn."""
    daily: int
    """Seeds of each rung that are detected day by day."""
    scenarios: tuple[str, ...] = field(default=(*LADDER, INNOCENT, *OTHERS, VARIED, *HELD_OUT))


FULL = Size(honest=3_000, ladder=10, innocent=20, others=5, varied=12, held_out=8, baselines=4, ablated=3, daily=1)
SHORT = Size(
    honest=700,
    ladder=1,
    innocent=1,
    others=0,
    varied=0,
    held_out=0,
    baselines=1,
    ablated=1,
    daily=1,
    scenarios=("ladder2", INNOCENT),
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


def trials(size: Size) -> list[Trial]:
    """Return the trials of a size, the longest first so that no worker is left with one at the end."""
    made = [_trial(size, scenario, number) for scenario in size.scenarios for number in range(_seeds(size, scenario))]
    return sorted(
        made, key=lambda trial: (-(trial.baselines + trial.ablated + trial.daily), trial.scenario, trial.seed)
    )


def _trial(size: Size, scenario: str, number: int) -> Trial:
    return Trial(
        scenario,
        TEST_SEED + number,
        size.honest,
        baselines=number < size.baselines and scenario not in (*OTHERS, VARIED),
        ablated=number < size.ablated and scenario in LADDER,
        bare=scenario == INNOCENT or (number < size.ablated and scenario in LADDER),
        daily=number < size.daily and scenario in LADDER,
    )


def _seeds(size: Size, scenario: str) -> int:
    if scenario in LADDER:
        return size.ladder
    return {INNOCENT: size.innocent, VARIED: size.varied, **dict.fromkeys(HELD_OUT, size.held_out)}.get(
        scenario, size.others
    )
