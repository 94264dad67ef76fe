"""A pool that turns to a new model within hours of its release.

Share of the members' exchanges of the first 24 hours after a release that go to the new model, against everybody else's
in the same hours (rank test, Mann & Whitney 1947). Evaluators do the same on their own, so it weighs little (threat report:
nearly half of one campaign's traffic moved within a day).

Honest who show it: evaluators, and the crowd of every release.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.memo import memoize_by_key
from hydrometer.detection.population.org_panel import select_one_per_org
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import correct_for_tries, rank_test

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Floats, Population

DAY = 86_400_000_000


def test(group: AccountGroup) -> SignalFinding | None:
    """The release to which the members turned most, compared account by account."""
    population = group.population
    best: SignalFinding | None = None
    for model, released in population.releases.items():
        share = memoize_by_key(
            population, (select_turn_shares, model), partial(select_turn_shares, population, model, released)
        )
        mine, others = select_one_per_org(group, share)
        log10_p, above = rank_test(share[mine], share[others])
        log10_p = correct_for_tries(log10_p, len(population.releases))
        if above < 0.6:
            continue
        middle = float(np.nanmean(share[group.accounts]))
        statement = f"Within a day of its release {middle:.0%} of a member's exchanges went to {population.models[model]}, more than {above:.0%} of others."
        if best is None or log10_p < best.log10_p:
            best = SignalFinding(above, log10_p, statement)
    return best


def select_turn_shares(population: Population, model: int, released: int) -> Floats:
    """Return `turned` of the accounts that were there before the release; NaN for the others: for them there is no turn."""
    settled = population.facts["first_seen"] < released - DAY
    share: Floats = np.where(settled, population.turned[model], np.nan)
    return share


SIGNAL = Signal(
    name="model_turn",
    family="timing",
    axis="coordination",
    null="members turn to a new model as fast as everybody else who was there before",
    needs=(),
    costs="pools that follow every release",
    cap=4.0,
    cause="habits of use",
    test=test,
)
