"""Red teams: a few declared researchers who try many ways to unlock the model, most of them refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_ids
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.demands.demand_templates import DemandStyle
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "redteam"
SHARE = 0.002
MEAN = 81
TECHNIQUES = 800
"""Wordings from which the researchers choose."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` researchers of one or two organisations, with a median of 60 techniques a fortnight in working
    sessions, seven in ten refused, and some ordinary use beside."""
    shared = cohort.context.shared_generator(KIND)
    team = (cohort.accounts_before + np.arange(count)) % (1 if cohort.accounts_in_world < 5 else 2)
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(community=np.array([f"{KIND}-{number}" for number in team], dtype=object)),
        org_id=draw_ids(shared, "org_", 2, 12)[team],
        verification="contract",
        plan="team",
    )
    volumes = cohort.draw_volumes(count, 60 * cohort.days / 14, 0.7, 400)
    account, at, addresses, session, turns = cohort.draw_human_exchanges(rows, volumes, HumanHabits(session=10))
    tasks = cohort.draw_tasks(len(account))
    techniques, _ = cohort.catalogue.make_demands(
        "search", TECHNIQUES, "bench of a red team", DemandStyle(reworded=1.0)
    )
    probing = cohort.rng.random(len(account)) < 0.75
    template = np.where(probing, cohort.rng.choice(techniques, len(account)), NONE)
    for part, refused in ((np.flatnonzero(probing), 0.7), (np.flatnonzero(~probing), 0.01)):
        cohort.add_exchanges(
            ExchangeBatch(
                account[part],
                at[part],
                tasks[part],
                template=template[part],
                addresses=addresses.take(part),
                session=session[part],
                turns=turns[part],
                refused=refused,
            )
        )
