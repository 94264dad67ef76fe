"""Fallback routers: a gateway that turns here, in bursts, whenever its usual provider fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import HOUR
from hydrometer.simulate.networks import CLOUD
from hydrometer.simulate.supplies import NONE

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "router"
SHARE = 0.006
MEAN = 118


def populate(draft: Draft, count: int) -> None:
    """Add `count` routers: silent but for 3 failures elsewhere, of 1 to 4 hours, in which all wake within minutes;
    metadata stripped,
    many templates, clients of one kind, half of the exchanges on the newest model as soon as it is out."""
    rng = draft.rng
    rows = draft.accounts(
        count, KIND, homes=draft.internet.fresh(rng, count, CLOUD), clients_at=np.full(count, 12), new_model=0.5
    )
    shared = draft.commons.draws(KIND)
    failures = np.sort(shared.random(3)) * (draft.days - 0.5) * 24
    systems = np.concatenate([[NONE, NONE], draft.templates("product", 30, shared)])
    for failure in failures:
        hours = float(shared.uniform(1, 4))
        volumes = draft.volumes(count, 30, 0.7, 300)
        account = np.repeat(rows, volumes)
        woken = np.repeat(rng.exponential(0.05 * HOUR, count), volumes)
        at = (draft.start + failure * HOUR + woken + rng.random(len(account)) * hours * HOUR).astype(np.int64)
        draft.exchanges(
            account,
            at,
            draft.anybodys_prompts(len(account)),
            system=rng.choice(systems, len(account)),
            turns=1 + 2 * rng.integers(0, 4, len(account)),
        )
