"""Framework users: unrelated people who left a framework's default system prompt as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clients import draw_clients
from hydrometer.simulate.clock import heavy_tailed

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "framework"
SHARE = 0.12


def populate(draft: Draft, count: int) -> None:
    """Add `count` users of tens of frameworks, 2 to 60 accounts each; one default prompt and one client per
    framework."""
    rng = draft.rng
    sizes: list[int] = []
    while sum(sizes) < count:
        sizes.append(int(min(60, 2 + rng.pareto(0.9) * 3)))
    which = np.repeat(np.arange(len(sizes)), sizes)[:count]
    defaults = [draft.template("framework") for _ in sizes]
    client = draw_clients(rng, len(sizes))
    homes = draft.internet.homes(rng, count)
    hosted = np.flatnonzero(rng.random(count) < 0.5)
    cloud = draft.internet.fresh(rng, len(hosted), "cloud")
    homes.ip[hosted], homes.asn[hosted] = cloud.ip, cloud.asn
    rows = draft.accounts(count, KIND, homes=homes, clients_at=client[which])
    volumes = heavy_tailed(rng, count, 9 * draft.days / 14, 1.1, 400)
    account, at, addresses, _, turns = draft.people_talk(rows, volumes, session=6, roaming=0.03)
    of = which[account - rows[0]]
    draft.exchanges(
        account,
        at,
        draft.prompts(account, popular=0.01),
        system=[defaults[i] for i in of],
        addresses=addresses,
        turns=turns,
    )
