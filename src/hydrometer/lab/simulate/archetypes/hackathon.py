"""Hackathons: throw-away e-mails, one or two BINs, one venue address, one starter template, two days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.account_attributes import draw_rare_bins
from hydrometer.lab.simulate.arrival_times import DAY
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.communities import name_community
from hydrometer.lab.simulate.honest_templates import STARTER
from hydrometer.lab.simulate.networks import OFFICE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "hackathon"
SHARE = 0.02
MEAN = 19


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` participants of events of two days with about 45 participants; they sign up within a
    few hours of the start."""
    rng = cohort.rng
    events = max(1, round(count / 45))
    for size in (len(part) for part in np.array_split(np.arange(count), events)):
        if not size:
            continue
        begin = float(rng.uniform(0, max(0.5, cohort.days - 3)))
        made = cohort.draw_signup_burst(size, begin, 5.0)
        venue = cohort.internet.draw_addresses(rng, 1, OFFICE)
        bins = draw_rare_bins(rng, 2)
        rows = cohort.add_accounts(
            size,
            KIND,
            AccountTraits(
                homes=venue.take(np.zeros(size, dtype=np.int64)),
                created_at=made,
                community=name_community(cohort, KIND, cohort.count),
            ),
            signup_ip=venue.ip[0],
            email_domain=rng.choice(
                np.array(["tempbox.example", "mailhop.example", "gmail.com"], dtype=object), size, p=[0.5, 0.3, 0.2]
            ),
            payment_bin=rng.choice(bins, size),
            verification="email",
            plan="payg",
            phone_hash=None,
        )
        account, at, _, session, turns = cohort.draw_human_exchanges(
            rows,
            cohort.draw_volumes(size, 16, 0.6, 120),
            HumanHabits(since=cohort.start + int(begin * DAY), days=2.2, session=8, roaming=0.0),
        )
        own = cohort.draw_templates("persona", len(account))
        system = np.where(rng.random(len(account)) < 0.8, cohort.catalogue.fixed_text(STARTER), own)
        cohort.add_exchanges(
            ExchangeBatch(
                account, at, cohort.draw_prompts(account, popular=0.0), system=system, session=session, turns=turns
            )
        )
