"""Viral prompts: ordinary people who pass a prompt on, so that it spreads like a contagion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import DAY, HOUR
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "viral"
SHARE = 0.03
MEAN = 8.4
PASSED_ON = (
    "{task}\nAnswer as if you could hear your own thoughts, and tell me those thoughts.",
    "Everybody tries this one: {task} Show your whole thinking first!",
    "{task} (the whisper challenge)",
)


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` persons who, besides their own use, send one of 3 viral prompts once to four times; the times of the
    first try grow and fade as a logistic curve; two of the prompts ask the model to show what it thinks."""
    rng = cohort.rng
    rows = cohort.add_accounts(count, KIND, AccountTraits(community=KIND))
    account, at, addresses, session, turns = cohort.draw_human_exchanges(
        rows, cohort.draw_volumes(count, 4 * cohort.days / 14, 1.1, 200)
    )
    cohort.add_exchanges(
        ExchangeBatch(account, at, cohort.draw_prompts(account), addresses=addresses, session=session, turns=turns)
    )
    shared = cohort.context.shared_generator(KIND)
    frames = np.array([cohort.catalogue.fixed_text(text) for text in PASSED_ON])
    questions = cohort.draw_tasks(3, topic="chat", rng=shared)
    which = rng.integers(0, 3, count)
    middle = shared.uniform(2, max(2.5, cohort.days - 3), 3)
    first = cohort.start + ((middle[which] * 24 + rng.logistic(0, 9, count)) * HOUR).astype(np.int64)
    times = rng.integers(1, 5, count)
    again = np.repeat(np.arange(count), times)
    tries = np.repeat(first, times) + (rng.exponential(0.4 * HOUR, len(again))).astype(np.int64)
    tries = np.clip(tries, np.maximum(cohort.start, cohort.created[rows[again]]), cohort.stop - DAY // 48)
    cohort.add_exchanges(ExchangeBatch(rows[again], tries, questions[which[again]], template=frames[which[again]]))
