"""Fallback routers: a gateway that turns here, in bursts, whenever its usual provider fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import HOUR, heavy_tailed
from hydrometer.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "router"
SHARE = 0.006


def populate(draft: Draft, count: int) -> None:
    """Add `count` routers: silent but for 3 failures elsewhere, of 1 to 4 hours, in which all wake within minutes;
    metadata stripped,
    many templates, clients of one kind, half of the exchanges on the newest model as soon as it is out."""
    rng = draft.rng
    rows = draft.accounts(
        count, KIND, homes=draft.internet.fresh(rng, count, CLOUD), clients_at=np.full(count, 12), new_model=0.5
    )
    failures = np.sort(rng.random(3)) * (draft.days - 0.5) * 24
    systems = [None, None, *(draft.template("product") for _ in range(30))]
    for failure in failures:
        hours = float(rng.uniform(1, 4))
        volumes = heavy_tailed(rng, count, 30, 0.7, 300)
        account = np.repeat(rows, volumes)
        woken = np.repeat(rng.exponential(0.05 * HOUR, count), volumes)
        at = (draft.start + failure * HOUR + woken + rng.random(len(account)) * hours * HOUR).astype(np.int64)
        system = [draft.dice.pick(systems) for _ in account]
        draft.exchanges(
            account,
            at,
            draft.anybodys_prompts(len(account)),
            system=system,
            turns=1 + 2 * rng.integers(0, 4, len(account)),
        )
