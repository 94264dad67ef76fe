"""A policy as it is written: rules, budgets and their tests, read from one YAML file.

Conditions are CEL over the facts that `FACTS` declares; whatever evaluates them sees the same names and types.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Action = Literal["allow", "observe", "throttle", "verify", "withhold_reasoning", "limit_features", "block"]
"""The ladder. Several rules may hold: the hardest action counts, and limits add up."""

LADDER: tuple[Action, ...] = ("allow", "observe", "throttle", "limit_features", "withhold_reasoning", "verify", "block")
"""From the mildest to the hardest."""

Scope = Literal["request", "account", "organisation", "campaign"]
"""What a decision is about."""

Over = Literal["account", "organisation", "campaign", "template", "address", "network"]
"""What shares one budget."""

FACTS: dict[str, dict[str, str]] = {
    "verdict": {
        "campaign": "string",
        "probability": "double",
        "member": "bool",
        "successor": "bool",
        "reviewed": "bool",
        "why": "string",
    },
    "campaign": {
        "id": "string",
        "probability": "double",
        "accounts": "int",
        "harvested": "int",
        "active": "bool",
        "actor": "string",
    },
    "account": {
        "id": "string",
        "organisation": "string",
        "plan": "string",
        "verification": "string",
        "country": "string",
        "age_days": "double",
        "agreements": "list(string)",
    },
    "request": {
        "model": "string",
        "channel": "string",
        "address": "string",
        "network": "string",
        "asn": "int",
        "user_agent": "string",
        "ja4": "string",
        "turns": "int",
        "words": "int",
        "n": "int",
        "max_tokens": "int",
        "logprobs": "bool",
        "stream": "bool",
        "batch": "bool",
        "reasoning": "bool",
        "tools": "list(string)",
        "template": "string",
        "resembles": "double",
        "indicators": "list(string)",
        "replayed": "bool",
        "replayed_from": "string",
        "unread": "string",
    },
}
"""What a condition may read: by variable, each field with its CEL type. A string that is not known is empty.

`request.unread` says why its body could not be read (`oversized`, `malformed`, `unknown shape`, `field`).
`request.replayed_from` says where a replayed envelope belongs: to another `account`, `conversation` or `model`.
`account.age_days` goes in steps of an hour, of a day after the first week, and is -1 when it is not known.
"""


class FeatureLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `limit_features` leaves; None leaves a feature alone."""

    n: Annotated[int, Meta(ge=1)] | None = None
    logprobs: bool | None = None
    batch: bool | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """If `when` holds, `action`."""

    name: str
    when: str
    action: Action
    reason: str
    """Said to the client; names no evidence."""
    scope: Scope = "request"
    expires: datetime | None = None
    percent: Annotated[float, Meta(ge=0, le=100)] = 100.0
    """Share of the subjects that the rule is rolled out to, by a stable hash of the subject."""
    person: bool = False
    """A person has approved what cannot be undone."""
    retry_after: Annotated[int, Meta(ge=1)] | None = None
    """Seconds, of a throttle."""
    limits: FeatureLimits | None = None
    line: int = 0
    """Where the rule begins in its file."""


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many requests in so much time for all that share something; beyond them, `action`."""

    name: str
    over: Over
    requests: Annotated[int, Meta(ge=1, le=1_000_000_000)]
    seconds: Annotated[int, Meta(ge=1, le=2_678_400)]
    when: str = "true"
    """Only requests of which this holds are counted and held to the budget."""
    action: Action = "throttle"
    reason: str = "rate limit reached"
    percent: Annotated[float, Meta(ge=0, le=100)] = 100.0
    expires: datetime | None = None
    person: bool = False
    line: int = 0


class PolicyTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case in the policy file: facts in, action out."""

    name: str
    given: dict[str, dict[str, Any]]
    expect: Action
    rule: str | None = None
    """The rule or budget that must have decided, if it matters."""
    line: int = 0


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One policy file."""

    version: Literal[1]
    name: str = "policy"
    mode: Literal["observe", "shadow", "enforce"] = "observe"
    """`observe` counts, `shadow` records what would have been done, `enforce` does it."""
    appeal: str = ""
    """Address at which a customer appeals; in every refusal."""
    silent_degradation: str = "off"
    """`off`, or the sentence in which its owner accepts what it costs in trust."""
    rules: list[Rule] = []
    budgets: list[Budget] = []
    tests: list[PolicyTest] = []
