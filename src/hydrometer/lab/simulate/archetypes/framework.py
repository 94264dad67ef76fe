"""Framework users: unrelated people who left a framework's default system prompt as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.clients import draw_clients
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray

KIND = "framework"
SHARE = 0.12
MEAN = 15
MOST_FRAMEWORKS = 400
"""In a large world the frameworks do not grow in number but in hands."""


def _assign_frameworks(rng: np.random.Generator, whole: int) -> IntArray:
    """Return which framework each user of the world has: 2 to 60 users each, or so many times more in a large world."""
    sizes: list[int] = []
    while sum(sizes) < whole and len(sizes) < MOST_FRAMEWORKS:
        sizes.append(int(min(60, 2 + rng.pareto(0.9) * 3)))
    times = -(-whole // sum(sizes))
    return rng.permutation(np.repeat(np.arange(len(sizes)), np.array(sizes) * times)[:whole])


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` users of tens of frameworks, 2 to 60 accounts each (in a world of 40,000 and more accounts in
    proportion more); one default prompt and one client per framework."""
    rng, shared = cohort.rng, cohort.context.shared_generator(KIND)
    users = cohort.context.make_once(
        f"{KIND} {cohort.accounts_in_world}", lambda draws: _assign_frameworks(draws, cohort.accounts_in_world)
    )
    which = users[cohort.accounts_before : cohort.accounts_before + count]
    frameworks = int(users.max()) + 1
    defaults = cohort.draw_templates("framework", frameworks, shared)
    client = draw_clients(shared, frameworks)
    homes = cohort.internet.draw_homes(rng, count)
    hosted = np.flatnonzero(rng.random(count) < 0.5)
    cloud = cohort.internet.draw_addresses(rng, len(hosted), CLOUD)
    homes.ip[hosted], homes.asn[hosted] = cloud.ip, cloud.asn
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(
            homes=homes,
            clients_at=client[which],
            community=np.array([f"{KIND}-{number}" for number in which], dtype=object),
        ),
    )
    volumes = cohort.draw_volumes(count, 9 * cohort.days / 14, 1.1, 400)
    account, at, addresses, _, turns = cohort.draw_human_exchanges(rows, volumes, HumanHabits(session=6, roaming=0.03))
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            cohort.draw_prompts(account, popular=0.01),
            system=defaults[which[account - rows[0]]],
            addresses=addresses,
            turns=turns,
        )
    )
