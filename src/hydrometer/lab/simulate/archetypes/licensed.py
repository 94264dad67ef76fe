"""Licensed data makers: an agreement allows training on outputs; the same tools and demands as operators have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_ids, repeat_value
from hydrometer.lab.simulate.arrival_times import HOUR, draw_queue_times
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch
from hydrometer.lab.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "licensed"
SHARE = 0.004
MEAN = 169


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` accounts of two or three organisations with the agreement `distillation`; work queues over all days,
    the world's `hobby_tool` and two kinds of demand more."""
    rng = cohort.rng
    shared = cohort.context.shared_generator(KIND)
    firm = (cohort.accounts_before + np.arange(count)) % (2 if cohort.accounts_in_world < 9 else 3)
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(
            homes=cohort.internet.draw_addresses(rng, count, CLOUD),
            community=np.array([f"{KIND}-{number}" for number in firm], dtype=object),
        ),
        org_id=draw_ids(shared, "org_", 3, 12)[firm],
        agreements=repeat_value(["distillation"], count),
        verification="contract",
        plan="enterprise",
        payment_fingerprint=draw_ids(shared, "pm_", 3)[firm],
    )
    demands = np.concatenate(
        [
            cohort.catalogue.make_demands(kind, number, tool)[0]
            for kind, number, tool in (
                ("reasoning", 10, cohort.scenario.hobby_tool),
                ("synthesis", 5, "mill"),
                ("grading", 5, "mill"),
            )
        ]
    )
    sizes = (rng.integers(80, 260, count) * cohort.days / 14 * cohort.scenario.volume).astype(np.int64)
    times = [
        draw_queue_times(rng, size, cohort.start + int(rng.random() * 20 * HOUR), cohort.stop, 0.7)
        for size in sizes.tolist()
    ]
    account, at = np.repeat(rows, sizes), np.concatenate(times)
    demand = rng.choice(demands, len(at))
    cohort.add_exchanges(
        ExchangeBatch(account, at, cohort.draw_tasks(len(at)), template=demand, output=700, reasoning=0.6)
    )
