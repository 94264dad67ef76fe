"""Templates of the members' own that lean to demands, though no single text is plainly one.

The elicitation model knows some ways to ask well and others vaguely. What it makes of one text is noise; its mean over all
contents that one template carries is the template's own (see `population/elicitation_exchanges.py`). Statistic: organisations of which a good
part of the traffic carries such a template that hardly anybody else uses. Null: everybody else's share of organisations that
lean so, whatever the template (hypergeometric). One author writes a group's templates, so that the bits are few.

Honest who show it: courses and firms whose exercise sheets or prompt packs ask for steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.fragment_counts import count_carrying_exchanges, count_fragments
from hydrometer.detection.population.memo import memoize
from hydrometer.detection.population.org_panel import count_all_orgs, list_counted_accounts, mask_group_orgs, mask_orgs
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import exchangeable_tail

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Population

OWN_SHARE = 0.8
"""A template is the group's own when so much of its use is by members."""
PART = 0.25
"""Share of an account's exchanges from which it leans."""
COVER = 0.5
"""Least share of the organisations that must lean: an operator's accounts all do."""


def test(group: AccountGroup) -> SignalFinding | None:
    """Members that lean with templates of their own, against everybody else who leans."""
    population, fragments = group.population, group.population.fragments
    accounts = group.accounts
    mine = count_fragments(population, accounts)
    own = (fragments.lean[mine.fragment] > 0) & (mine.uses >= OWN_SHARE * fragments.exchanges[mine.fragment])
    part = count_carrying_exchanges(population, accounts, mine.mask(own, fragments.orgs.size)) / np.maximum(
        population.facts["exchanges"][accounts], 1.0
    )
    leaning = np.unique(population.org[accounts[part >= PART]]).size
    if leaning < max(1, COVER * group.size):
        return None
    others = count_all_orgs(population) - group.size
    elsewhere = int(np.count_nonzero(memoize(population, mask_leaning_orgs) & ~mask_group_orgs(group)))
    return SignalFinding(
        leaning / group.size,
        exchangeable_tail(leaning, group.size, leaning + elsewhere, group.size + others),
        f"{leaning} of {group.size} organisations use wordings of their own that lean to demands, around different contents; {elsewhere / max(1, others):.1%} of others lean so.",
        cover=leaning / group.size,
    )


def mask_leaning_orgs(population: Population) -> Bools:
    """Mask of the organisations with an account that leans, whatever the template."""
    everybody = list_counted_accounts(population)
    return mask_orgs(population, everybody[population.facts["leaning"][everybody] >= PART])


SIGNAL = Signal(
    name="leaning",
    family="content",
    axis="harvest",
    null="members' wordings lean to demands as often as everybody else's",
    needs=("exchanges.prompt",),
    costs="demands that the model knows only vaguely",
    cap=5.0,
    costly=True,
    test=test,
)
