"""Consultancies: the staff of one firm, each with an account of their own, who start together on one prompt pack.

Like a hydra they show sign-ups of one day, cards of one rare BIN, one rare address by day, a set of templates that
nobody else has (some of which ask for the reasoning or for grades), and the same hours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_email_domains, draw_ids, draw_rare_bins
from hydrometer.lab.simulate.arrival_times import WORK_HOURS
from hydrometer.lab.simulate.clients import draw_clients
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.communities import split_into_communities
from hydrometer.lab.simulate.networks import COUNTRIES, OFFICE
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray

KIND = "consultancy"
SHARE = 0.0
MEAN = 32
STAFF = range(60, 201)
"""Employees of a firm who use the model, about."""
START_HOURS = 5.0
"""Hours of the firm's first day within which its staff sign up."""
PACK = range(10, 21)
"""Templates of a prompt pack."""
FROM_PACK = 0.75
"""Share of the exchanges that use a template of the pack; the others are own questions."""
SHARED_MATERIAL = 0.15
"""Share of the exchanges about material that colleagues work on too."""
PROJECTS = 30
"""Such pieces of material in a firm."""
FIRM_MAIL = 0.6
"""Share of the staff who signed up with the firm's e-mail; the others used a private one."""
FROM_HOME = 0.2
"""Share of the sittings outside the office."""
EXCHANGES = 24.0
"""Median of the exchanges of an employee in a fortnight."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` employees of firms with 60 to 200 each, every one an own organisation with a corporate card of the
    firm's BIN; sittings in the working hours of one country, four in five from the office; three in four exchanges in
    one of the firm's 10 to 20 templates, on material of clients that is mostly different."""
    rng = cohort.rng
    for name, size in split_into_communities(cohort, KIND, count, STAFF):
        rows = _hire_staff(cohort, name, size)
        volumes = cohort.draw_volumes(size, EXCHANGES * cohort.days / 14, 0.8, 300)
        account, at, addresses, session, turns = cohort.draw_human_exchanges(
            rows,
            volumes,
            HumanHabits(session=6, roaming=FROM_HOME, gap_seconds=110, weekend=0.04, hours=WORK_HOURS, own_hours=0.7),
        )
        pack = cohort.draw_crowd_templates("consultancy", int(rng.integers(PACK.start, PACK.stop)))
        liked = rng.gamma(1.0, size=len(pack))
        packed = rng.random(len(account)) < FROM_PACK
        shared = rng.random(len(account)) < SHARED_MATERIAL
        material = np.where(
            shared, rng.choice(cohort.draw_tasks(PROJECTS), len(account)), cohort.draw_own_tasks(account)
        )
        cohort.add_exchanges(
            ExchangeBatch(
                account,
                at,
                material,
                template=np.where(packed, rng.choice(pack, len(account), p=liked / liked.sum()), NONE),
                addresses=addresses,
                session=session,
                turns=turns,
                output=480,
            )
        )


def _hire_staff(cohort: CohortBuilder, name: str, size: int) -> IntArray:
    rng = cohort.rng
    office = cohort.internet.draw_addresses(rng, 1, OFFICE).take(np.zeros(size, dtype=np.int64))
    country = cohort.dice.pick(tuple(COUNTRIES))
    morning = (10.5 - COUNTRIES[country][1]) / 24
    domain = f"{cohort.dice.pick(('advisory', 'partners', 'consult'))}-{cohort.dice.below(99_999)}.example"
    return cohort.add_accounts(
        size,
        KIND,
        AccountTraits(
            homes=office,
            created_at=cohort.draw_signup_burst(
                size, int(rng.integers(0, max(1, cohort.days - 7))) + morning, START_HOURS
            ),
            country=country,
            clients_at=np.where(rng.random(size) < 0.7, 13, draw_clients(rng, size)),
            community=name,
        ),
        org_id=draw_ids(rng, "org_", size, 12),
        email_domain=np.where(rng.random(size) < FIRM_MAIL, domain, draw_email_domains(rng, size)),
        payment_bin=draw_rare_bins(rng, 1)[0],
        signup_ip=office.ip,
        plan="pro",
        verification="card",
    )
