"""Wordings of the members' own that lean to demands, though no single text is plainly one.

The demand model knows some ways to ask well and others vaguely. What it makes of one text is noise; its mean over all
contents that one wording carries is the wording's own (see `signals/demands.py`). Statistic: organisations of which a good
part of the traffic carries such a wording that hardly anybody else uses. Null: everybody else's share of organisations that
lean so, whatever the wording (hypergeometric). One author writes a group's wordings, so that the bits are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import exchangeable_tail

if TYPE_CHECKING:
    from hydrometer.contract.group import Group

OWN_SHARE = 0.8
"""A wording is the group's own when so much of its use is by members."""
PART = 0.25
"""Share of an account's exchanges from which it leans."""
COVER = 0.5
"""Least share of the organisations that must lean: an operator's accounts all do."""


def test(group: Group) -> Finding | None:
    """Members that lean with wordings of their own, against everybody else who leans."""
    population, fragments = group.population, group.population.fragments
    _, used, uses = fragments.of(group.accounts)
    own = (fragments.lean > 0) & (
        np.bincount(used, weights=uses, minlength=fragments.orgs.size) >= OWN_SHARE * fragments.exchanges
    )
    exchange, fragment = fragments.on(population.events, group.accounts)
    carries = np.isin(group.events, exchange[own[fragment]])
    counts = population.events.counts[group.accounts]
    owner = np.repeat(np.arange(counts.size), counts)
    part = np.bincount(owner[carries], minlength=counts.size) / np.maximum(counts, 1)
    mine = np.unique(population.org[group.accounts[part >= PART]]).size
    if mine < max(1, COVER * group.size):
        return None
    others = np.unique(population.org[group.others]).size
    elsewhere = np.unique(population.org[group.others & (population.facts["leaning"] >= PART)]).size
    return Finding(
        mine / group.size,
        exchangeable_tail(mine, group.size, mine + elsewhere, group.size + others),
        f"{mine} of {group.size} organisations use wordings of their own that lean to demands, around different contents; {elsewhere / max(1, others):.1%} of others lean so.",
    )


SIGNAL = Signal(
    name="leaning",
    family="content",
    axis="harvest",
    null="members' wordings lean to demands as often as everybody else's",
    needs=("exchanges.prompt",),
    costs="demands that the model knows only vaguely",
    cap=5.0,
    test=test,
)
