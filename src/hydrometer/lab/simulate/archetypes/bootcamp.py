"""Bootcamps: learners who start on one day, with one public coding harness and the same exercises day after day.

Like a hydra they show a burst of sign-ups, synchronous first use, one long system prompt, the same tools and client,
the same contents in account after account, agentic sessions and the same hours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_ids, draw_ordinary_bins, repeat_value
from hydrometer.lab.simulate.arrival_times import DAY, WORK_HOURS
from hydrometer.lab.simulate.clients import HARNESS_CLIENT
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.communities import split_into_communities
from hydrometer.lab.simulate.honest_templates import HARNESS_TOOLS, find_public_harness
from hydrometer.lab.simulate.networks import COUNTRIES

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray

KIND = "bootcamp"
SHARE = 0.0
MEAN = 25
LEARNERS = range(110, 191)
"""Learners of a bootcamp, about."""
SIGNUP_HOURS = 6.0
"""Hours of the first day within which they sign up."""
VOUCHERS = 0.5
"""Share of the learners who pay with the school's voucher and have no card."""
ONE_COUNTRY = 0.6
"""Share of the learners who live in the school's country."""
EXERCISES_A_DAY = 3
"""Exercises that the school gives for each day."""
OWN_WORK = 0.35
"""Share of the exchanges about an own project."""
EXCHANGES = 24.0
"""Median of the exchanges of a learner in a fortnight."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` learners of bootcamps with about 150 each, who sign up within hours and work from home, by day, under
    the public harness; two in three exchanges are one of the day's three exercises, which everybody has."""
    rng = cohort.rng
    harness = cohort.catalogue.fixed_text(find_public_harness(cohort.scenario.crowd_phrasebook))
    for name, size in split_into_communities(cohort, KIND, count, LEARNERS):
        first_day = int(rng.integers(0, max(1, cohort.days - 8)))
        rows = _enrol_learners(cohort, name, size, first_day)
        volumes = cohort.draw_volumes(size, EXCHANGES * (cohort.days - first_day) / 14, 0.7, 200)
        account, at, addresses, session, turns = cohort.draw_human_exchanges(
            rows,
            volumes,
            HumanHabits(since=cohort.start + first_day * DAY, session=8, weekend=0.3, hours=WORK_HOURS, own_hours=1.0),
        )
        exercises = cohort.draw_tasks(EXERCISES_A_DAY * cohort.days, topic="code")
        of_day = (at - cohort.start) // DAY * EXERCISES_A_DAY + rng.integers(0, EXERCISES_A_DAY, len(at))
        own = rng.random(len(at)) < OWN_WORK
        cohort.add_exchanges(
            ExchangeBatch(
                account,
                at,
                np.where(own, cohort.draw_tasks(len(at), topic="code"), exercises[of_day]),
                system=harness,
                addresses=addresses,
                session=session,
                turns=turns,
                tools=HARNESS_TOOLS,
                output=520,
                reasoning=0.5,
            )
        )


def _enrol_learners(cohort: CohortBuilder, name: str, size: int, first_day: int) -> IntArray:
    rng = cohort.rng
    country = cohort.dice.pick(tuple(COUNTRIES))
    abroad = rng.random(size) >= ONE_COUNTRY
    others = np.array([cohort.dice.pick(tuple(COUNTRIES)) for _ in range(size)], dtype=object)
    voucher, nothing = rng.random(size) < VOUCHERS, repeat_value(None, size)
    made = cohort.draw_signup_burst(size, first_day + (9.5 - COUNTRIES[country][1]) / 24, SIGNUP_HOURS)
    return cohort.add_accounts(
        size,
        KIND,
        AccountTraits(
            created_at=made,
            country=country,
            clients_at=np.full(size, HARNESS_CLIENT),
            large=0.7,
            community=name,
        ),
        country=np.where(abroad, others, country),
        payment_fingerprint=np.where(voucher, nothing, draw_ids(rng, "pm_", size)),
        payment_bin=np.where(voucher, nothing, draw_ordinary_bins(rng, size)),
        plan=np.where(voucher, "education", "payg"),
        verification="email",
    )
