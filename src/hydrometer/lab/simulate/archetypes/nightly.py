"""Nightly and CI jobs: fixed hours, one template per customer, the build machines' few shared addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import DAY, HOUR, schedule_jobs
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "nightly"
SHARE = 0.045
MEAN = 42


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` jobs, one run a day at the job's own hour (many on the hour); half have the same number of exchanges
    every day. A third share one of four vendors' templates, and all come from three cloud addresses."""
    rng = cohort.rng
    rows = cohort.add_accounts(
        count, KIND, AccountTraits(homes=cohort.internet.ci_egress.take(rng.integers(0, 3, count)))
    )
    vendors = rng.choice(cohort.draw_templates("ci", 4, cohort.context.shared_generator(KIND)), count)
    templates = np.where(rng.random(count) < 0.33, vendors, cohort.draw_templates("ci", count))
    hour = np.where(rng.random(count) < 0.5, rng.integers(0, 6, count), rng.random(count) * 24)
    begins = (cohort.start + np.arange(cohort.days)[None, :] * DAY + (hour[:, None] * HOUR).astype(np.int64)).ravel()
    usual = 1 + rng.poisson(max(0.0, 3 * cohort.scenario.volume - 1), count)
    steady = rng.random(count) < 0.5
    sizes = np.where(steady[:, None], usual[:, None], rng.poisson(usual[:, None], (count, cohort.days))).ravel()
    run, at = schedule_jobs(rng, begins.astype(np.int64), sizes)
    owner = run // cohort.days
    cohort.add_exchanges(
        ExchangeBatch(rows[owner], at, cohort.draw_tasks(len(owner)), system=templates[owner], output=620, turns=2)
    )
