"""Who belongs to a campaign, with what probability and for which reasons.

An account's bits come from comparing it with the *other* members (leave one out), so an innocent neighbour on a shared
address is not a member for the address's sake.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import FAMILIES
from hydrometer.detection.campaigns.seed_expansion import GroupLikeness, measure_likeness

if TYPE_CHECKING:
    from hydrometer.contract import CampaignSettings
    from hydrometer.detection.campaigns.peeled_views import PeeledViews
    from hydrometer.detection.population.population import Bools, Floats, Ints, Population

SLOPE = 0.35
"""Of a bit: facets of one account depend on each other, so their sum overstates (Belin & Rubin 1995)."""

KNOWN_SHARE = 0.2
"""Share of members known by contract from which they are part of the group, and speak against it (`counter_evidence`)."""

FACET_WORDS = {
    "card": "pays with the campaign's card or card batch",
    "device": "signed up on a device of the campaign's",
    "phone": "shares a telephone number with the campaign",
    "e-mail domain": "has its e-mail at a domain of the campaign's",
    "e-mail shape": "has an e-mail name of the campaign's shape",
    "sign-up": "signed up with the campaign's accounts",
    "address": "is seen at the campaign's addresses",
    "churn": "changes networks as the campaign's accounts do",
    "demand": "asks for training material as often as the campaign's accounts",
    "wording": "uses the campaign's wordings",
    "refusals": "is refused as often as the campaign's accounts",
    "start": "began when the campaign's accounts began",
    "stop": "stopped when the campaign's accounts stopped",
    "rate": "carries the load of the campaign's accounts",
    "steadiness": "works as steadily as the campaign's accounts",
    "shape of use": "talks to the model as the campaign's accounts do",
    "end user": "serves end users of the campaign's",
    "session": "carries conversations of the campaign's",
}


@dataclass(frozen=True, slots=True)
class Membership:
    """Probabilities, bits by family and reasons of the accounts of one campaign, in the order of `accounts`."""

    accounts: list[int]
    probability: Floats
    bits: dict[str, Floats]
    reasons: list[list[str]]


def absorb_dormant_accounts(views: PeeledViews, campaigns: list[Bools], settings: CampaignSettings) -> list[Bools]:
    """Add to each campaign the accounts that ask for nothing themselves but are plainly of its pool: dormant, warmed up,
    or all relay.

    They must resemble the members strongly in at least two families other than content. Whoever resembles several
    campaigns joins the one that it resembles most (the first of equals); a member of one is no other's to take, because
    two operators who work alike would else be one.

    Args:
        views: of the population; each campaign is compared with it without the others.
        campaigns: masks of their members.
    """
    population = views.population
    claimed = np.any(campaigns, axis=0) if campaigns else np.zeros(population.size, dtype=np.bool_)
    free = ~claimed & ~population.authorised & ~population.verified
    best = np.full(population.size, -np.inf)
    home = np.full(population.size, -1, dtype=np.int64)
    for number, members in enumerate(campaigns):
        view = views.without(claimed & ~members)
        families = measure_likeness(view.outward, members).families
        agreeing_families = sum(
            ((families[f] >= 5.0).astype(np.int64) for f in ("identity", "infrastructure", "timing") if f in families),
            np.zeros(population.size, dtype=np.int64),
        )
        compared = members | (free & (agreeing_families >= 2))
        total = np.full(population.size, -np.inf)
        total[compared] = measure_likeness(view.features.beside(compared), members[compared]).total
        joins = compared & ~members & (total >= settings.absorb_bits) & (total > best)
        best[joins], home[joins] = total[joins], number
    return [members | (home == number) for number, members in enumerate(campaigns)]


def drop_contract_customers(population: Population, members: Bools) -> Bools:
    """Return the members without the few customers among them who are known by contract or single sign-on.

    An operator's accounts are seldom known so, and where they are, all of a batch is. A few among many who are not known
    are neighbours: researchers of a red team who try the same demands.
    """
    contract_customers = members & population.verified
    return members & ~contract_customers if contract_customers.sum() < KNOWN_SHARE * members.sum() else members


def weigh_members(
    likeness: GroupLikeness, members: Bools, numbers: Ints, campaign_probability: float, settings: CampaignSettings
) -> Membership:
    """Weigh every member of a group; probability is of being run by the campaign's operator.

    Args:
        likeness, members: of the accounts compared.
        numbers: theirs in the population.
    """
    indices = np.nonzero(members)[0]
    families = likeness.families
    total = likeness.total[indices]
    odds = SLOPE * np.log(2) * (total - settings.join_bits / 2)
    belongs = 1.0 / (1.0 + np.exp(-np.clip(odds, -50, 50)))
    zero = np.zeros(indices.size)
    return Membership(
        accounts=numbers[indices].tolist(),
        probability=np.round(campaign_probability * belongs, 6),
        bits={family: np.round(families[family][indices], 3) if family in families else zero for family in FAMILIES},
        reasons=[list_reasons(likeness, index) for index in indices.tolist()],
    )


def list_reasons(likeness: GroupLikeness, account: int, *, least: float = 1.0) -> list[str]:
    """Return what ties an account to a group, the strongest first, in plain words."""
    return [FACET_WORDS[facet] for bits, facet in _rank_facets(likeness, account, -1) if bits >= least]


def list_differences(likeness: GroupLikeness, account: int, *, least: float = 1.0) -> list[str]:
    """Return what sets an account apart from a group, the strongest first."""
    return [
        f"not an account that {FACET_WORDS[facet]}"
        for bits, facet in _rank_facets(likeness, account, 1)
        if bits <= -least
    ]


def _rank_facets(likeness: GroupLikeness, account: int, sign: int) -> list[tuple[float, str]]:
    """Sort bits and facets, the least first for a `sign` of 1, the most for -1; what differs by rounding alone is equal."""
    rows = [(round(float(bits[account]), 9), facet) for facet, bits in likeness.facets.items()]
    return sorted(rows, key=lambda row: (sign * row[0], row[1]))
