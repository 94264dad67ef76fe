"""From a measured population to judged groups, campaigns and members: the room's one way in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hydrometer.campaigns.follow import name_campaigns
from hydrometer.campaigns.grow import Resemblance, resemblance
from hydrometer.campaigns.harvested import Harvest, harvested
from hydrometer.campaigns.judge import Judgement, as_candidate, control_false_discoveries, judge
from hydrometer.campaigns.members import Membership, absorb, differences, membership, reasons, strangers_to_contracts
from hydrometer.campaigns.others import authorised, coordinated, single_customers
from hydrometer.campaigns.propose import harvesters, propose
from hydrometer.campaigns.record import campaign_record
from hydrometer.campaigns.traits import Traits, describe
from hydrometer.contract.group import Group
from hydrometer.contract.results import CONSIDERED, FAMILIES, MEMBERS, Campaign, Candidate, Evidence

if TYPE_CHECKING:
    from hydrometer.campaigns.calibration import Calibration
    from hydrometer.contract.population import Bools, Population
    from hydrometer.contract.progress import Progress
    from hydrometer.contract.settings import CampaignSettings

NEAR_MISSES = 300
"""Most accounts beside a campaign whose absence is explained."""

Test = Callable[[Group], list[Evidence]]


@dataclass(frozen=True)
class Findings:
    """Everything that the result folder says of groups. `harvests` follow `campaigns`."""

    campaigns: list[Campaign]
    harvests: list[Harvest]
    candidates: list[Candidate]
    members: pa.Table
    considered: pa.Table
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
    test: Test,
    *,
    signals: int,
    settings: CampaignSettings,
    calibration: Calibration,
    attainable: float,
    earlier: dict[str, set[str]],
    progress: Progress,
) -> Findings:
    """Propose, test, judge and name.

    Args:
        test: puts a group to all signals.
        signals: how many signals are on, for the count of tests made.
        attainable: most bits of coordination that the signals that are on can give.
        earlier: account ids by campaign of the result that this one replaces.
    """
    traits = describe(population, settings.without)
    tests = 0
    memory: dict[bytes, list[Evidence]] = {}

    def evidence(members: Bools) -> list[Evidence]:
        nonlocal tests
        key = np.packbits(members).tobytes()
        if key not in memory:
            memory[key] = test(Group(population, members))
            tests += signals
            progress.advance(1)
        return memory[key]

    def weighed(members: Bools, seed: str) -> Judgement:
        likeness = resemblance(traits, members)
        return judge(Group(population, members), evidence(members), likeness, seed, settings, calibration, attainable)

    proposals, caps = propose(population, traits, settings, lambda members: weighed(members, "").probability)
    groups: list[tuple[str, Bools]] = []
    taken = np.zeros(population.size, dtype=np.bool_)
    for proposal in proposals:
        members = proposal.members
        if weighed(members, "").probability >= settings.report_probability:
            members = absorb(population, traits, strangers_to_contracts(population, members), settings) & ~taken
            taken |= members
        # What was proposed may belong to a larger campaign by now, down to its last account.
        if members.any():
            groups.append((proposal.seed, members))
    groups += [(text, mask) for text, mask in coordinated(population, settings) if not np.any(mask & taken)]
    groups += single_customers(population, taken, settings)
    may = authorised(population, settings)
    if may is not None:
        groups.append(("customers whose agreement lets them train on outputs", may))
    kept = control_false_discoveries([evidence(mask) for _, mask in groups], tests, settings.false_discovery_rate)
    judged = [
        judge(Group(population, mask), found, resemblance(traits, mask), seed, settings, calibration, attainable)
        for (seed, mask), found in zip(groups, kept, strict=True)
    ]
    judged.sort(key=lambda j: (-j.probability, -j.coordination - j.harvest, -j.group.accounts.size, j.seed))
    return _findings(population, traits, judged, settings, earlier, caps, tests)


def _findings(
    population: Population,
    traits: Traits,
    judged: list[Judgement],
    settings: CampaignSettings,
    earlier: dict[str, set[str]],
    caps: list[str],
    tests: int,
) -> Findings:
    found = [judgement for judgement in judged if judgement.verdict == "campaign"]
    names = name_campaigns(
        [[population.accounts[a] for a in judgement.group.accounts] for judgement in found],
        [_first(judgement.group) for judgement in found],
        earlier,
    )
    by_group = {id(judgement): name for judgement, name in zip(found, names, strict=True)}
    pool = harvesters(population, settings)
    campaigns, harvests, candidates, members = [], [], [], []
    considered = _Considered()
    for number, judgement in enumerate(judged, start=1):
        name = by_group.get(id(judgement))
        candidate = as_candidate(judgement, number, name)
        candidates.append(candidate)
        likeness = resemblance(traits, judgement.group.members)
        belonging = membership(likeness, judgement.group.members, judgement.probability, settings)
        _consider(considered, population, candidate, belonging, judgement, likeness, pool)
        if name is not None:
            harvest = harvested(judgement.group)
            campaigns.append(campaign_record(judgement, harvest, name))
            harvests.append(harvest)
            members.append(_members(population, belonging, harvest, name))
    table = pa.concat_tables(members) if members else MEMBERS.schema.empty_table()
    return Findings(
        campaigns, harvests, candidates, table, pa.table(considered.columns, schema=CONSIDERED.schema), caps, tests
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


def _consider(
    considered: _Considered,
    population: Population,
    candidate: Candidate,
    belonging: Membership,
    judgement: Judgement,
    likeness: Resemblance,
    pool: Bools,
) -> None:
    is_campaign = candidate.campaign_id is not None
    for place, account in enumerate(belonging.accounts):
        bits = {family: float(belonging.bits[family][place]) for family in FAMILIES}
        why = belonging.reasons[place] if is_campaign else candidate.reasons
        considered.add(
            candidate.id, population.accounts[account], float(belonging.probability[place]), bits, is_campaign, why
        )
    if not is_campaign:
        return
    total = likeness.total
    beside = np.nonzero(pool & ~judgement.group.members)[0]
    nearest = beside[np.argsort(-total[beside], kind="stable")][:NEAR_MISSES]
    families = likeness.families
    for account in nearest.tolist():
        bits = {family: float(families[family][account]) for family in FAMILIES if family in families}
        why = differences(likeness, account) + [f"alike: {reason}" for reason in reasons(likeness, account)]
        considered.add(candidate.id, population.accounts[account], 0.0, bits, False, why)
