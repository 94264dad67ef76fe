"""Nulls hold: among honest groups, a p-value below 0.01 is about as rare as it says.

Groups are drawn from honest accounts, at random or of like volume, so that nothing binds them but what the null allows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fixtures.populations import DAY, HOUR, MINUTE, NEW_YEAR, SECOND, Draft, knowing, people, population, showing
from hydrometer.detection.population.account_group import AccountGroup
from hydrometer.detection.signals.signal import Signal, find_signals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydrometer.detection.population.population import Population

SIGNALS = {signal.name: signal for signal in find_signals()}
SIZES = (6, 15, 40, 80)
RARE = -2.0
"""log10 p from which a group counts."""
MOST = 0.03
"""Most honest groups that may."""
GROUPS = 40
"""By world, size and way of choosing."""
RELEASE = NEW_YEAR + 14 * DAY

World = Callable[[np.random.Generator], list[Draft]]


def everyday(rng: np.random.Generator) -> list[Draft]:
    """Honest accounts with wrong flags, refusals, several languages, a release, wordings of a few and of many."""
    made = []
    for draft in people(rng, 300):
        early, many = rng.random(), len(draft.times)
        model = ["model-b" if moment >= RELEASE and rng.random() < early else "model-a" for moment in draft.times]
        rare = {f"rare-{rng.integers(300)}" for _ in range(rng.poisson(3))}
        made.append(
            replace(
                knowing(draft, languages=float(1 + rng.poisson(0.3))),
                demand=(rng.random(many) < 0.01).tolist(),
                model=model,
                wordings=sorted({*draft.wordings, *rare}),
                refused=(rng.random(many) < rng.beta(0.5, 8)).tolist(),
            )
        )
    return made


def households(rng: np.random.Generator) -> list[Draft]:
    """Every value of a kind in a few hands, none in many."""
    made = []
    for draft in people(rng, 300):
        for kind in ("address", "end_user"):
            draft = showing(draft, kind, *{f"{kind}-{rng.integers(300)}" for _ in range(3)})
        for kind in ("bin", "email_shape", "device"):
            draft = showing(draft, kind, f"{kind}-{rng.integers(100)}")
        made.append(draft)
    return made


def hubs(rng: np.random.Generator) -> list[Draft]:
    """Three values in most hands, and accounts with ten times as many values as others."""
    made = []
    for draft in people(rng, 300):
        for kind in ("address", "end_user"):
            own = {f"{kind}-{rng.integers(2000)}" for _ in range(int(1 + 3 * rng.pareto(1.0)))}
            draft = showing(draft, kind, f"hub-{rng.integers(3)}", *own)
        made.append(draft)
    return made


def templates(rng: np.random.Generator) -> list[Draft]:
    """One template for everybody, around contents of which some are popular."""
    return [
        replace(
            draft,
            wordings=("template",),
            demand=True,
            prompt=np.minimum(rng.zipf(1.3, len(draft.times)), 10**6).tolist(),
        )
        for draft in people(rng, 300)
    ]


def spells(rng: np.random.Generator) -> list[Draft]:
    """Jobs that run on a few days each, all day long."""
    return [
        Draft(times=[NEW_YEAR + int(day) * DAY + int(rng.integers(DAY)) for day in chosen for _ in range(10)])
        for chosen in (rng.choice(28, size=rng.integers(3, 10), replace=False) for _ in range(200))
    ]


def weekdays(rng: np.random.Generator) -> list[Draft]:
    """Accounts that work mostly on two days of the week, each on its own two."""
    made = []
    for _ in range(200):
        busy = np.isin(np.arange(28) % 7, rng.choice(7, 2, replace=False))
        counts = 1 + rng.poisson(np.where(busy, 6.0, 1.0))
        made.append(
            Draft(times=[NEW_YEAR + at * DAY + int(rng.integers(DAY)) for at in range(28) for _ in range(counts[at])])
        )
    return made


def travels(rng: np.random.Generator) -> list[Draft]:
    """Accounts seen in few systems or in very many, at addresses of a few and of many."""
    made = []
    for draft in people(rng, 300):
        places = [int(at) for at in rng.zipf(1.4, int(1 + 2 * rng.pareto(1.5))).clip(max=2_000)]
        draft = showing(draft, "asn", *{f"system-{at}" for at in places})
        made.append(showing(draft, "address", *{f"address-{at}" for at in places}))
    return made


def shifts(rng: np.random.Generator) -> list[Draft]:
    """People who sit down to work in the same eight hours of the same twenty days."""
    made = []
    for _ in range(200):
        days = NEW_YEAR + DAY * (rng.integers(20, size=rng.integers(4, 16)) * 7 // 5)
        begins = days + 9 * HOUR + rng.integers(8 * HOUR, size=days.size)
        gaps = np.cumsum(20 * SECOND + rng.exponential(3 * MINUTE, size=(days.size, 4)), axis=1).astype(np.int64)
        made.append(Draft(times=(begins[:, None] + gaps).ravel().tolist()))
    return made


EVERYDAY = sorted(SIGNALS.keys() - {"partitioned_slots", "devices", "shared_address"})
CALIBRATED: list[tuple[str, World]] = [
    *((name, everyday) for name in EVERYDAY),
    *((name, households) for name in ("shared_address", "devices", "cards", "email_shape")),
    *((name, hubs) for name in ("shared_address", "devices")),
    ("partitioned_slots", templates),
    ("rotating_exits", travels),
    ("shared_exits", travels),
    *(("paced_stream", world) for world in (spells, weekdays, shifts)),
]


def chosen_groups(made: Population, rng: np.random.Generator, *, like: bool) -> Iterator[AccountGroup]:
    """Groups of several sizes, at random or each among three times as many accounts next in volume."""
    by_volume = np.argsort(made.facts["exchanges"], kind="stable")
    for size in SIZES:
        for _ in range(GROUPS):
            wide = min(made.size, 3 * size) if like else made.size
            start = int(rng.integers(made.size - wide + 1))
            mask = np.zeros(made.size, dtype=np.bool_)
            mask[rng.choice(by_volume[start : start + wide], size, replace=False)] = True
            yield AccountGroup(made, mask)


@pytest.fixture(scope="module")
def worlds() -> Callable[[World], list[Population]]:
    """Three populations of a kind, made once."""
    known: dict[World, list[Population]] = {}

    def made(world: World) -> list[Population]:
        if world not in known:
            releases = {"model-b": RELEASE} if world is everyday else None
            known[world] = [population(world(np.random.default_rng(seed)), releases=releases)[0] for seed in range(3)]
        return known[world]

    return made


def rate(signal: Signal, made: list[Population], *, like: bool) -> float:
    """Share of honest groups with p < 0.01."""
    rng = np.random.default_rng(11)
    findings = [signal.test(group) for one in made for group in chosen_groups(one, rng, like=like)]
    return float(np.mean([finding is not None and finding.log10_p < RARE for finding in findings]))


@pytest.mark.parametrize(
    ("name", "world"), CALIBRATED, ids=lambda value: value if isinstance(value, str) else value.__name__
)
def test_honest_groups_are_rarely_found(name: str, world: World, worlds: Callable[[World], list[Population]]) -> None:
    assert rate(SIGNALS[name], worlds(world), like=False) < MOST


# Accounts chosen for their like volumes have like volumes: quotas says so, and has no null for it.
@pytest.mark.parametrize("name", sorted(set(EVERYDAY) - {"quotas"}))
def test_honest_groups_of_like_volume_are_rarely_found(name: str, worlds: Callable[[World], list[Population]]) -> None:
    assert rate(SIGNALS[name], worlds(everyday), like=True) < MOST


def test_every_signal_is_calibrated() -> None:
    assert {name for name, _ in CALIBRATED} == SIGNALS.keys()
