"""Online courses: students all over the world who sign up when a course opens and send its exercises in its template.

Like a hydra they show a burst of sign-ups, synchronous first use, one rare template over many accounts that asks for
the reasoning, the same contents in account after account, and crowds of traffic at the same hours (before deadlines).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_email_domains
from hydrometer.lab.simulate.arrival_times import DAY
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.communities import split_into_communities

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray

KIND = "course"
SHARE = 0.0
MEAN = 25
STUDENTS = range(200, 451)
"""Students of a course, about."""
OPENING_HOURS = 36.0
"""Hours within which nearly all students sign up."""
EDUCATION = 0.5
"""Share of the students on an education plan; the others use the free one."""
WEEK = 7
"""Days between two deadlines."""
EXERCISES = 9
"""Exercises of a week."""
TAKEN_PART = 0.6
"""Chance that a student sends a given exercise at all, where honest customers are as busy as usual."""
REPEATS = (1, 1, 1, 2, 3)
"""Times that a student sends an exercise, all alike."""
RUSH_DAYS = 1.3
"""Days before a deadline within which the traffic grows by the factor e."""
OWN_QUESTIONS = 4.0
"""Median of a student's own questions in a fortnight, in no template."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` students of courses with 200 to 450 each: every student sends most exercises of a week, once to
    thrice, in the course's template, the more the nearer the deadline; half are on an education plan; all from home."""
    for name, size in split_into_communities(cohort, KIND, count, STUDENTS):
        opens = int(cohort.rng.uniform(-2, max(0.5, cohort.days - WEEK - 1)))
        rows = _enrol_students(cohort, name, size, opens)
        template = cohort.draw_crowd_templates("course", 1)
        for week in range(-(-(cohort.days - opens) // WEEK)):
            _send_exercises(cohort, rows, template, opens + week * WEEK)
        volumes = cohort.draw_volumes(size, OWN_QUESTIONS * cohort.days / 14, 1.2, 200)
        account, at, addresses, session, turns = cohort.draw_human_exchanges(rows, volumes)
        cohort.add_exchanges(
            ExchangeBatch(account, at, cohort.draw_prompts(account), addresses=addresses, session=session, turns=turns)
        )


def _enrol_students(cohort: CohortBuilder, name: str, size: int, opens: int) -> IntArray:
    rng = cohort.rng
    at_school = rng.random(size) < EDUCATION
    schools = np.array([f"uni{number}.edu" for number in rng.integers(100, 9_999, size)], dtype=object)
    return cohort.add_accounts(
        size,
        KIND,
        AccountTraits(created_at=cohort.draw_signup_burst(size, opens + 0.6, OPENING_HOURS), community=name),
        email_domain=np.where(at_school, schools, draw_email_domains(rng, size)),
        plan=np.where(at_school, "education", "free"),
        verification=np.where(at_school, "edu", "email"),
        payment_fingerprint=None,
        payment_bin=None,
    )


def _send_exercises(cohort: CohortBuilder, rows: IntArray, template: IntArray, first_day: int) -> None:
    """Send a week's exercises, each student's in their order, in sittings that crowd before the deadline."""
    rng, begin = cohort.rng, max(0, first_day)
    days = min(first_day + WEEK, cohort.days) - begin
    sends = rng.random((len(rows), EXERCISES)) < min(1.0, TAKEN_PART * cohort.scenario.volume)
    times = np.where(sends, rng.choice(np.array(REPEATS), sends.shape), 0)
    exercises = np.repeat(np.broadcast_to(cohort.draw_tasks(EXERCISES, "en"), times.shape).ravel(), times.ravel())
    to_deadline = first_day + WEEK - 1 - (begin + np.arange(days))
    working = times.sum(axis=1) > 0
    account, at, addresses, session, turns = cohort.draw_human_exchanges(
        rows[working],
        times.sum(axis=1)[working],
        HumanHabits(
            since=cohort.start + begin * DAY,
            days=float(days),
            session=5,
            weekend=1.0,
            day_weights=np.exp(-to_deadline / RUSH_DAYS),
        ),
    )
    task = np.empty(len(account), dtype=np.int64)
    task[np.lexsort((at, account))] = exercises
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            task,
            template=np.repeat(template, len(account)),
            addresses=addresses,
            session=session,
            turns=turns,
            output=620,
        )
    )
