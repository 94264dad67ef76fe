"""Classes: edu addresses, sign-up in a burst, everybody asks the same questions of one assignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.communities import name_community
from hydrometer.lab.simulate.networks import OFFICE
from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "class"
SHARE = 0.045
MEAN = 9.4


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` pupils in classes of 25 to 60; 8 assignment questions, verbatim, that ask for the working; half of
    each pupil's exchanges are the assignment; most come from the campus address, which they share."""
    rng = cohort.rng
    left = count
    while left:
        size = left if left < 60 else int(rng.integers(25, 60))
        left -= size
        campus = cohort.internet.draw_addresses(rng, 1, OFFICE)
        homes = cohort.internet.draw_homes(rng, size)
        present = rng.random(size) < 0.6
        homes.ip[present], homes.asn[present] = campus.ip[0], campus.asn[0]
        begin = float(rng.uniform(0, max(0.5, cohort.days - 5)))
        made = cohort.draw_signup_burst(size, begin, 6.0)
        domain = f"{cohort.dice.pick(('uni', 'college', 'tech'))}{cohort.dice.below(9999)}.edu"
        rows = cohort.add_accounts(
            size,
            KIND,
            AccountTraits(
                homes=homes, created_at=made, country="US", community=name_community(cohort, KIND, cohort.count)
            ),
            email_domain=domain,
            payment_fingerprint=None,
            payment_bin=None,
            plan="education",
            verification="edu",
            signup_ip=campus.ip[0],
        )
        volumes = cohort.draw_volumes(size, 8, 0.6, 60)
        account, at, addresses, session, turns = cohort.draw_human_exchanges(
            rows, volumes, HumanHabits(since=cohort.start + int(begin * 86_400e6), days=min(5.0, cohort.days - begin))
        )
        assigned = rng.random(len(account)) < 0.5
        cohort.add_exchanges(
            ExchangeBatch(
                account,
                at,
                np.where(
                    assigned, rng.choice(cohort.draw_tasks(8), len(account)), cohort.draw_tasks(len(account), "en")
                ),
                template=np.where(assigned, cohort.draw_templates("lesson", 1), NONE),
                addresses=addresses,
                session=session,
                turns=turns,
                refused=0.01,
            )
        )
