"""The crowd of launch day: hundreds sign up within a day of a release and try the same prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import DAY
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.cohort_builder import NEWEST
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "launch-day"
SHARE = 0.03
MEAN = 6.8


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` people who join within a day of the release (day 2 if there is none), try 20 much-shared prompts on
    the newest model, some of which ask for the thinking aloud, and mostly fall silent after two days."""
    rng = cohort.rng
    begin = cohort.release if cohort.release >= cohort.start else cohort.start + 2 * DAY
    made = begin + (rng.beta(1.3, 4.0, count) * DAY).astype(np.int64)
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(created_at=np.minimum(made, cohort.stop - DAY // 4), community=KIND),
        verification="email",
    )
    shared = cohort.draw_tasks(20, rng=cohort.context.shared_generator(KIND))
    aloud = cohort.catalogue.fixed_text("{task}\n\nThink out loud and show me every step!")
    days = min(3.0, (cohort.stop - begin) / DAY)
    account, at, addresses, session, turns = cohort.draw_human_exchanges(
        rows, cohort.draw_volumes(count, 5, 0.8, 60), HumanHabits(since=begin, days=days)
    )
    passed_on = rng.random(len(account)) < 0.45
    which = rng.integers(0, 20, len(account))
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            np.where(passed_on, shared[which], cohort.draw_own_tasks(account)),
            template=np.where(passed_on & (which >= 15), aloud, NONE),
            addresses=addresses,
            session=session,
            turns=turns,
            model=np.full(len(account), NEWEST),
            refused=0.01,
        )
    )
