"""Records of a result: what `detect` writes and what the report, `explain` and later stages read."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
import pyarrow as pa

from hydrometer.contract.attribution_records import Attribution
from hydrometer.contract.evidence_families import FAMILIES
from hydrometer.contract.table_spec import TIMESTAMP, ColumnSpec, TableSpec

RESULT_FORMAT = 3
"""Layout of a result folder; raised when an older reader would misread it. Layout 2 knows no watches."""
READ_FORMATS = (2, RESULT_FORMAT)
"""Layouts of a result folder that are read."""

CampaignVerdict = Literal["campaign", "watch"]
"""`campaign`: one hand, accounts named; `watch`: suspected, not separable from an honest group, no account named."""
EvidenceKind = Literal["affiliation", "operation", ""]
"""`affiliation`: what belonging together explains; `operation`: what only one hand explains; empty: not told."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What one signal said of one group."""

    family: str
    signal: str
    statement: str
    statistic: float
    null: str
    p_value: float
    log10_p: float
    bits: float
    axis: str = "coordination"
    """`coordination` (one hand behind the accounts) or `harvest` (outputs gathered for training)."""
    kind: EvidenceKind = ""
    """`affiliation` (what belonging together explains), `operation` (what only one hand explains), or empty."""
    cause: str = ""
    """Common cause that it counts for, once: joined together, one list, work queue, one tool, one employer, …"""
    cover: float = 0.0
    """Share of the members' organisations that show it; 0 where it was not measured."""


class CounterEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What speaks against; `bits` is how much it took off (0 when it only informs)."""

    signal: str
    statement: str
    bits: float = 0.0


class InnocentExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """The honest group that comes nearest to a campaign or a watch, and how far it goes."""

    name: str
    """What the group would be: a course, one employer, a public tool."""
    explains: list[str] = []
    fails_to_explain: list[str] = []


class TemplateSegment(msgspec.Struct, frozen=True):
    """A stretch of a template: fixed wording, or a slot whose contents are not shown."""

    text: str
    slot: bool = False


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """What many exchanges share; `wording` is empty when texts were not read."""

    id: str
    exchanges: int
    accounts: int
    elicitation: str
    wording: list[TemplateSegment] = []


class SharedEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A value that accounts share, with how many of the campaign's and of all accounts show it."""

    kind: str
    value: str
    family: str
    accounts: int
    population: int
    bits: float
    ignored: bool = False
    """Too common in the whole population to weigh anything."""


class CampaignExhibit(msgspec.Struct, frozen=True, kw_only=True):
    """What the report draws of a campaign."""

    days: list[str]
    """ISO dates, UTC, of the span of the traffic."""
    exchanges_by_day: list[int]
    harvested_by_day: list[int]
    hour_by_day: list[list[int]]
    """One row a day of 24 counts, UTC."""
    entities: list[SharedEntity]
    templates: list[Template]
    releases: list[tuple[str, str]] = []
    """(model, ISO time) of model releases within the span."""


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """A coordinated, unauthorised harvest by one operator; or a watch, of which that is suspected only.

    A watch accuses nobody: it has no row in `members`, `harvested`, `indicators` or `templates`.
    """

    id: str
    probability: float
    coordination: float
    harvest: float
    first_seen: datetime
    last_seen: datetime
    accounts: int
    exchanges: int
    harvested: int
    capabilities: dict[str, float]
    elicitation: dict[str, float]
    models: dict[str, int]
    evidence: list[Evidence]
    counter_evidence: list[CounterEvidence]
    story: list[str]
    attribution: Attribution
    exhibit: CampaignExhibit
    operation: float = 0.0
    """Of the coordination, the bits that only one hand explains."""
    verdict: CampaignVerdict = "campaign"
    """`campaign`, or `watch`: suspected, and not separable from an honest group, so that no account is named."""
    suspected_accounts: tuple[int, int] | None = None
    """Of a watch: at least and at most how many accounts one hand may run; none of a campaign."""
    would_decide: list[str] = []
    """Of a watch: which evidence or which step would decide it, in plain sentences."""
    innocent_explanation: InnocentExplanation | None = None
    """The best honest explanation, and what it fails to explain."""


class CandidateGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group that was tested, accepted or not."""

    id: str
    verdict: str
    """campaign, watch, rejected, authorised, or single_customer."""
    accounts: int
    organisations: int
    exchanges: int
    coordination: float
    harvest: float
    probability: float
    seed: str
    """What brought the group to attention, in plain words."""
    reasons: list[str]
    """Why the verdict is what it is, in plain words."""
    evidence: list[Evidence] = []
    counter_evidence: list[CounterEvidence] = []
    operation: float = 0.0
    """Of the coordination, the bits that only one hand explains."""
    campaign_id: str | None = None
    """The campaign or the watch that the group became."""


class SkippedSignal(msgspec.Struct, frozen=True, kw_only=True):
    """A signal that did not run."""

    signal: str
    why: str
    costs: str
    """What cannot be seen without it."""


class StageUsage(msgspec.Struct, frozen=True, kw_only=True):
    """What one stage took."""

    name: str
    seconds: float
    rows: int
    peak_memory_mb: float
    cpu_seconds: float = 0.0
    """Of all threads of the process; 0 in results of versions that did not measure it."""


class RunRecord(msgspec.Struct, kw_only=True):
    """How a result came about; written to run.json."""

    version: str
    versions: dict[str, str]
    started_at: datetime
    status: str
    """done, interrupted, or failed."""
    seed: int
    settings: dict[str, object]
    inputs: list[str]
    rows: dict[str, int]
    rejected: dict[str, int]
    """Rejected rows by reason; the rows themselves are in rejected.jsonl."""
    repaired: dict[str, int]
    """Values that were mended in rows that stayed, by column and reason."""
    notes: dict[str, int]
    """What lost no exchange but should be known, with how often it happened."""
    absent_columns: list[str]
    signals_off: list[SkippedSignal]
    caps: list[str]
    """Limits that were reached, in plain words."""
    stages: list[StageUsage]
    calibration: dict[str, object]
    first_exchange: datetime | None = None
    """The earliest exchange of the traffic read."""
    last_exchange: datetime | None = None
    thresholds: dict[str, float] = {}
    """What a candidate had to reach to be a campaign: `coordination`, `harvest`, `probability`."""
    format: int = RESULT_FORMAT


class CampaignFile(msgspec.Struct, kw_only=True):
    """campaigns.json: campaigns and watches in one list, told apart by their verdict."""

    campaigns: list[Campaign]
    run: RunRecord

    @property
    def convicted(self) -> list[Campaign]:
        """Those that are campaigns."""
        return [campaign for campaign in self.campaigns if campaign.verdict == "campaign"]

    @property
    def watches(self) -> list[Campaign]:
        """Those that are suspected only, of which no account is named."""
        return [campaign for campaign in self.campaigns if campaign.verdict == "watch"]


MEMBERS = TableSpec(
    "members",
    "the accounts of each campaign",
    (
        ColumnSpec("campaign_id", pa.string(), "the campaign", needed=True),
        ColumnSpec("account_id", pa.string(), "the account", needed=True),
        ColumnSpec("probability", pa.float64(), "of being run by the campaign's operator", needed=True, unit="0 to 1"),
        *(
            ColumnSpec(f"bits_{f}", pa.float64(), f"evidence of the {f} family", needed=True, unit="bits")
            for f in FAMILIES
        ),
        ColumnSpec("first_seen", TIMESTAMP, "the account's first exchange", needed=True),
        ColumnSpec("last_seen", TIMESTAMP, "the account's last exchange", needed=True),
        ColumnSpec("exchanges", pa.int64(), "the account's exchanges", needed=True),
        ColumnSpec("harvested", pa.int64(), "of them, those that carry the campaign's demand", needed=True),
        ColumnSpec("reasons", pa.list_(pa.string()), "why, in plain words", needed=True),
        ColumnSpec(
            "facts",
            pa.list_(pa.string()),
            "what convicts this account, with its values and since when; absent in results of layout 2",
        ),
    ),
)

HARVESTED = TableSpec(
    "harvested",
    "the exchanges that carry a campaign's demand",
    (
        ColumnSpec("exchange_id", pa.string(), "the exchange", needed=True),
        ColumnSpec("campaign_id", pa.string(), "the campaign", needed=True),
        ColumnSpec("template_id", pa.string(), "the template"),
        ColumnSpec("probability", pa.float64(), "of being part of the harvest", needed=True, unit="0 to 1"),
    ),
)

CONSIDERED = TableSpec(
    "considered",
    "every account of every candidate group, members or not: what `explain` reads",
    (
        ColumnSpec("candidate_id", pa.string(), "the candidate group", needed=True),
        ColumnSpec("account_id", pa.string(), "the account", needed=True),
        ColumnSpec("probability", pa.float64(), "of belonging to the group", needed=True, unit="0 to 1"),
        *(
            ColumnSpec(f"bits_{f}", pa.float64(), f"evidence of the {f} family", needed=True, unit="bits")
            for f in FAMILIES
        ),
        ColumnSpec("member", pa.bool_(), "whether the account counts as a member of a campaign", needed=True),
        ColumnSpec("reasons", pa.list_(pa.string()), "why or why not, in plain words", needed=True),
    ),
)

INDICATORS = TableSpec(
    "indicators",
    "the values that the accounts of a campaign show, and how common they are: what attribution, sharing and the guard read",
    (
        ColumnSpec("campaign_id", pa.string(), "the campaign", needed=True),
        ColumnSpec(
            "kind", pa.string(), "what it is: payment, device, address, network, ja4, … (the kinds below)", needed=True
        ),
        ColumnSpec("value", pa.string(), "the value", needed=True),
        ColumnSpec("family", pa.string(), "family of evidence", needed=True),
        ColumnSpec("accounts", pa.int64(), "members that show it", needed=True),
        ColumnSpec("population", pa.int64(), "accounts of the whole population that show it", needed=True),
        ColumnSpec(
            "exchanges",
            pa.int64(),
            "the members' exchanges that show it; 1 a member for what is known of accounts",
            needed=True,
        ),
        ColumnSpec("first_seen", TIMESTAMP, "first exchange of a member that shows it", needed=True),
        ColumnSpec("last_seen", TIMESTAMP, "last exchange of a member that shows it", needed=True),
    ),
)

TEMPLATES = TableSpec(
    "templates",
    "what the exchanges of each demand share, as keyed hashes: what recognises it at the first request",
    (
        ColumnSpec("campaign_id", pa.string(), "the campaign", needed=True),
        ColumnSpec("template_id", pa.string(), "the template", needed=True),
        ColumnSpec("exchanges", pa.int64(), "harvested exchanges that carry it", needed=True),
        ColumnSpec("accounts", pa.int64(), "members that send it", needed=True),
        ColumnSpec("elicitation", pa.string(), "what it asks for", needed=True),
        ColumnSpec(
            "hashes", pa.list_(pa.int64()), "ascending hashes of its fixed text, under the site key", needed=True
        ),
        ColumnSpec(
            "background",
            pa.float64(),
            "share of a sample of strangers' exchanges that carry most of them",
            needed=True,
            unit="0 to 1",
        ),
    ),
)

BLOCKS = TableSpec(
    "blocks",
    "how many accounts of the whole population are seen in each part of the network: base rates of ranges",
    (
        ColumnSpec("kind", pa.string(), "block (an IPv4 /16 or an IPv6 /32) or asn", needed=True),
        ColumnSpec("value", pa.string(), "the range in CIDR notation, or the number", needed=True),
        ColumnSpec("accounts", pa.int64(), "accounts seen in it", needed=True),
    ),
)
