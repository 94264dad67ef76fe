"""What the guard reads and answers: a request at the gateway, the decision on it, the verdicts it goes by."""

from __future__ import annotations

from typing import Literal

import msgspec

from hydrometer.contract.policy_schema import Action, FeatureLimits, Policy, Scope

SNAPSHOT_FORMAT = 1


class ModelRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request as a gateway sees it; what is not known is empty. Texts are sketched and never kept."""

    account_id: str
    organisation: str = ""
    model: str = ""
    channel: str = ""
    client_ip: str = ""
    asn: int = 0
    user_agent: str = ""
    ja4: str = ""
    conversation: str = ""
    system_prompt: str = ""
    prompt: str = ""
    """The last user message."""
    words: int = 0
    """Of both texts, where the texts themselves are not carried."""
    turns: int = 1
    tools: tuple[str, ...] = ()
    n: int = 1
    max_tokens: int = 0
    logprobs: bool = False
    stream: bool = False
    batch: bool = False
    reasoning: bool = False
    envelopes: tuple[str, ...] = ()
    """Encrypted or signed reasoning that the request carries back."""
    bytes: int = 0
    """Size of the body."""
    unread: str = ""
    """Why part of the body could not be read, empty when all was: `oversized`, `malformed`, `unknown shape`, `field`."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one request."""

    action: Action
    rule: str = ""
    """Rule or budget that decided."""
    reason: str = ""
    """For the client."""
    scope: Scope = "request"
    campaign: str = ""
    probability: float = 0.0
    why: str = ""
    """For the operator of the guard: member, successor (template, indicators), replayed envelope."""
    retry_after: int | None = None
    """Seconds."""
    limits: FeatureLimits | None = None
    shadow: bool = False
    """Recorded only: what is done is `allow`."""
    case: str = ""
    """Quoted by the client in an appeal."""
    appeal: str = ""
    snapshot: str = ""
    """Version of the verdicts that it rests on."""

    @property
    def done(self) -> Action:
        """What the gateway does."""
        return "allow" if self.shadow else self.action


class SnapshotCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as the guard knows it."""

    id: str
    probability: float
    accounts: int
    harvested: int
    active: bool
    actor: str = ""


class SnapshotTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchanges of one demand of a campaign share, as keyed hashes."""

    id: str
    campaign: int
    """Index in `campaigns`."""
    hashes: tuple[int, ...]
    """Ascending, signed 64-bit, under the site key."""
    background: float
    """Share of strangers' exchanges that carry so much of it that they would be taken for it."""


class SnapshotEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A value that a campaign's accounts share and hardly anybody else shows."""

    kind: str
    value: str
    campaign: int
    accounts: int
    population: int


class RecognitionThresholds(msgspec.Struct, frozen=True, kw_only=True):
    """When an account without a verdict is taken for a campaign's next one."""

    containment: float = 0.6
    """Share of a template's hashes that a request must carry; `background` is measured at the same share."""
    least_hashes: int = 8
    """And at least so many of them."""
    most_background: float = 0.001
    """Templates that more of the strangers' exchanges carry are not recognised by."""
    least_background: float = 0.0001
    """A rarer template counts as this common: the sample that it was looked for in is finite."""
    several_hashes: int = 3
    """Of several templates of a campaign, an account must carry so many hashes together that no other template of it has."""
    several_background: float = 0.002
    """Templates that more of the strangers' exchanges carry are not among the several."""
    several_requests: int = 3
    """Each of the several must be carried by so many of the account's requests."""
    several_share: float = 0.1
    """And by so great a share of those since the account first shared anything with a campaign."""
    least_probability: float = 0.5
    """Below it, nothing is said."""
    most_probability: float = 0.9
    """Above it, nothing is said either: nobody has looked at the account yet."""
    remember_seconds: float = 86_400.0
    """How long an account that was recognised once is held to it."""


class SnapshotAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What the guard knows of an account that a rule may ask for."""

    id: str
    organisation: str = ""
    plan: str = ""
    verification: str = ""
    country: str = ""
    created: int = 0
    """Seconds since 1970, 0 when unknown."""
    agreements: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is held against an account or an organisation."""

    subject: str
    scope: Literal["account", "organisation"]
    campaign: int
    """Index in `campaigns`."""
    probability: float
    reviewed: bool = False
    """A person has upheld it."""
    successor: bool = False
    """Suspected of being the campaign's next account, by what was known of it before its first request."""
    why: str = ""
    """For a successor: the kinds of value that it shares with the campaign, joined by +."""


class SnapshotContent(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a snapshot carries, before it is packed and signed."""

    version: str
    created_at: float
    """Seconds since 1970."""
    expires_at: float
    """Guards refuse it after that."""
    policy: Policy
    campaigns: list[SnapshotCampaign] = []
    verdicts: list[Verdict] = []
    templates: list[SnapshotTemplate] = []
    entities: list[SnapshotEntity] = []
    accounts: list[SnapshotAccount] = []
    cleared: list[str] = []
    """Accounts of which a decision was overturned: never a successor, never a member."""
    population: int = 0
    """Accounts of the traffic that the verdicts were drawn from; 0 when it is not known."""
    recognition: RecognitionThresholds = RecognitionThresholds()
    sketch: dict[str, int] = {}
    """Settings of the sketch: `shingle_words`, `sample_one_in`, `max_sketch`, `max_words`, `lead_words`; and `fold`, the
    version of the fold that its texts went through."""
