"""Wordings of the members' own that lean to demands, though no single text is plainly one.

The demand model knows some ways to ask well and others vaguely. What it makes of one text is noise; its mean over all
contents that one wording carries is the wording's own (see `signals/demands.py`). Statistic: organisations of which a good
part of the traffic carries such a wording that hardly anybody else uses. Null: everybody else's share of organisations that
lean so, whatever the wording (hypergeometric). One author writes a group's wordings, so that the bits are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract.derived import once
from hydrometer.contract.wordings import carrying, spoken
from hydrometer.signals.organisations import marked, of_group, organisations
from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import exchangeable_tail

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Bools, Population

OWN_SHARE = 0.8
"""A wording is the group's own when so much of its use is by members."""
PART = 0.25
"""Share of an account's exchanges from which it leans."""
COVER = 0.5
"""Least share of the organisations that must lean: an operator's accounts all do."""


def test(group: Group) -> Finding | None:
    """Members that lean with wordings of their own, against everybody else who leans."""
    population, fragments = group.population, group.population.fragments
    accounts = group.accounts
    mine = spoken(population, accounts)
    own = (fragments.lean[mine.fragment] > 0) & (mine.uses >= OWN_SHARE * fragments.exchanges[mine.fragment])
    part = carrying(population, accounts, mine.mask(own, fragments.orgs.size)) / np.maximum(
        population.facts["exchanges"][accounts], 1.0
    )
    leaning = np.unique(population.org[accounts[part >= PART]]).size
    if leaning < max(1, COVER * group.size):
        return None
    others = organisations(population) - group.size
    elsewhere = int(np.count_nonzero(once(population, leaners) & ~of_group(group)))
    return Finding(
        leaning / group.size,
        exchangeable_tail(leaning, group.size, leaning + elsewhere, group.size + others),
        f"{leaning} of {group.size} organisations use wordings of their own that lean to demands, around different contents; {elsewhere / max(1, others):.1%} of others lean so.",
    )


def leaners(population: Population) -> Bools:
    """Mask of the organisations with an account that leans, whatever the wording."""
    return marked(population, np.nonzero(population.facts["leaning"] >= PART)[0])


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
