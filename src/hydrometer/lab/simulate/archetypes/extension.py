"""Users of one browser extension, which sends the page that they read in its one template.

Like a hydra they show one rare template over hundreds of accounts with different contents, one client, one-turn
traffic, and a burst of sign-ups and synchronous first use after the day on which the extension went viral.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import DAY, HOUR
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "extension"
SHARE = 0.0
MEAN = 22
VIRAL = 0.33
"""Share of the users who installed it, and signed up for it, after the viral day."""
VIRAL_HOURS = 30.0
"""Hours over which those sign up, about."""
BROWSER = 13
"""The browser, as a row of `clients.USER_AGENTS`."""
PAGES = 10.0
"""Median of the pages that a user sends in a fortnight."""
SAME_PAGE = 0.06
"""Share of the pages that many read."""
OWN_CHATS = 0.4
"""Share of the users who also use the model without the extension."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` unrelated users of the world's one extension (one template, no session ids), each from home in sittings
    of their own; a third signed up after one viral day; two in five also chat as ordinary people do."""
    rng, shared = cohort.rng, cohort.context.shared_generator(KIND)
    template = cohort.draw_crowd_templates("extension", 1, shared)
    viral_day = float(shared.uniform(1.5, max(2.0, cohort.days - 5)))
    joined = cohort.start + viral_day * DAY + rng.gamma(1.5, VIRAL_HOURS / 3, count) * HOUR
    late = rng.random(count) < VIRAL
    made = np.where(late, np.minimum(joined, cohort.stop - DAY // 2), cohort.draw_past_signups(count)).astype(np.int64)
    rows = cohort.add_accounts(
        count, KIND, AccountTraits(created_at=made, clients_at=np.full(count, BROWSER), community=KIND)
    )
    volumes = cohort.draw_volumes(count, PAGES * cohort.days / 14, 1.1, 300)
    account, at, addresses, _, _ = cohort.draw_human_exchanges(rows, volumes, HumanHabits(session=3, gap_seconds=150))
    much_read = cohort.draw_tasks(60, topic="passage", rng=shared)
    pages = cohort.draw_tasks(len(account), topic="passage")
    cohort.add_exchanges(
        ExchangeBatch(
            account,
            at,
            np.where(rng.random(len(account)) < SAME_PAGE, rng.choice(much_read, len(account)), pages),
            template=np.repeat(template, len(account)),
            addresses=addresses,
            output=330,
        )
    )
    chatting = rows[rng.random(count) < OWN_CHATS]
    volumes = cohort.draw_volumes(len(chatting), 5 * cohort.days / 14, 1.2, 200)
    account, at, addresses, session, turns = cohort.draw_human_exchanges(chatting, volumes)
    cohort.add_exchanges(
        ExchangeBatch(account, at, cohort.draw_prompts(account), addresses=addresses, session=session, turns=turns)
    )
