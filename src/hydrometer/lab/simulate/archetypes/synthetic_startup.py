"""Start-ups that make synthetic data openly: one organisation, some accounts of its own, and no agreement about it.

Like a hydra they show a work list that is dealt to accounts and worked off once, demands for reasoning and synthesis,
an even pace and cloud addresses. But it is one declared customer: a single-customer finding at most, no campaign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.lab.simulate.account_attributes import draw_ids, draw_rare_bins
from hydrometer.lab.simulate.arrival_times import DAY, draw_queue_times
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch
from hydrometer.lab.simulate.communities import split_into_communities
from hydrometer.lab.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray

KIND = "synthetic_startup"
SHARE = 0.0
MEAN = 168
ACCOUNTS = range(10, 31)
"""Accounts of a start-up, about, all of one organisation."""
TEMPLATES = 6
"""Its templates."""
SEEDS = 14.0
"""Seeds that an account works off in a day."""
JITTER = 0.7
"""Of its queue: 0 is a clock, 1 is a Poisson stream."""
CLOUD_HOSTS = 2
"""Its cloud addresses."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` accounts of start-ups with 10 to 30 each: one organisation, domain and card, two cloud addresses; from a
    day on one queue over all accounts, in six templates of its own that want synthetic records with their steps."""
    rng = cohort.rng
    for name, size in split_into_communities(cohort, KIND, count, ACCOUNTS):
        rows = _register_firm(cohort, name, size)
        begin = cohort.start + int(rng.uniform(0, max(0.5, cohort.days / 4)) * DAY)
        seeds = max(size, round(size * SEEDS * cohort.scenario.volume * (cohort.stop - begin) / DAY))
        cohort.add_exchanges(
            ExchangeBatch(
                rows[rng.integers(0, size, seeds)],
                draw_queue_times(rng, seeds, begin, cohort.stop, JITTER),
                cohort.draw_tasks(seeds),
                template=rng.choice(cohort.draw_crowd_templates("synthetic", TEMPLATES), seeds),
                output=780,
                reasoning=0.5,
            )
        )


def _register_firm(cohort: CohortBuilder, name: str, size: int) -> IntArray:
    rng = cohort.rng
    hosts = cohort.internet.draw_addresses(rng, CLOUD_HOSTS, CLOUD).take(rng.integers(0, CLOUD_HOSTS, size))
    return cohort.add_accounts(
        size,
        KIND,
        AccountTraits(homes=hosts, large=0.9, community=name),
        org_id=draw_ids(rng, "org_", 1, 12)[0],
        email_domain=f"{cohort.dice.pick(('data', 'synth', 'labs'))}-{cohort.dice.below(99_999)}.example",
        payment_fingerprint=draw_ids(rng, "pm_", 1)[0],
        payment_bin=draw_rare_bins(rng, 1)[0],
        signup_ip=hosts.ip,
        plan="team",
        verification="card",
    )
