"""Players of a game mod, which has the model speak for its characters with each player's own key.

Like a hydra they show one long system prompt in one rare client over many accounts, machine-made one-turn traffic at a
steady pace, hardly any reasoning, sign-ups in a burst after the mod's release, and crowds in the same evening hours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import DAY, EVENING_HOURS
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch, HumanHabits
from hydrometer.lab.simulate.communities import split_into_communities

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "game_mod"
SHARE = 0.0
MEAN = 130
PLAYERS = range(120, 361)
"""Players of a mod, about."""
FOR_THE_MOD = 0.5
"""Share of the players who signed up for it, after the mod came out."""
FADING_DAYS = 2.5
"""Mean time from the mod's coming out to such a sign-up."""
PLAY = 45.0
"""Lines of dialogue in an evening of play, about."""
LINE_SECONDS = 18.0
"""Median time between two lines."""
STOCK_LINES = 0.2
"""Share of the lines that the mod itself makes, the same for all players."""
LINES = 110.0
"""Median of a player's lines in a fortnight."""


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` players of mods with 120 to 360 each, from home: bursts of short single turns while they play, mostly
    in the evening and at weekends, under the mod's one system prompt; short answers, no session ids."""
    rng = cohort.rng
    for name, size in split_into_communities(cohort, KIND, count, PLAYERS):
        out = rng.uniform(-5, max(0.5, cohort.days - 6))
        joined = cohort.start + np.minimum(out + rng.exponential(FADING_DAYS, size), cohort.days - 1) * DAY
        made = np.where(rng.random(size) < FOR_THE_MOD, joined, cohort.draw_past_signups(size, joining=0.0))
        traits = AccountTraits(
            created_at=made.astype(np.int64), clients_at=np.full(size, int(rng.integers(8, 13))), community=name
        )
        rows = cohort.add_accounts(size, KIND, traits)
        begin = max(cohort.start, cohort.start + int(out * DAY))
        volumes = cohort.draw_volumes(size, LINES * (cohort.stop - begin) / (14 * DAY), 0.9, 900)
        account, at, addresses, _, _ = cohort.draw_human_exchanges(
            rows,
            volumes,
            HumanHabits(
                since=begin,
                session=PLAY,
                roaming=0.02,
                gap_seconds=LINE_SECONDS,
                weekend=1.8,
                hours=EVENING_HOURS,
                own_hours=1.0,
            ),
        )
        stock = rng.random(len(account)) < STOCK_LINES
        spoken = cohort.draw_tasks(len(account), topic="chat")
        cohort.add_exchanges(
            ExchangeBatch(
                account,
                at,
                np.where(stock, rng.choice(cohort.draw_tasks(25, topic="chat"), len(account)), spoken),
                template=cohort.draw_crowd_templates("npc_line", 1).repeat(len(account)),
                system=cohort.draw_crowd_templates("npc", 1).repeat(len(account)),
                addresses=addresses,
                output=60,
                reasoning=0.0,
            )
        )
