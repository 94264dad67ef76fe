"""A stream that keeps its distances, against people with sittings and common hours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fixtures.populations import DAY, HOUR, MINUTE, NEW_YEAR, SECOND, Draft, population
from hydrometer.detection.population.account_group import AccountGroup
from hydrometer.detection.signals.timing.paced_stream import SHORTEST_GAP
from hydrometer.detection.signals.timing.paced_stream import test as measure_pace

DRAWS = 200


def office_worker(rng: np.random.Generator, exchanges: int) -> Draft:
    """Sittings of a few requests, in the eight hours of the working days that all of them share."""
    workdays = [day for day in range(28) if day % 7 < 5]
    times: list[int] = []
    while len(times) < exchanges:
        moment = NEW_YEAR + int(rng.choice(workdays)) * DAY + 9 * HOUR + int(rng.integers(8 * HOUR))
        for _ in range(1 + int(rng.poisson(3))):
            times.append(moment)
            moment += 20 * SECOND + int(rng.exponential(3 * MINUTE))
    return Draft(times=times[:exchanges], member=True)


def queue(rng: np.random.Generator, accounts: int, exchanges: int) -> list[Draft]:
    """A request every ten minutes, give or take two, to an account picked at random."""
    times: list[list[int]] = [[] for _ in range(accounts)]
    for at in range(exchanges):
        times[int(rng.integers(accounts))].append(NEW_YEAR + (at + 1) * 10 * MINUTE + int(rng.normal(0, 2 * MINUTE)))
    return [Draft(times=some, member=True) for some in times if some]


def test_independent_people_with_sittings_and_common_hours_are_seldom_found() -> None:
    rng = np.random.default_rng(1)
    log10_p = []
    for _ in range(DRAWS):
        accounts = int(rng.integers(6, 40))
        _, group = population([office_worker(rng, int(rng.integers(20, 80))) for _ in range(accounts)])
        finding = measure_pace(group)
        if finding is not None:
            log10_p.append(finding.log10_p)
    found = np.array(log10_p)
    assert found.size > 0.9 * DRAWS, "hardly any of them was measured"
    assert float(np.mean(found < np.log10(0.05))) <= 0.08
    assert float(np.mean(found < -2)) <= 0.03
    assert float(np.mean(found < -3)) <= 0.01
    assert found.min() > -5


@pytest.mark.parametrize("accounts", [4, 15, 60])
def test_a_queue_is_found_whatever_number_of_accounts_it_deals_to(accounts: int) -> None:
    _, group = population(queue(np.random.default_rng(2), accounts, 1_500))
    finding = measure_pace(group)
    assert finding is not None
    assert finding.statistic < 0.2
    assert finding.log10_p < -5


def test_a_queue_among_as_many_people_fades() -> None:
    """Whoever adds its own traffic to a queue's hides it; it is never found stronger for that."""
    rng = np.random.default_rng(3)
    pool = queue(rng, 15, 1_000)
    alone = measure_pace(population(pool)[1])
    crowd = measure_pace(population([*pool, *(office_worker(rng, 66) for _ in range(15))])[1])
    assert alone is not None
    assert crowd is not None
    assert alone.statistic < crowd.statistic < 1.2
    assert crowd.log10_p > alone.log10_p


def test_the_order_of_accounts_and_the_moment_of_the_first_exchange_change_nothing() -> None:
    rng = np.random.default_rng(4)
    pool = queue(rng, 12, 800)
    first = measure_pace(population(pool)[1])
    later = [replace(draft, times=[at + 5 * DAY for at in draft.times]) for draft in reversed(pool)]
    second = measure_pace(population(later)[1])
    assert first is not None
    assert second is not None
    assert (second.statistic, second.log10_p) == pytest.approx((first.statistic, first.log10_p))


def test_logs_in_whole_seconds_say_nothing_of_a_denser_stream() -> None:
    dense = [Draft(times=[NEW_YEAR + at * SHORTEST_GAP // 4 for at in range(n, 600, 6)], member=True) for n in range(6)]
    assert measure_pace(population(dense)[1]) is None


def test_a_queue_within_one_organisation_is_its_own_affair() -> None:
    made, group = population([replace(draft, org="one") for draft in queue(np.random.default_rng(5), 12, 800)])
    assert measure_pace(AccountGroup(made, group.members)) is None
