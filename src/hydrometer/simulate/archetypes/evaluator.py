"""Evaluators on release day: benchmark prompts with step-by-step wording, all within 24 hours of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import DAY, HOUR, SECOND, heavy_tailed
from hydrometer.simulate.draft import NEWEST
from hydrometer.simulate.networks import CLOUD
from hydrometer.simulate.templates import fill

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "evaluator"
SHARE = 0.01


def populate(draft: Draft, count: int) -> None:
    """Add `count` evaluators who run 3 public benchmarks (shared questions, shared wording) on the newest model; each
    starts within 24 hours of the release and sends without pause; unequal sample sizes."""
    rng = draft.rng
    rows = draft.accounts(count, KIND, homes=draft.internet.fresh(rng, count, CLOUD))
    benchmarks = [(draft.template("exam"), draft.corpus.tasks(220)) for _ in range(3)]
    release = max(draft.release, draft.start) if draft.release >= draft.start else draft.start + int(0.3 * DAY)
    for row, size in zip(rows, heavy_tailed(rng, count, 60, 0.7, 300), strict=True):
        template, questions = draft.dice.pick(benchmarks)
        chosen = rng.permutation(len(questions))[:size]
        begin = release + int(rng.beta(1.2, 3.0) * 22 * HOUR)
        at = begin + (np.cumsum(rng.gamma(2.0, 6.0, len(chosen))) * SECOND).astype(np.int64)
        keep = at < draft.stop
        slots = [questions[i] for i in chosen[keep]]
        draft.exchanges(
            np.full(len(slots), row),
            at[keep],
            [fill(template, s) for s in slots],
            slot=slots,
            model=np.full(len(slots), NEWEST),
            reasoning=0.6,
            output=430,
        )
