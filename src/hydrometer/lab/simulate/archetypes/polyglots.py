"""Polyglots: lone people who write in languages other than English, some of whom ask for the steps in their language.

Like a hydra they show demands for reasoning that come in many languages and in much the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch
from hydrometer.lab.simulate.networks import COUNTRIES, TONGUES, IntArray
from hydrometer.lab.simulate.text_sources import NONE, NUMBER_BITS, NUMBERS

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "polyglots"
SHARE = 0.0
MEAN = 16
OWN_LANGUAGE = 0.8
"""Share of the exchanges in the speaker's language; the others are as the world has them."""
LEARNERS = 0.3
"""Share of the speakers who ask for the steps."""
STEPS = 0.5
"""Share of those speakers' exchanges in their language that ask for them."""
EXCHANGES = 6.0
"""Median of a speaker's exchanges in a fortnight."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` unrelated speakers, as many of each language of the texts but English, at home in a country where it is
    spoken; three in ten ask in their own language for the steps, in one of a few turns of phrase."""
    languages = [tongue for tongue in TONGUES if tongue != "en"]
    for number, tongue in enumerate(languages):
        size = count * (number + 1) // len(languages) - count * number // len(languages)
        if size:
            _add_speakers(cohort, tongue, size)


def _add_speakers(cohort: CohortBuilder, tongue: str, size: int) -> None:
    rng = cohort.rng
    country = cohort.dice.pick([name for name, (_, _, spoken) in COUNTRIES.items() if spoken == tongue])
    rows = cohort.add_accounts(size, KIND, AccountTraits(country=country))
    volumes = cohort.draw_volumes(size, EXCHANGES * cohort.days / 14, 1.4, 400)
    account, at, addresses, session, turns = cohort.draw_human_exchanges(rows, volumes)
    own = rng.random(len(account)) < OWN_LANGUAGE
    texts: IntArray = (cohort.catalogue.tasks(tongue, topic=f"tongue_{tongue}") << NUMBER_BITS) | rng.integers(
        0, NUMBERS, len(account), dtype=np.int64
    )
    asks = own & (rng.random(size) < LEARNERS)[account - rows[0]] & (rng.random(len(account)) < STEPS)
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            np.where(own, texts, cohort.draw_prompts(account)),
            template=np.where(asks, cohort.draw_crowd_templates(f"steps_{tongue}", len(account)), NONE),
            addresses=addresses,
            session=session,
            turns=turns,
        )
    )
