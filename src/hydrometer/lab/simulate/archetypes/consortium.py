"""Consortia: labs that run one public benchmark together on release day, in its step-by-step prompt.

Like a hydra they show one template over many accounts that asks for the reasoning, the same items in account after
account, cloud addresses, even pace without a night, a turn to the new model within hours, and recent sign-ups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import DAY, HOUR, SECOND
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch
from hydrometer.lab.simulate.cohort_builder import NEWEST
from hydrometer.lab.simulate.communities import split_into_communities
from hydrometer.lab.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray

KIND = "consortium"
SHARE = 0.0
MEAN = 96
LABS = range(20, 31)
"""Labs of a consortium, about; each is one account and one organisation."""
ITEMS = 160
"""Items of the benchmark."""
SAMPLE = 90.0
"""Median of the items that a lab sends."""
START_HOURS = 10.0
"""Hours after the release within which all labs begin."""
GAP_SECONDS = 14.0
"""Mean time between two items of a lab."""
JOINED_FOR_IT = 0.4
"""Share of the labs that signed up within five days before the release."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` labs of consortia with 20 to 30 each, all on the newest model within hours of its release (of the
    world's third hour, if it was there from the beginning): every lab sends most of the same 160 items, in its own
    order and pace, from an own cloud address."""
    for name, size in split_into_communities(cohort, KIND, count, LABS):
        rows = _sign_up_labs(cohort, name, size)
        template, items = cohort.draw_crowd_templates("benchmark", 1), cohort.draw_tasks(ITEMS)
        sizes = cohort.draw_volumes(size, SAMPLE, 0.5, ITEMS)
        order = [cohort.rng.permutation(ITEMS)[:sample] for sample in np.minimum(sizes, ITEMS).tolist()]
        account = np.repeat(rows, [len(chosen) for chosen in order])
        at = np.concatenate([_draw_run(cohort, len(chosen)) for chosen in order])
        cohort.add_exchanges(
            ExchangeBatch(
                account,
                at,
                items[np.concatenate(order)],
                template=np.repeat(template, len(account)),
                model=np.full(len(account), NEWEST),
                reasoning=0.6,
                output=450,
            )
        )


def _find_release(cohort: CohortBuilder) -> int:
    """Return when the benchmark starts, µs."""
    return cohort.release if cohort.release >= cohort.start else cohort.start + 3 * HOUR


def _sign_up_labs(cohort: CohortBuilder, name: str, size: int) -> IntArray:
    rng = cohort.rng
    recent = _find_release(cohort) - (rng.random(size) * 5 * DAY).astype(np.int64)
    made = np.where(rng.random(size) < JOINED_FOR_IT, recent, cohort.draw_past_signups(size, joining=0.0))
    return cohort.add_accounts(
        size,
        KIND,
        AccountTraits(homes=cohort.internet.draw_addresses(rng, size, CLOUD), created_at=made, community=name),
        plan="team",
        verification="card",
    )


def _draw_run(cohort: CohortBuilder, size: int) -> IntArray:
    """Return the times of a lab's run; what would lie beyond the world's end is brought forward."""
    rng = cohort.rng
    begin = _find_release(cohort) + int(rng.beta(1.2, 2.0) * START_HOURS * HOUR)
    at = begin + (np.cumsum(rng.gamma(2.0, GAP_SECONDS / 2, size)) * SECOND).astype(np.int64)
    return np.minimum(at, cohort.stop - SECOND)
