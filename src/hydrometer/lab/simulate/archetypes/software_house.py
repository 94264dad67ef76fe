"""Software houses: developers of one employer, with own accounts, who moved to one public coding harness in a week.

Like a hydra they show sign-ups of one week, cards of one rare BIN, one rare address, one long system prompt, the same
tools and client, long agentic sessions, output-heavy traffic and the same hours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_ids, draw_rare_bins
from hydrometer.lab.simulate.arrival_times import DAY, WORK_HOURS
from hydrometer.lab.simulate.clients import HARNESS_CLIENT
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.communities import split_into_communities
from hydrometer.lab.simulate.honest_templates import HARNESS_TOOLS, find_public_harness
from hydrometer.lab.simulate.networks import COUNTRIES, HOST, OFFICE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray

KIND = "software_house"
SHARE = 0.0
MEAN = 54
DEVELOPERS = range(60, 101)
"""Developers of a house, about."""
JOINING_DAYS = 5.0
"""Days over which they sign up."""
VPN_USERS = 0.35
"""Share of the developers who come through the house's VPN gateway and not from its office."""
SAME_TICKET = 0.1
"""Share of the exchanges about what a colleague works on too."""
EXCHANGES = 36.0
"""Median of the exchanges of a developer in a fortnight."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` developers of houses with about 80 each, every one an own organisation with a card of the employer's
    programme; all from one office or one VPN gateway, in sessions of about 12 exchanges under the public harness."""
    rng = cohort.rng
    harness = cohort.catalogue.fixed_text(find_public_harness(cohort.scenario.crowd_phrasebook))
    for name, size in split_into_communities(cohort, KIND, count, DEVELOPERS):
        rows = _hire_developers(cohort, name, size)
        volumes = cohort.draw_volumes(size, EXCHANGES * cohort.days / 14, 0.9, 500)
        account, at, addresses, session, turns = cohort.draw_human_exchanges(
            rows,
            volumes,
            HumanHabits(session=12, roaming=0.08, gap_seconds=60, weekend=0.1, hours=WORK_HOURS, own_hours=1.2),
        )
        tickets = cohort.draw_tasks(40, topic="code")
        same = rng.random(len(account)) < SAME_TICKET
        cohort.add_exchanges(
            ExchangeBatch(
                account,
                at,
                np.where(same, rng.choice(tickets, len(account)), cohort.draw_tasks(len(account), topic="code")),
                system=harness,
                addresses=addresses,
                session=session,
                turns=turns,
                tools=HARNESS_TOOLS,
                output=520,
                reasoning=0.5,
            )
        )


def _hire_developers(cohort: CohortBuilder, name: str, size: int) -> IntArray:
    rng = cohort.rng
    homes = cohort.internet.draw_addresses(rng, 1, OFFICE).take(np.zeros(size, dtype=np.int64))
    gateway = cohort.internet.draw_addresses(rng, 1, HOST)
    remote = rng.random(size) < VPN_USERS
    homes.ip[remote], homes.asn[remote] = gateway.ip[0], gateway.asn[0]
    first_day = rng.uniform(-2, max(0.5, cohort.days - JOINING_DAYS - 4))
    return cohort.add_accounts(
        size,
        KIND,
        AccountTraits(
            homes=homes,
            created_at=(cohort.start + (first_day + rng.random(size) * JOINING_DAYS) * DAY).astype(np.int64),
            country=cohort.dice.pick(tuple(COUNTRIES)),
            clients_at=np.full(size, HARNESS_CLIENT),
            large=0.9,
            new_model=0.6,
            community=name,
        ),
        org_id=draw_ids(rng, "org_", size, 12),
        payment_bin=draw_rare_bins(rng, 1)[0],
        signup_ip=homes.ip,
        verification="card",
    )
