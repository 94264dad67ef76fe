"""From a measured population to judged groups, campaigns and members: the room's one way in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import CONSIDERED, FAMILIES, INDICATORS, MEMBERS, Campaign, CandidateGroup
from hydrometer.detection.campaigns.campaign_harvest import CampaignHarvest, collect_harvest
from hydrometer.detection.campaigns.campaign_ids import assign_campaign_ids
from hydrometer.detection.campaigns.campaign_indicators import build_indicator_table
from hydrometer.detection.campaigns.campaign_record import build_campaign_record
from hydrometer.detection.campaigns.candidate_generation import ProposedGroup, find_harvesters, propose_groups
from hydrometer.detection.campaigns.group_constraints import CLEARED, GroupConstraints
from hydrometer.detection.campaigns.group_evaluation import GroupEvaluator
from hydrometer.detection.campaigns.group_scoring import (
    GroupJudgement,
    ScoringRules,
    build_candidate,
    control_false_discoveries,
)
from hydrometer.detection.campaigns.member_facts import list_member_facts
from hydrometer.detection.campaigns.membership import (
    Membership,
    absorb_dormant_accounts,
    drop_contract_customers,
    list_differences,
    list_reasons,
    weigh_members,
)
from hydrometer.detection.campaigns.non_campaign_groups import (
    find_authorised_accounts,
    find_coordinated_groups,
    find_single_customers,
)
from hydrometer.detection.campaigns.peeled_views import PeeledViews
from hydrometer.detection.campaigns.seed_expansion import GroupLikeness, measure_likeness
from hydrometer.detection.campaigns.watch_record import build_watch_record, withhold_values
from hydrometer.detection.population.account_group import AccountGroup

if TYPE_CHECKING:
    from hydrometer.contract import CampaignSettings, Progress
    from hydrometer.detection.campaigns.group_evaluation import SignalTests
    from hydrometer.detection.population.population import Bools, Ints, Population

NEAR_MISSES = 300
"""Most accounts beside a campaign whose absence is explained."""


@dataclass(frozen=True)
class CampaignFindings:
    """Everything that the result folder says of groups. `harvests` follow `campaigns`."""

    campaigns: list[Campaign]
    harvests: list[CampaignHarvest]
    candidates: list[CandidateGroup]
    members: pa.Table
    considered: pa.Table
    indicators: pa.Table
    campaign_accounts: Bools
    """Accounts of any campaign."""
    tests: int


@dataclass(frozen=True)
class PriorKnowledge:
    """What earlier runs and people said of accounts."""

    earlier: dict[str, set[str]] = field(default_factory=dict)
    """Account ids by campaign of the result that this one replaces."""
    constraints: GroupConstraints | None = None
    """What people decided of accounts, which groups keep to."""


@dataclass(frozen=True)
class _Search:
    """What every step from groups to findings goes by."""

    views: PeeledViews
    tests: SignalTests
    settings: CampaignSettings
    prior: PriorKnowledge


@dataclass
class _ConsideredRows:
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
    signals: SignalTests,
    rules: ScoringRules,
    progress: Progress,
    prior: PriorKnowledge | None = None,
) -> CampaignFindings:
    """Propose, test, judge and name groups; `signals` are those that are on."""
    prior, settings = prior or PriorKnowledge(), rules.settings
    constraints = prior.constraints
    views = PeeledViews(population, settings.without)
    evaluator = GroupEvaluator(views, signals, rules, progress)

    def score_group(members: Bools) -> float:
        return evaluator.evaluate(members).likelihood

    proposals = propose_groups(views, settings, score_group)
    if constraints is not None:
        uncleared = [
            ProposedGroup(constraints.without_cleared(proposal.members), proposal.seed) for proposal in proposals
        ]
        proposals = [proposal for proposal in uncleared if proposal.members.any()]
    groups = _build_groups(views, proposals, evaluator, settings)
    if constraints is not None:
        # Whoever a person cleared counts as everybody, though it resembles the convicted.
        views.convicted = constraints.without_cleared(views.convicted)
    claimed = views.convicted
    groups += [
        (text, mask) for text, mask in find_coordinated_groups(population, settings) if not np.any(mask & claimed)
    ]
    if constraints is not None:
        masks = constraints.apply(
            views.without(np.zeros(population.size, dtype=np.bool_)).outward, [mask for _, mask in groups]
        )
        groups = [(text, mask) for (text, _), mask in zip(groups, masks, strict=True) if mask.any()]
    groups += find_single_customers(population, claimed, settings)
    authorised_accounts = find_authorised_accounts(population, settings)
    if authorised_accounts is not None:
        groups.append(("customers whose agreement lets them train on outputs", authorised_accounts))
    evaluations = [evaluator.evaluate(mask) for _, mask in groups]
    kept = control_false_discoveries(
        [one.evidence for one in evaluations], evaluator.test_count, settings.false_discovery_rate
    )
    judged = [
        evaluator.judge(mask, evidence, one.objections, seed)
        for (seed, mask), one, evidence in zip(groups, evaluations, kept, strict=True)
    ]
    judged.sort(key=lambda j: (-j.probability, -j.coordination - j.harvest, -j.group.accounts.size, j.seed))
    return _assemble_findings(_Search(views, signals, settings, prior), judged, evaluator.test_count)


def _build_groups(
    views: PeeledViews,
    proposals: list[ProposedGroup],
    evaluator: GroupEvaluator,
    settings: CampaignSettings,
) -> list[tuple[str, Bools]]:
    """Return what brought each group up and its members, the campaigns with their whole pools; convict those."""
    population = views.population
    claimed = np.zeros(population.size, dtype=np.bool_)
    campaigns: list[Bools | None] = []
    for proposal in proposals:
        is_campaign = evaluator.evaluate(proposal.members).likelihood >= settings.report_probability
        members = drop_contract_customers(population, proposal.members) & ~claimed
        campaigns.append(members if is_campaign else None)
        if is_campaign:
            claimed |= members
    pools = iter(
        evaluator.keep_operated(members)
        for members in absorb_dormant_accounts(
            views, [members for members in campaigns if members is not None], settings
        )
    )
    masks = [
        proposal.members if was is None else next(pools) for proposal, was in zip(proposals, campaigns, strict=True)
    ]
    for mask, was in zip(masks, campaigns, strict=True):
        if was is not None:
            claimed |= mask
    views.convicted = claimed
    # What was proposed may belong to a campaign by now, down to its last account.
    return [
        (proposal.seed, mask)
        for proposal, mask, was in zip(proposals, masks, campaigns, strict=True)
        if mask.any() and (was is not None or not np.all(claimed[mask]))
    ]


def _assemble_findings(search: _Search, judged: list[GroupJudgement], test_count: int) -> CampaignFindings:
    """Name the campaigns and watches among the judged groups, weigh every account beside them, and put it all into tables."""
    population = search.views.population
    reported = [judgement for judgement in judged if judgement.verdict in ("campaign", "watch")]
    names = assign_campaign_ids(
        [[population.accounts[a] for a in judgement.group.accounts] for judgement in reported],
        [_find_first_account(judgement.group) for judgement in reported],
        search.prior.earlier,
    )
    by_group = {id(judgement): name for judgement, name in zip(reported, names, strict=True)}
    nobody = np.zeros(population.size, dtype=np.bool_)
    findings = _FindingRows(nobody.copy(), nobody.copy())
    for number, whole in enumerate(judged, start=1):
        name = by_group.get(id(whole), "")
        judgement = withhold_values(whole) if whole.verdict == "watch" else whole
        candidate = build_candidate(judgement, number, name or None)
        findings.candidates.append(candidate)
        if judgement.verdict == "watch":
            findings.add_watch(search, judgement, name)
        elif judgement.verdict == "campaign":
            findings.add_campaign(search, judgement, candidate, name)
        else:
            view = search.views.view_for(judgement.group.members)
            compared = view.features.beside(judgement.group.members)
            inside = judgement.group.members[compared.numbers]
            membership = weigh_members(
                measure_likeness(compared, inside), inside, compared.numbers, judgement.probability, search.settings
            )
            _add_considered(findings.considered, population, candidate, membership)
    return findings.finish(population, test_count)


@dataclass
class _FindingRows:
    """Findings, gathered group by group."""

    claimed: Bools
    watched: Bools
    campaigns: list[Campaign] = field(default_factory=list)
    harvests: list[CampaignHarvest] = field(default_factory=list)
    candidates: list[CandidateGroup] = field(default_factory=list)
    members: list[pa.Table] = field(default_factory=list)
    indicators: list[pa.Table] = field(default_factory=lambda: [INDICATORS.schema.empty_table()])
    considered: _ConsideredRows = field(default_factory=_ConsideredRows)

    def add_watch(self, search: _Search, judgement: GroupJudgement, name: str) -> None:
        """Add what is suspected of a group; no account of it is named anywhere."""
        harvest = collect_harvest(judgement.group)
        operated = search.tests.mask_showing(judgement.group, judgement.evidence)
        self.campaigns.append(
            build_watch_record(
                build_campaign_record(judgement, harvest, name),
                judgement,
                operated,
                find_harvesters(search.views.population, search.settings),
            )
        )
        self.harvests.append(harvest)
        self.watched |= judgement.group.members

    def add_campaign(self, search: _Search, judgement: GroupJudgement, candidate: CandidateGroup, name: str) -> None:
        """Add a campaign, its members, and why those beside it are none."""
        population, members = search.views.population, judgement.group.members
        group = AccountGroup(population, members)
        view = search.views.view_for(members)
        compared = view.features.beside(
            members | (find_harvesters(population, search.settings) & ~search.views.convicted)
        )
        inside = members[compared.numbers]
        likeness = measure_likeness(compared, inside)
        membership = weigh_members(likeness, inside, compared.numbers, judgement.probability, search.settings)
        _add_considered(self.considered, population, candidate, membership)
        nearest = _find_nearest(likeness, np.nonzero(~inside)[0])
        numbers = dict(zip(nearest, compared.numbers[nearest].tolist(), strict=True))
        _add_near_misses(self.considered, search, candidate, likeness, numbers)
        harvest = collect_harvest(group)
        self.campaigns.append(build_campaign_record(judgement, harvest, name))
        self.harvests.append(harvest)
        operated = search.tests.describe_members(judgement.group, judgement.evidence)
        population.release_pages()
        self.members.append(_build_members_table(group, membership, harvest, name, operated))
        self.indicators.append(build_indicator_table(group, name))
        self.claimed |= members

    def finish(self, population: Population, test_count: int) -> CampaignFindings:
        """Return the findings; of other groups too, no account that is watched is named."""
        considered = pa.table(self.considered.columns, schema=CONSIDERED.schema)
        watched = pa.array([population.accounts[a] for a in np.nonzero(self.watched)[0].tolist()], pa.string())
        return CampaignFindings(
            self.campaigns,
            self.harvests,
            self.candidates,
            pa.concat_tables(self.members) if self.members else MEMBERS.schema.empty_table(),
            considered.filter(pc.invert(pc.is_in(considered["account_id"], watched))),
            pa.concat_tables(self.indicators),
            self.claimed,
            test_count,
        )


def _find_first_account(group: AccountGroup) -> str:
    first = group.population.facts["first_seen"][group.accounts]
    return group.population.accounts[int(group.accounts[int(np.argmin(first))])]


def _build_members_table(
    group: AccountGroup,
    membership: Membership,
    harvest: CampaignHarvest,
    name: str,
    operated: dict[int, list[str]],
) -> pa.Table:
    # What only operation explains comes first: it is what convicts, and belonging together beside it.
    population, facts = group.population, list_member_facts(group)
    facts = {account: [*operated.get(account, []), *sentences] for account, sentences in facts.items()}
    accounts = np.asarray(membership.accounts, dtype=np.int64)
    harvested_counts = np.bincount(harvest.owners, minlength=population.size)
    fact = population.facts
    columns: dict[str, object] = {
        "campaign_id": [name] * accounts.size,
        "account_id": [population.accounts[a] for a in membership.accounts],
        "probability": membership.probability,
        **{f"bits_{family}": membership.bits[family] for family in FAMILIES},
        "first_seen": pa.array(fact["first_seen"][accounts].astype(np.int64)).cast(MEMBERS.column("first_seen").type),
        "last_seen": pa.array(fact["last_seen"][accounts].astype(np.int64)).cast(MEMBERS.column("last_seen").type),
        "exchanges": fact["exchanges"][accounts].astype(np.int64),
        "harvested": harvested_counts[accounts],
        "reasons": membership.reasons,
        "facts": [facts.get(account, []) for account in membership.accounts],
    }
    return pa.table(columns, schema=MEMBERS.schema)


def _add_considered(
    considered: _ConsideredRows, population: Population, candidate: CandidateGroup, membership: Membership
) -> None:
    is_campaign = candidate.campaign_id is not None
    for index, account in enumerate(membership.accounts):
        bits = {family: float(membership.bits[family][index]) for family in FAMILIES}
        why = membership.reasons[index] if is_campaign else candidate.reasons
        considered.add(
            candidate.id, population.accounts[account], float(membership.probability[index]), bits, is_campaign, why
        )


def _find_nearest(likeness: GroupLikeness, beside: Ints) -> list[int]:
    """Return those of the compared accounts `beside` a campaign that are most like it, the likest first."""
    nearest: list[int] = beside[np.argsort(-likeness.total[beside], kind="stable")][:NEAR_MISSES].tolist()
    return nearest


def _add_near_misses(
    considered: _ConsideredRows,
    search: _Search,
    candidate: CandidateGroup,
    likeness: GroupLikeness,
    nearest: dict[int, int],
) -> None:
    """Say of the accounts nearest to a campaign why they are not of it; `nearest` maps compared accounts to numbers."""
    accounts, constraints, families = search.views.population.accounts, search.prior.constraints, likeness.families
    for index, number in nearest.items():
        bits = {family: float(families[family][index]) for family in FAMILIES if family in families}
        why = list_differences(likeness, index) + [f"alike: {reason}" for reason in list_reasons(likeness, index)]
        if constraints is not None and constraints.cleared[number]:
            why = [CLEARED, *why]
        considered.add(candidate.id, accounts[number], 0.0, bits, False, why)
