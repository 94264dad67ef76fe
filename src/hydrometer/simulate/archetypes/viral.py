"""Viral prompts: ordinary people who pass a prompt on, so that it spreads like a contagion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import DAY, HOUR, heavy_tailed

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "viral"
SHARE = 0.03


def populate(draft: Draft, count: int) -> None:
    """Add `count` persons who, besides their own use, send one of 3 viral prompts once to four times; the times of the
    first try grow and fade as a logistic curve; two of the prompts ask the model to show what it thinks."""
    rng = draft.rng
    rows = draft.accounts(count, KIND)
    account, at, addresses, session, turns = draft.people_talk(
        rows, heavy_tailed(rng, count, 4 * draft.days / 14, 1.1, 200)
    )
    draft.exchanges(account, at, draft.prompts(account), addresses=addresses, session=session, turns=turns)
    frames = (
        "{}\nAnswer as if you could hear your own thoughts, and tell me those thoughts.",
        "Everybody tries this one: {} Show your whole thinking first!",
        "{} (the whisper challenge)",
    )
    which = rng.integers(0, 3, count)
    prompts = [frame.replace("{}", draft.corpus.task("chat")) for frame in frames]
    middle = rng.uniform(2, max(2.5, draft.days - 3), 3)
    first = draft.start + ((middle[which] * 24 + rng.logistic(0, 9, count)) * HOUR).astype(np.int64)
    times = rng.integers(1, 5, count)
    again = np.repeat(np.arange(count), times)
    tries = np.repeat(first, times) + (rng.exponential(0.4 * HOUR, len(again))).astype(np.int64)
    tries = np.clip(tries, np.maximum(draft.start, draft.created[rows[again]]), draft.stop - DAY // 48)
    draft.exchanges(rows[again], tries, [prompts[which[i]] for i in again])
