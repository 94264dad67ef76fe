"""Outputs asked for that train models: reasoning, grading, trajectories, synthetic data.

Statistic: organisations of the group that ask so more often than ordinary accounts are wrongly taken to (binomial, per
account). Null: everybody else's share of such organisations. What is harvested are answers to contents, so an
organisation counts for two contents of the group's at the least: a class that sends the questions of one sheet asks for
as much as its sheet does, however many pupils it has.

Honest who show it: hobbyists of a synthesis tool, evaluators, auditors, licensed makers of synthetic data, a course on prompts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import ELICITATION_CLASSES
from hydrometer.detection.population.memo import memoize
from hydrometer.detection.population.org_panel import count_all_orgs, list_counted_accounts, mask_group_orgs, mask_orgs
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import count_distinct, exchangeable_tail

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Ints, Population

ASKING = 3.0
"""-log10 p from which an account asks more often than ordinary accounts do."""
LEAST_CONTENTS = 2
"""Different contents that the group must ask about for each organisation that counts as asking."""
COVER = 0.5
"""Least share of the organisations that must ask so: an operator's accounts all do."""


def test(group: AccountGroup) -> SignalFinding | None:
    """Members that elicit, against everybody else."""
    population = group.population
    mine = np.unique(population.org[group.accounts[mask_eliciting_accounts(population, group.accounts)]]).size
    mine = min(mine, count_distinct(population.events.prompt[group.elicitation_events]) // LEAST_CONTENTS)
    others = count_all_orgs(population) - group.size
    elsewhere = int(np.count_nonzero(memoize(population, mask_eliciting_orgs) & ~mask_group_orgs(group)))
    if mine < max(1, COVER * group.size):
        return None
    kinds = np.bincount(population.events.kind[group.elicitation_events], minlength=len(ELICITATION_CLASSES))
    names = [
        ELICITATION_CLASSES[k].replace("_", " ")
        for k in np.argsort(-kinds, kind="stable")[:3]
        if kinds[k] > 0 and k > 0
    ]
    return SignalFinding(
        mine / group.size,
        exchangeable_tail(mine, group.size, mine + elsewhere, group.size + others),
        f"{mine} of {group.size} organisations ask for training material ({', '.join(names)}); {elsewhere / max(1, others):.1%} of others do.",
        cover=mine / group.size,
    )


def mask_eliciting_accounts(population: Population, accounts: Ints) -> Bools:
    """Return which of some accounts ask more often than ordinary accounts do."""
    facts = population.facts
    demands = facts["demand"][accounts] * facts["exchanges"][accounts]
    asks: Bools = (facts["asking"][accounts] >= ASKING) & (demands >= 2)
    return asks


def mask_eliciting_orgs(population: Population) -> Bools:
    """Mask of the organisations with an account that elicits."""
    everybody = list_counted_accounts(population)
    return mask_orgs(population, everybody[mask_eliciting_accounts(population, everybody)])


SIGNAL = Signal(
    name="elicitation",
    family="content",
    axis="harvest",
    null="members ask for training material as often as everybody else",
    needs=("exchanges.prompt",),
    costs="what is asked of the model: without it no campaign can be told from ordinary coordination",
    cap=12.0,
    test=test,
)
