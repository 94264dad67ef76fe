"""Viral prompts: ordinary people who pass a prompt on, so that it spreads like a contagion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import DAY, HOUR

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "viral"
SHARE = 0.03
MEAN = 8.4
PASSED_ON = (
    "{task}\nAnswer as if you could hear your own thoughts, and tell me those thoughts.",
    "Everybody tries this one: {task} Show your whole thinking first!",
    "{task} (the whisper challenge)",
)


def populate(draft: Draft, count: int) -> None:
    """Add `count` persons who, besides their own use, send one of 3 viral prompts once to four times; the times of the
    first try grow and fade as a logistic curve; two of the prompts ask the model to show what it thinks."""
    rng = draft.rng
    rows = draft.accounts(count, KIND)
    account, at, addresses, session, turns = draft.people_talk(
        rows, draft.volumes(count, 4 * draft.days / 14, 1.1, 200)
    )
    draft.exchanges(account, at, draft.prompts(account), addresses=addresses, session=session, turns=turns)
    shared = draft.commons.draws(KIND)
    frames = np.array([draft.repertoire.fixed(text) for text in PASSED_ON])
    asked = draft.tasks(3, topic="chat", rng=shared)
    which = rng.integers(0, 3, count)
    middle = shared.uniform(2, max(2.5, draft.days - 3), 3)
    first = draft.start + ((middle[which] * 24 + rng.logistic(0, 9, count)) * HOUR).astype(np.int64)
    times = rng.integers(1, 5, count)
    again = np.repeat(np.arange(count), times)
    tries = np.repeat(first, times) + (rng.exponential(0.4 * HOUR, len(again))).astype(np.int64)
    tries = np.clip(tries, np.maximum(draft.start, draft.created[rows[again]]), draft.stop - DAY // 48)
    draft.exchanges(rows[again], tries, asked[which[again]], wording=frames[which[again]])
