"""Framework users: unrelated people who left a framework's default system prompt as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clients import draw_clients
from hydrometer.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft
    from hydrometer.simulate.networks import IntArray

KIND = "framework"
SHARE = 0.12
MEAN = 15
MOST_FRAMEWORKS = 400
"""In a large world the frameworks do not grow in number but in hands."""


def _frameworks(rng: np.random.Generator, whole: int) -> IntArray:
    """Return which framework each user of the world has: 2 to 60 users each, or so many times more in a large world."""
    sizes: list[int] = []
    while sum(sizes) < whole and len(sizes) < MOST_FRAMEWORKS:
        sizes.append(int(min(60, 2 + rng.pareto(0.9) * 3)))
    times = -(-whole // sum(sizes))
    return rng.permutation(np.repeat(np.arange(len(sizes)), np.array(sizes) * times)[:whole])


def populate(draft: Draft, count: int) -> None:
    """Add `count` users of tens of frameworks, 2 to 60 accounts each (in a world of 40,000 and more accounts in
    proportion more); one default prompt and one client per framework."""
    rng, shared = draft.rng, draft.commons.draws(KIND)
    users = draft.commons.kept(f"{KIND} {draft.whole}", lambda draws: _frameworks(draws, draft.whole))
    which = users[draft.place : draft.place + count]
    frameworks = int(users.max()) + 1
    defaults = draft.templates("framework", frameworks, shared)
    client = draw_clients(shared, frameworks)
    homes = draft.internet.homes(rng, count)
    hosted = np.flatnonzero(rng.random(count) < 0.5)
    cloud = draft.internet.fresh(rng, len(hosted), CLOUD)
    homes.ip[hosted], homes.asn[hosted] = cloud.ip, cloud.asn
    rows = draft.accounts(count, KIND, homes=homes, clients_at=client[which])
    volumes = draft.volumes(count, 9 * draft.days / 14, 1.1, 400)
    account, at, addresses, _, turns = draft.people_talk(rows, volumes, session=6, roaming=0.03)
    draft.exchanges(
        account,
        at,
        draft.prompts(account, popular=0.01),
        system=defaults[which[account - rows[0]]],
        addresses=addresses,
        turns=turns,
    )
