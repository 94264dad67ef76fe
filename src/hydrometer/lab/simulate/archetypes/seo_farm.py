"""Article farms: one hand behind dozens of accounts that has the model write search-engine articles. Abuse, no harvest.

They show every sign of operation that a hydra shows: machine-made accounts from a card batch, rotating home proxies, one
even work queue dealt to the accounts in turn, one client, a topic list that is worked off once. Only what they ask for
is no training data: there is no campaign in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_machine_email_names, draw_rare_bins
from hydrometer.lab.simulate.arrival_times import DAY, HOUR, draw_queue_times
from hydrometer.lab.simulate.clients import draw_clients
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch
from hydrometer.lab.simulate.communities import split_into_communities
from hydrometer.lab.simulate.egress import build_residential_pool

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray

KIND = "seo_farm"
SHARE = 0.0
MEAN = 105
POOL = range(40, 81)
"""Accounts of a farm, about."""
SIGNUP_HOURS = 30.0
"""Hours before its start within which a farm makes its accounts."""
ARTICLES = 10.0
"""Articles of an account and day."""
JITTER = 0.25
"""Of the queue: 0 is a clock, 1 is a Poisson stream."""
TEMPLATES = 2
"""Article templates of a farm."""
PROXIES = 12
"""Home addresses that an account is seen on."""
STICKY_HOURS = 0.5
"""Hours for which a proxy keeps an account on one of them."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` accounts of farms with 40 to 80 each, made within 30 hours of the start on one BIN with machine-made
    names; one queue, dealt to the accounts in turn; home proxies that rotate; articles on topics in two templates."""
    rng = cohort.rng
    for name, size in split_into_communities(cohort, KIND, count, POOL):
        begin = cohort.start + int(rng.uniform(0.5, max(1.0, cohort.days / 3)) * DAY)
        end = cohort.stop - int(rng.random() * 2 * DAY)
        rows = _make_accounts(cohort, name, size, begin)
        articles = max(size, round(size * ARTICLES * cohort.scenario.volume * (end - begin) / DAY))
        turn = rng.permuted(np.tile(np.arange(size), (-(-articles // size), 1)), axis=1).ravel()[:articles]
        at = draw_queue_times(rng, articles, begin, end, JITTER)
        pool = build_residential_pool(cohort, cohort.internet.draw_addresses(rng, size * 8), name)
        own = rng.integers(0, len(pool), (size, PROXIES))
        slot = (at // int(STICKY_HOURS * HOUR) * 7_919 + turn * 104_729) % PROXIES
        slots = cohort.catalogue.crowd_slots("article_topic", cohort.scenario.crowd_phrasebook)
        cohort.add_exchanges(
            ExchangeBatch(
                rows[turn],
                at,
                cohort.catalogue.draw(slots, rng, articles),
                template=rng.choice(cohort.draw_crowd_templates("article", TEMPLATES), articles),
                addresses=pool.take(own[turn, slot]),
                output=1_100,
                reasoning=0.1,
            )
        )


def _make_accounts(cohort: CohortBuilder, name: str, size: int, begin: int) -> IntArray:
    rng = cohort.rng
    made = begin - (rng.random(size) * SIGNUP_HOURS * HOUR).astype(np.int64) - HOUR
    return cohort.add_accounts(
        size,
        KIND,
        AccountTraits(created_at=made, clients_at=np.repeat(draw_clients(rng, 1), size), large=0.2, community=name),
        email_local=draw_machine_email_names(cohort.dice, size),
        payment_bin=draw_rare_bins(rng, 1)[0],
        phone_hash=None,
        plan="payg",
    )
