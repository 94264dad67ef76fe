"""Translators: freelancers of one agency, behind its one VPN exit, who use its template on texts in many languages.

Like a hydra they show one rare address for all, one template over many accounts whose contents never repeat, and many
languages that change within an account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.communities import split_into_communities
from hydrometer.lab.simulate.networks import HOST, TONGUES
from hydrometer.lab.simulate.text_sources import NONE, NUMBER_BITS, NUMBERS

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray

KIND = "translators"
SHARE = 0.0
MEAN = 42
FREELANCERS = range(30, 81)
"""Freelancers of an agency, about."""
LANGUAGES = 3
"""Source languages of a freelancer."""
IN_TEMPLATE = 0.9
"""Share of the exchanges in the agency's template; the others are own questions."""
OUTSIDE = 0.06
"""Share of the sittings outside the VPN."""
EXCHANGES = 32.0
"""Median of a freelancer's exchanges in a fortnight."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` freelancers of agencies with 30 to 80 each, every one with an own card and organisation, in long
    sittings at own hours all over the world; three source languages each."""
    rng = cohort.rng
    for name, size in split_into_communities(cohort, KIND, count, FREELANCERS):
        gateway = cohort.internet.draw_addresses(rng, 1, HOST).take(np.zeros(size, dtype=np.int64))
        rows = cohort.add_accounts(size, KIND, AccountTraits(homes=gateway, community=name), verification="card")
        volumes = cohort.draw_volumes(size, EXCHANGES * cohort.days / 14, 0.8, 400)
        account, at, addresses, session, turns = cohort.draw_human_exchanges(
            rows, volumes, HumanHabits(session=9, roaming=OUTSIDE, gap_seconds=160, weekend=0.3)
        )
        spoken = rng.integers(0, len(TONGUES), (size, LANGUAGES))
        tongue = spoken[account - rows[0], rng.integers(0, LANGUAGES, len(account))]
        in_template = rng.random(len(account)) < IN_TEMPLATE
        cohort.add_exchanges(
            ExchangeBatch(
                account,
                at,
                np.where(in_template, draw_native_texts(cohort, tongue), cohort.draw_prompts(account)),
                template=np.where(in_template, cohort.draw_crowd_templates("translation", 1), NONE),
                addresses=addresses,
                session=session,
                turns=np.where(in_template, 1, turns),
                output=260,
                reasoning=0.05,
            )
        )


def draw_native_texts(cohort: CohortBuilder, tongue: IntArray) -> IntArray:
    """Return a text in each of these languages (indices into TONGUES); English ones are anybody's."""
    sources = np.array(
        [cohort.catalogue.tasks(name, topic="" if name == "en" else f"tongue_{name}") for name in TONGUES], np.int64
    )
    return (sources[tongue] << NUMBER_BITS) | cohort.rng.integers(0, NUMBERS, len(tongue), dtype=np.int64)
