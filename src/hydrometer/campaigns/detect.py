"""From a measured population to judged groups, campaigns and members: the room's one way in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hydrometer.campaigns.bounds import CLEARED, Bounds
from hydrometer.campaigns.follow import name_campaigns
from hydrometer.campaigns.grow import Resemblance, resemblance
from hydrometer.campaigns.harvested import Harvest, harvested
from hydrometer.campaigns.indicators import indicators
from hydrometer.campaigns.judge import Judgement, as_candidate, control_false_discoveries
from hydrometer.campaigns.members import Membership, absorb, differences, membership, reasons, strangers_to_contracts
from hydrometer.campaigns.others import authorised, coordinated, single_customers
from hydrometer.campaigns.propose import Proposal, harvesters, propose
from hydrometer.campaigns.record import campaign_record
from hydrometer.campaigns.testing import Testing
from hydrometer.campaigns.traits import Traits, describe
from hydrometer.contract.results import CONSIDERED, FAMILIES, INDICATORS, MEMBERS, Campaign, Candidate

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.campaigns.calibration import Calibration
    from hydrometer.campaigns.testing import Tests
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Bools, Ints, Population
    from hydrometer.contract.progress import Progress
    from hydrometer.contract.settings import CampaignSettings

NEAR_MISSES = 300
"""Most accounts beside a campaign whose absence is explained."""


@dataclass(frozen=True)
class Findings:
    """Everything that the result folder says of groups. `harvests` follow `campaigns`."""

    campaigns: list[Campaign]
    harvests: list[Harvest]
    candidates: list[Candidate]
    members: pa.Table
    considered: pa.Table
    indicators: pa.Table
    taken: Bools
    """Accounts of any campaign."""
    caps: list[str]
    tests: int


@dataclass
class _Considered:
    """Rows of the considered table, gathered column by column."""

    columns: dict[str, list[object]] = field(default_factory=lambda: {name: [] for name in CONSIDERED.names})

    def add(
        self, candidate: str, account: str, probability: float, bits: dict[str, float], member: bool, why: list[str]
    ) -> None:
        row: dict[str, object] = {
            "candidate_id": candidate,
            "account_id": account,
            "probability": probability,
            "member": member,
        }
        row["reasons"] = why
        row.update({f"bits_{family}": round(bits.get(family, 0.0), 3) for family in FAMILIES})
        for name, values in self.columns.items():
            values.append(row[name])


def find_campaigns(
    population: Population,
    tests: Tests,
    *,
    settings: CampaignSettings,
    calibration: Calibration,
    attainable: float,
    earlier: dict[str, set[str]],
    progress: Progress,
    bounds: Bounds | None = None,
) -> Findings:
    """Propose, test, judge and name.

    Args:
        tests: the signals that are on.
        attainable: most bits of coordination that the signals that are on can give.
        earlier: account ids by campaign of the result that this one replaces.
        bounds: what people found of accounts, which groups keep to.
    """
    traits = describe(population, settings.without)
    testing = Testing(
        population,
        traits.without("content"),
        tests,
        settings=settings,
        calibration=calibration,
        attainable=attainable,
        progress=progress,
    )

    def weighed(members: Bools) -> float:
        return testing.test(members).probability

    proposals, caps = propose(population, traits, settings, weighed)
    if bounds is not None:
        left = [Proposal(bounds.without_cleared(proposal.members), proposal.seed) for proposal in proposals]
        proposals = [proposal for proposal in left if proposal.members.any()]
    groups, taken = _gathered(population, traits, proposals, weighed, settings)
    groups += [(text, mask) for text, mask in coordinated(population, settings) if not np.any(mask & taken)]
    if bounds is not None:
        masks = bounds.kept(traits.without("content"), [mask for _, mask in groups])
        groups = [(text, mask) for (text, _), mask in zip(groups, masks, strict=True) if mask.any()]
    groups += single_customers(population, taken, settings)
    may = authorised(population, settings)
    if may is not None:
        groups.append(("customers whose agreement lets them train on outputs", may))
    found = [testing.test(mask) for _, mask in groups]
    kept = control_false_discoveries([one.evidence for one in found], testing.made, settings.false_discovery_rate)
    judged = [
        testing.judge(mask, evidence, one.against, seed)
        for (seed, mask), one, evidence in zip(groups, found, kept, strict=True)
    ]
    judged.sort(key=lambda j: (-j.probability, -j.coordination - j.harvest, -j.group.accounts.size, j.seed))
    return _findings(population, traits, judged, settings, earlier, caps, testing.made, bounds)


def _gathered(
    population: Population,
    traits: Traits,
    proposals: list[Proposal],
    weighed: Callable[[Bools], float],
    settings: CampaignSettings,
) -> tuple[list[tuple[str, Bools]], Bools]:
    """What brought each group up and its members, the campaigns with their whole pools; and whom the campaigns took."""
    taken = np.zeros(population.size, dtype=np.bool_)
    campaigns: list[Bools | None] = []
    for proposal in proposals:
        found = weighed(proposal.members) >= settings.report_probability
        members = strangers_to_contracts(population, proposal.members) & ~taken
        campaigns.append(members if found else None)
        if found:
            taken |= members
    pools = iter(absorb(population, traits, [members for members in campaigns if members is not None], settings))
    masks = [
        proposal.members if was is None else next(pools) for proposal, was in zip(proposals, campaigns, strict=True)
    ]
    for mask, was in zip(masks, campaigns, strict=True):
        if was is not None:
            taken |= mask
    # What was proposed may belong to a campaign by now, down to its last account.
    groups = [
        (proposal.seed, mask)
        for proposal, mask, was in zip(proposals, masks, campaigns, strict=True)
        if mask.any() and (was is not None or not np.all(taken[mask]))
    ]
    return groups, taken


def _findings(
    population: Population,
    traits: Traits,
    judged: list[Judgement],
    settings: CampaignSettings,
    earlier: dict[str, set[str]],
    caps: list[str],
    tests: int,
    bounds: Bounds | None,
) -> Findings:
    found = [judgement for judgement in judged if judgement.verdict == "campaign"]
    names = name_campaigns(
        [[population.accounts[a] for a in judgement.group.accounts] for judgement in found],
        [_first(judgement.group) for judgement in found],
        earlier,
    )
    by_group = {id(judgement): name for judgement, name in zip(found, names, strict=True)}
    pool = harvesters(population, settings)
    nobody = np.zeros(population.size, dtype=np.bool_)
    campaigns, harvests, candidates, members = [], [], [], []
    shown, taken = [INDICATORS.schema.empty_table()], nobody.copy()
    considered = _Considered()
    for number, judgement in enumerate(judged, start=1):
        name = by_group.get(id(judgement))
        candidate = as_candidate(judgement, number, name)
        candidates.append(candidate)
        group = judgement.group
        compared = traits.beside(group.members | (pool if name is not None else nobody))
        inside = group.members[compared.numbers]
        likeness = resemblance(compared, inside)
        belonging = membership(likeness, inside, compared.numbers, judgement.probability, settings)
        _consider(considered, population, candidate, belonging)
        if name is not None:
            beside = np.nonzero(~inside)[0]
            _near_misses(considered, population, candidate, likeness, beside, compared.numbers, bounds)
            harvest = harvested(judgement.group)
            campaigns.append(campaign_record(judgement, harvest, name))
            harvests.append(harvest)
            population.let_go()
            members.append(_members(population, belonging, harvest, name))
            shown.append(indicators(group, name))
            taken |= group.members
    table = pa.concat_tables(members) if members else MEMBERS.schema.empty_table()
    return Findings(
        campaigns,
        harvests,
        candidates,
        table,
        pa.table(considered.columns, schema=CONSIDERED.schema),
        pa.concat_tables(shown),
        taken,
        caps,
        tests,
    )


def _first(group: Group) -> str:
    first = group.population.facts["first_seen"][group.accounts]
    return group.population.accounts[int(group.accounts[int(np.argmin(first))])]


def _members(population: Population, belonging: Membership, harvest: Harvest, name: str) -> pa.Table:
    accounts = np.asarray(belonging.accounts, dtype=np.int64)
    taken = np.bincount(harvest.owners, minlength=population.size)
    fact = population.facts
    columns: dict[str, object] = {
        "campaign_id": [name] * accounts.size,
        "account_id": [population.accounts[a] for a in belonging.accounts],
        "probability": belonging.probability,
        **{f"bits_{family}": belonging.bits[family] for family in FAMILIES},
        "first_seen": pa.array(fact["first_seen"][accounts].astype(np.int64)).cast(MEMBERS.column("first_seen").type),
        "last_seen": pa.array(fact["last_seen"][accounts].astype(np.int64)).cast(MEMBERS.column("last_seen").type),
        "exchanges": fact["exchanges"][accounts].astype(np.int64),
        "harvested": taken[accounts],
        "reasons": belonging.reasons,
    }
    return pa.table(columns, schema=MEMBERS.schema)


def _consider(considered: _Considered, population: Population, candidate: Candidate, belonging: Membership) -> None:
    is_campaign = candidate.campaign_id is not None
    for place, account in enumerate(belonging.accounts):
        bits = {family: float(belonging.bits[family][place]) for family in FAMILIES}
        why = belonging.reasons[place] if is_campaign else candidate.reasons
        considered.add(
            candidate.id, population.accounts[account], float(belonging.probability[place]), bits, is_campaign, why
        )


def _near_misses(
    considered: _Considered,
    population: Population,
    candidate: Candidate,
    likeness: Resemblance,
    beside: Ints,
    numbers: Ints,
    bounds: Bounds | None,
) -> None:
    """Say of the accounts nearest to a campaign why they are not of it; `beside` are places among the accounts compared."""
    nearest = beside[np.argsort(-likeness.total[beside], kind="stable")][:NEAR_MISSES]
    families = likeness.families
    for place in nearest.tolist():
        bits = {family: float(families[family][place]) for family in FAMILIES if family in families}
        why = differences(likeness, place) + [f"alike: {reason}" for reason in reasons(likeness, place)]
        if bounds is not None and bounds.cleared[numbers[place]]:
            why = [CLEARED, *why]
        considered.add(candidate.id, population.accounts[numbers[place]], 0.0, bits, False, why)
