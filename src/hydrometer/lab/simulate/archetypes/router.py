"""Fallback routers: a gateway that turns here, in bursts, whenever its usual provider fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import HOUR
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch
from hydrometer.lab.simulate.networks import CLOUD
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "router"
SHARE = 0.006
MEAN = 118


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` routers: silent but for 3 failures elsewhere, of 1 to 4 hours, in which all wake within minutes;
    metadata stripped,
    many templates, clients of one kind, half of the exchanges on the newest model as soon as it is out."""
    rng = cohort.rng
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(
            homes=cohort.internet.draw_addresses(rng, count, CLOUD),
            clients_at=np.full(count, 12),
            new_model=0.5,
            community=KIND,
        ),
    )
    shared = cohort.context.shared_generator(KIND)
    failures = np.sort(shared.random(3)) * (cohort.days - 0.5) * 24
    systems = np.concatenate([[NONE, NONE], cohort.draw_templates("product", 30, shared)])
    for failure in failures:
        hours = float(shared.uniform(1, 4))
        volumes = cohort.draw_volumes(count, 30, 0.7, 300)
        account = np.repeat(rows, volumes)
        woken = np.repeat(rng.exponential(0.05 * HOUR, count), volumes)
        at = (cohort.start + failure * HOUR + woken + rng.random(len(account)) * hours * HOUR).astype(np.int64)
        cohort.add_exchanges(
            ExchangeBatch(
                account,
                at,
                cohort.draw_anybodys_prompts(len(account)),
                system=rng.choice(systems, len(account)),
                turns=1 + 2 * rng.integers(0, 4, len(account)),
            )
        )
