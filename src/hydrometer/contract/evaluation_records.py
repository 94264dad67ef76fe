"""How well a detector did on labelled worlds: the records that `hydrometer evaluate` prints as JSON."""

from __future__ import annotations

import msgspec


class AccountCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts of one world, ids that it lacks left out."""

    flagged: int
    hits: int
    """Of the flagged, those of an operator."""
    owned: int
    """Accounts of operators in the world."""


class PairCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs of accounts; a pair in several campaigns counts once in each, so that overlap can lift recall above 1."""

    hits: int
    """Pairs of one operator in one campaign."""
    claimed: int
    """Pairs in one campaign, ids that the world lacks among them."""
    owned: int
    """Pairs of one operator."""


class CampaignCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Campaigns with at least one flagged account."""

    campaigns: int
    false: int
    """Less than half of the accounts are an operator's."""
    merged: int
    """It holds at least half of the accounts of each of two operators or more."""


class OperatorOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """An operator and what became of it."""

    operator: str
    accounts: int
    flagged: int
    """Of its accounts, those in any campaign."""
    found: bool
    """One campaign holds at least half of its accounts, and is its at four fifths or more."""
    campaign: str | None
    """The campaign with the greatest share of its accounts among those that are its at four fifths or more."""
    share: float
    """Of its accounts, those in `campaign`; 0 without one."""
    purity: float
    """Of the accounts of `campaign`, its own; 0 without one."""
    campaigns: int
    """Campaigns of which at least half is its own; two or more: it is split."""
    merged: bool = False
    """It is not found, and a campaign holds at least half of its accounts and of another operator's; false in scores of
    before it was counted."""


class BenignCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Honest accounts of one archetype."""

    flagged: int
    accounts: int


class CommunityCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Honest communities: people who belong together, and whom nobody runs."""

    communities: int
    accounts: int
    """Their accounts."""
    flagged: int
    """Of these, those in any campaign."""
    convicted: list[str]
    """Communities of which a campaign holds 3 accounts and a fifth or more, or that fill more of a false campaign than
    anybody else does."""


class BcubedSums(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over items; divided by `items` they are the averages, and those of several worlds add up."""

    items: int
    precision: float
    recall: float


class OperatorExchanges(msgspec.Struct, frozen=True, kw_only=True):
    """Exchanges of one operator."""

    claimed: int
    """Distinct exchanges in the campaigns that are mainly the operator's."""
    hits: int
    """Of these, the operator's harvest."""
    harvest: int
    """Exchanges that the operator harvested."""
    recalled: int
    """Of these, those in any campaign."""


class ExchangeCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Distinct exchanges that the result calls harvested, and that are."""

    claimed: int
    hits: int
    """Of the claimed, those of any operator's harvest."""
    harvest: int
    operators: dict[str, OperatorExchanges]


class ReliabilitySums(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over cases by bin of probability, and over all; those of several worlds add up."""

    cases: list[int]
    predicted: list[float]
    """Sum of the probabilities."""
    observed: list[int]
    """Cases that are true."""
    squared: float
    """Sum of (probability − truth)² over all cases."""


class ResultCalibration(msgspec.Struct, frozen=True, kw_only=True):
    """The reliability of campaigns and of members; None where the result states no probability."""

    campaigns: ReliabilitySums | None
    members: ReliabilitySums | None
    notes: dict[str, int]
    """What could not be a case, with how often that was so."""


class OperatorDetection(msgspec.Struct, frozen=True, kw_only=True):
    """When an operator was found."""

    operator: str
    day: str | None
    """The first result in which it is found; None: in none."""
    harvest: int
    """Exchanges that it harvested in the world."""
    before: int
    """Of these, those sent before the end of that day; all where it was never found."""


class WorldScore(msgspec.Struct, frozen=True, kw_only=True):
    """Counts and sums, never ratios, so that those of several worlds add up; a summary has the ratios."""

    result: str
    world: str
    at: float
    accounts: AccountCounts
    pairs: PairCounts
    bcubed: BcubedSums
    campaigns: CampaignCounts
    operators: list[OperatorOutcome]
    benign: dict[str, BenignCounts]
    """By archetype."""
    exchanges: ExchangeCounts | None
    templates: BcubedSums | None
    """Templates against beneficiaries; None where no operator has several."""
    calibration: ResultCalibration
    detections: list[OperatorDetection] | None
    """None unless the result holds one result a day."""
    notes: dict[str, int]
    """Oddities of the result, with how often each was met."""
    absent: list[str]
    """Files and columns that the result lacks, each with what could not be scored for it."""
    communities: CommunityCounts | None = None
    """None where the truth names no communities."""
    watches: int = 0
    """Groups that the result only watches: they name no account, and count neither as found nor as false."""


class MeasureEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """A measure over worlds."""

    value: float | None
    """None where there is nothing to divide by."""
    low: float | None
    high: float | None
    interval: str
    """How `low` and `high` came about, or why there is none."""
    numerator: float | None
    """None where the measure is no share of things that are counted."""
    denominator: float
    worlds: int
    """Worlds with something to divide by."""


class ReliabilityBin(msgspec.Struct, frozen=True, kw_only=True):
    """Cases with a probability from `low` to `high`."""

    low: float
    high: float
    cases: int
    predicted: float | None
    """Mean probability; None without cases."""
    observed: float | None
    """Share of true cases; None without cases."""


class EvaluationSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What `evaluate` says: measures over all worlds, and the counts of each."""

    worlds: int
    at: float
    measures: dict[str, MeasureEstimate]
    benign: dict[str, MeasureEstimate]
    """Honest accounts flagged per 100,000, by archetype."""
    campaign_reliability: list[ReliabilityBin]
    """Empty where no result states probabilities; so is `member_reliability`."""
    member_reliability: list[ReliabilityBin]
    notes: dict[str, int]
    """Oddities of the results, summed over worlds."""
    absent: dict[str, int]
    """What could not be scored, with the number of worlds."""
    scores: list[WorldScore]
    watches: int = 0
    """Groups that are only watched, in all worlds."""
