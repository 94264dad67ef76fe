"""Shared team keys: one account, many persons, networks and devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.clients import draw_clients
from hydrometer.lab.simulate.cohort_batches import ExchangeBatch

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "shared-key"
SHARE = 0.006
MEAN = 115


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` keys with 6 to 40 users each, who have their own homes, clients and sessions."""
    rng = cohort.rng
    rows = cohort.add_accounts(count, KIND, plan="team")
    account, at, _, session, turns = cohort.draw_human_exchanges(
        rows, cohort.draw_volumes(count, 90 * cohort.days / 14, 0.7, 900)
    )
    homes, clients = cohort.internet.draw_homes(rng, 40 * count), draw_clients(rng, 40 * count)
    team = rng.integers(6, 41, count)
    number = np.unique(session, return_inverse=True)[1]
    member = (account - rows[0]) * 40 + rng.integers(0, 1 << 30, number.max(initial=0) + 1)[number] % team[
        account - rows[0]
    ]
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            cohort.draw_prompts(account),
            addresses=homes.take(member),
            client=clients[member],
            session=session,
            turns=turns,
        )
    )
