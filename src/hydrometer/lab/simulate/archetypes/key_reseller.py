"""Customers of a key reseller: they bought an account that somebody else made, and then live a life of their own.

Like a hydra they show cards of one BIN batch, machine-made e-mail names, sign-up bursts from a few rare hosts and shared
devices at sign-up. What they send afterwards is that of ordinary people at home.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_ids, draw_machine_email_names, draw_rare_bins
from hydrometer.lab.simulate.arrival_times import DAY, HOUR
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.communities import split_into_communities
from hydrometer.lab.simulate.networks import HOST
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray

KIND = "key_reseller"
SHARE = 0.0
MEAN = 16
CUSTOMERS = range(80, 251)
"""Customers of a reseller, about."""
BATCH = 40
"""Accounts that the reseller makes in one burst."""
BATCH_HOURS = 3.0
"""Hours within which it makes them."""
SHELF_DAYS = 3.0
"""Mean time between an account's making and its first use by the customer."""
BINS = 2
"""BINs of the reseller's card batch."""
HOSTS = 3
"""Hosts from which it signs up."""
EXCHANGES = 6.0
"""Median of a customer's exchanges in a fortnight."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` customers of resellers with 80 to 250 each; accounts made in bursts of 40 within three hours, on one of
    two BINs, with machine-made names; from the day of sale on, ordinary human use in sittings from an own home."""
    for name, size in split_into_communities(cohort, KIND, count, CUSTOMERS):
        rows = _make_accounts(cohort, name, size)
        cohort.created[rows] += (cohort.rng.exponential(SHELF_DAYS * DAY, size)).astype(np.int64)
        cohort.created[rows] = np.minimum(cohort.created[rows], cohort.stop - DAY)
        volumes = cohort.draw_volumes(size, EXCHANGES * cohort.days / 14, 1.4, 400)
        account, at, addresses, session, turns = cohort.draw_human_exchanges(rows, volumes, HumanHabits(session=5))
        own = np.where(cohort.rng.random(size) < 0.15, cohort.draw_templates("persona", size), NONE)
        cohort.add_exchanges(
            ExchangeBatch(
                account,
                at,
                cohort.draw_prompts(account),
                system=own[account - rows[0]],
                addresses=addresses,
                session=session,
                turns=turns,
                refused=0.006,
            )
        )


def _make_accounts(cohort: CohortBuilder, name: str, size: int) -> IntArray:
    rng = cohort.rng
    batch = np.arange(size) // BATCH
    begins = rng.uniform(-8, max(0.5, cohort.days - 5), int(batch[-1]) + 1)
    made = cohort.start + begins[batch] * DAY + rng.random(size) * BATCH_HOURS * HOUR
    hosts = cohort.internet.draw_addresses(rng, HOSTS, HOST)
    return cohort.add_accounts(
        size,
        KIND,
        AccountTraits(created_at=made.astype(np.int64), community=name),
        email_local=draw_machine_email_names(cohort.dice, size),
        payment_bin=rng.choice(draw_rare_bins(rng, BINS), size),
        device_id=draw_ids(rng, "dv_", size // 10 + 1)[np.arange(size) // 10],
        signup_ip=hosts.ip[rng.integers(0, HOSTS, size)],
        phone_hash=None,
        verification="card",
    )
