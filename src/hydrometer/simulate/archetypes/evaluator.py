"""Evaluators on release day: benchmark prompts with step-by-step wording, all within 24 hours of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import DAY, HOUR, SECOND
from hydrometer.simulate.draft import NEWEST
from hydrometer.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "evaluator"
SHARE = 0.01
MEAN = 75


def populate(draft: Draft, count: int) -> None:
    """Add `count` evaluators who run 3 public benchmarks (shared questions, shared wording) on the newest model; each
    starts within 24 hours of the release and sends without pause; unequal sample sizes."""
    rng = draft.rng
    rows = draft.accounts(count, KIND, homes=draft.internet.fresh(rng, count, CLOUD))
    shared = draft.commons.draws(KIND)
    wordings, questions = draft.templates("exam", 3, shared), draft.tasks(660, rng=shared).reshape(3, 220)
    release = max(draft.release, draft.start) if draft.release >= draft.start else draft.start + int(0.3 * DAY)
    accounts, times, tasks, frames = [], [], [], []
    for row, size in zip(rows, draft.volumes(count, 60, 0.7, 300), strict=True):
        benchmark = draft.dice.below(3)
        chosen = rng.permutation(220)[:size]
        begin = release + int(rng.beta(1.2, 3.0) * 22 * HOUR)
        at = begin + (np.cumsum(rng.gamma(2.0, 6.0, len(chosen))) * SECOND).astype(np.int64)
        keep = at < draft.stop
        accounts.append(np.full(int(keep.sum()), row))
        times.append(at[keep])
        tasks.append(questions[benchmark, chosen[keep]])
        frames.append(np.full(int(keep.sum()), wordings[benchmark]))
    account = np.concatenate(accounts)
    draft.exchanges(
        account,
        np.concatenate(times),
        np.concatenate(tasks),
        wording=np.concatenate(frames),
        model=np.full(len(account), NEWEST),
        reasoning=0.6,
        output=430,
    )
