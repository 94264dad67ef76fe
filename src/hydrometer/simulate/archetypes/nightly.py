"""Nightly and CI jobs: fixed hours, one template per customer, the build machines' few shared addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import DAY, HOUR, timetable

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "nightly"
SHARE = 0.045
MEAN = 42


def populate(draft: Draft, count: int) -> None:
    """Add `count` jobs, one run a day at the job's own hour (many on the hour); half have the same number of exchanges
    every day. A third share one of four vendors' templates, and all come from three cloud addresses."""
    rng = draft.rng
    rows = draft.accounts(count, KIND, homes=draft.internet.ci.take(rng.integers(0, 3, count)))
    vendors = rng.choice(draft.templates("ci", 4, draft.commons.draws(KIND)), count)
    templates = np.where(rng.random(count) < 0.33, vendors, draft.templates("ci", count))
    hour = np.where(rng.random(count) < 0.5, rng.integers(0, 6, count), rng.random(count) * 24)
    begins = (draft.start + np.arange(draft.days)[None, :] * DAY + (hour[:, None] * HOUR).astype(np.int64)).ravel()
    usual = 1 + rng.poisson(max(0.0, 3 * draft.scenario.volume - 1), count)
    steady = rng.random(count) < 0.5
    sizes = np.where(steady[:, None], usual[:, None], rng.poisson(usual[:, None], (count, draft.days))).ravel()
    run, at = timetable(rng, begins.astype(np.int64), sizes)
    owner = run // draft.days
    draft.exchanges(rows[owner], at, draft.tasks(len(owner)), system=templates[owner], output=620, turns=2)
