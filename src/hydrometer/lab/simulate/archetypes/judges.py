"""Judges: teams that grade the outputs of their own systems with public judge templates, in batch jobs.

Like a hydra they show a few templates that ask for grades over many accounts, cloud addresses, machine-made one-turn
traffic without a night, and contents that no two accounts share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import DAY, schedule_jobs
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch
from hydrometer.lab.simulate.communities import split_into_communities
from hydrometer.lab.simulate.networks import CLOUD
from hydrometer.lab.simulate.public_templates import draw_judge_collection

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "judges"
SHARE = 0.0
MEAN = 200
TEAMS = range(40, 81)
"""Teams that use the templates of one public collection, about; each is one account and one organisation."""
RUN = 25.0
"""Median size of a run, in outputs to grade."""
EVERY_DAYS = (1.0, 2.0, 3.5, 7.0)
"""How often a team runs its job, in days; all alike."""
GAP_SECONDS = 5.0
"""Mean time between two exchanges of a run."""
PUBLIC_QUESTIONS = 0.2
"""Share of the outputs that answer questions of a public set."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` teams, 40 to 80 around each collection of three judge templates; each has one of them and a schedule
    of its own, and grades outputs of its own system, a fifth of them on questions that everybody uses."""
    rng = cohort.rng
    for number, (name, size) in enumerate(split_into_communities(cohort, KIND, count, TEAMS)):
        traits = AccountTraits(homes=cohort.internet.draw_addresses(rng, size, CLOUD), community=name)
        rows = cohort.add_accounts(size, KIND, traits, plan="team", verification="card")
        begins, owner = _draw_schedules(cohort, size)
        usual = cohort.draw_volumes(size, RUN, 0.6, 300)
        run, at = schedule_jobs(rng, begins, np.maximum(1, rng.poisson(usual[owner])), gap_seconds=GAP_SECONDS)
        team = owner[run]
        template = rng.choice(draw_judge_collection(cohort, number), size)
        public = rng.random(len(at)) < PUBLIC_QUESTIONS
        cohort.add_exchanges(
            ExchangeBatch(
                rows[team],
                at,
                np.where(public, rng.choice(cohort.draw_tasks(120), len(at)), cohort.draw_tasks(len(at))),
                template=template[team],
                output=110,
                reasoning=0.2,
            )
        )


def _draw_schedules(cohort: CohortBuilder, size: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], ...]:
    """Return the beginning (µs) and the team of every run."""
    rng = cohort.rng
    every, first = rng.choice(np.array(EVERY_DAYS), size), rng.random(size)
    begins, owners = [], []
    for team in range(size):
        days = np.arange(first[team] * every[team], cohort.days - 0.2, every[team])
        begins.append(cohort.start + (days * DAY).astype(np.int64))
        owners.append(np.full(len(days), team))
    return np.concatenate(begins), np.concatenate(owners)
