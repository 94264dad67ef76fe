"""Accounts that fall in and fall silent together.

Scan statistic on first and last exchanges (after SynchroTrap, CCS 2014): the densest window against what everybody else
does in it, so that an outage or a launch, which moves everybody, explains itself. First exchanges at the edge of the
traffic are unknown, not simultaneous. Starts in the days after a model's release are not counted when the group then
uses that model: a release brings unrelated people together.

Honest who show it: courses, hackathons, offices that start and leave together.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.memo import memoize_by_key
from hydrometer.detection.population.org_panel import select_one_per_org
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import correct_for_tries, exchangeable_tail, find_densest_window

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Floats, Ints, Population

HOUR = 3_600_000_000
WIDTHS = (3 * HOUR, 12 * HOUR, 36 * HOUR)
EDGE = 12 * HOUR
RELEASE_CROWD = 72 * HOUR


def test(group: AccountGroup) -> SignalFinding | None:
    """The more surprising of simultaneous starts and simultaneous stops."""
    population = group.population
    findings = []
    for fact, word in (("first_seen", "began"), ("last_seen", "stopped")):
        moments = memoize_by_key(population, (select_moments, fact), partial(select_moments, population, fact))
        mine, others = (np.sort(moments[accounts].astype(np.int64)) for accounts in select_one_per_org(group, moments))
        if mine.size < 4 or others.size < 30:
            continue
        finding = _scan_windows(group, mine, others, word)
        if finding is not None:
            findings.append(finding)
    if not findings:
        return None
    best = min(findings, key=lambda finding: finding.log10_p)
    return replace(best, log10_p=correct_for_tries(best.log10_p, 2))


def select_moments(population: Population, fact: str) -> Floats:
    """Per account its first or last moment; NaN at the edge of the traffic, and where it neither began nor stopped
    because it was seen once or twice."""
    moments = population.facts[fact]
    inside = (moments > population.start + EDGE) & (moments < population.end - EDGE)
    inner_moments: Floats = np.where(inside & (population.facts["exchanges"] >= 3), moments, np.nan)
    return inner_moments


def _scan_windows(group: AccountGroup, mine: Ints, others: Ints, word: str) -> SignalFinding | None:
    best: SignalFinding | None = None
    span = group.population.end - group.population.start
    for width in WIDTHS:
        start, inside = find_densest_window(mine, width)
        if inside < 4 or (word == "began" and release_explains(group, start)):
            continue
        elsewhere = int(np.searchsorted(others, start + width, side="right") - np.searchsorted(others, start))
        tail = exchangeable_tail(inside, mine.size, inside + elsewhere, mine.size + others.size)
        log10_p = correct_for_tries(tail, max(1.0, span / width) * len(WIDTHS))
        if best is None or log10_p < best.log10_p:
            best = SignalFinding(
                inside / mine.size,
                log10_p,
                f"{inside} of {mine.size} accounts {word} within {width // HOUR} hours; {elsewhere} of {others.size:,} others did.",
                cover=inside / mine.size,
            )
    return best


def release_explains(group: AccountGroup, start: int) -> bool:
    """Return whether a model came out shortly before `start` and the group mostly uses it."""
    population: Population = group.population
    for model, released in population.releases.items():
        if -12 * HOUR <= start - released <= RELEASE_CROWD:
            used = population.events.model[group.events]
            if np.mean(used == model) >= 0.5:
                return True
    return False


SIGNAL = Signal(
    name="synchrony",
    family="timing",
    axis="coordination",
    null="accounts begin and stop when everybody else does",
    needs=(),
    costs="pools switched on and off together",
    cap=7.0,
    cause="joined together",
    test=test,
)
