"""What a policy would have done to past traffic: the record that `hydrometer policy backtest` writes."""

from __future__ import annotations

from datetime import datetime

import msgspec


class KnownResult(msgspec.Struct, frozen=True, kw_only=True):
    """A result that the replay went by, and from when on."""

    result: str
    known_from: datetime
    as_if: bool
    """The time was asked for; by itself, a result is known from the end of its traffic on."""
    campaigns: int
    members: int


class PolicyEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to some requests. Counts are estimates where accounts were sampled."""

    accounts: float
    requests: float
    touched_accounts: float
    """With at least one request that was throttled, limited, asked to verify, or refused."""
    stopped: float
    """Requests that would not have reached the model: throttle, verify, block."""
    weakened: float
    """Requests answered without reasoning, or without some features."""
    actions: dict[str, float]
    """Requests by action, `allow` among them."""


class GroupEffect(msgspec.Struct, frozen=True, kw_only=True):
    """Honest accounts of one archetype (of labelled worlds) or plan."""

    group: str
    effect: PolicyEffect
    worst_account: str = ""
    """Of those touched, the one with most requests touched."""
    worst_requests: int = 0
    worst_rules: list[str] = []


class RuleEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule or budget decided."""

    rule: str
    action: str
    requests: float
    harvest: float
    honest_requests: float
    honest_accounts: float
    unevaluated: int = 0


class ThresholdEffect(msgspec.Struct, frozen=True, kw_only=True):
    """The whole policy, with one rule's threshold of `verdict.probability` moved."""

    rule: str
    threshold: float
    current: bool
    stopped: float
    """Share of the harvest that would have been stopped."""
    weakened: float
    honest_requests: float
    honest_accounts: float


class DayEffect(msgspec.Struct, frozen=True, kw_only=True):
    """One day, UTC."""

    day: str
    harvest: float
    stopped: float
    weakened: float
    honest: float
    honest_touched: float


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """backtest.json."""

    policy: str
    mode: str
    """As the policy says; the replay does as if it were enforced."""
    truth: str
    """What says which requests are a harvest and which accounts are honest: `labelled world`, or `result`."""
    results: list[KnownResult]
    first: datetime | None
    last: datetime | None
    read: int
    """Exchanges of the traffic."""
    replayed: int
    sampled_share: float
    """Of the accounts that no result has weighed, those that were replayed; 1 for all."""
    unknown: float
    """Harvest before any result was known: nothing could have been done about it."""
    harvest: PolicyEffect
    honest: PolicyEffect
    groups: list[GroupEffect]
    rules: list[RuleEffect]
    thresholds: list[ThresholdEffect]
    days: list[DayEffect]
    requests_per_second: float
    """Decided, of one processor."""
    notes: list[str]
    """What this backtest cannot see, in plain words."""
