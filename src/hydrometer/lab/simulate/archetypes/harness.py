"""Coding harness users: one long agent prompt with tools in the hands of hundreds of unrelated people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.clients import HARNESS_CLIENT
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.honest_templates import HARNESS, HARNESS_TOOLS

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "harness"
SHARE = 0.07
MEAN = 24


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` users; sessions of about 12 exchanges, many turns, tool use, any task under the same instructions."""
    rows = cohort.add_accounts(
        count, KIND, AccountTraits(clients_at=np.full(count, HARNESS_CLIENT), large=0.9, new_model=0.6, community=KIND)
    )
    volumes = cohort.draw_volumes(count, 14 * cohort.days / 14, 1.1, 500)
    account, at, addresses, session, turns = cohort.draw_human_exchanges(rows, volumes, HumanHabits(session=12))
    prompts = cohort.draw_prompts(account, popular=0.0)
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            prompts,
            system=cohort.catalogue.fixed_text(HARNESS),
            addresses=addresses,
            session=session,
            turns=turns,
            tools=HARNESS_TOOLS,
            output=520,
            reasoning=0.5,
        )
    )
