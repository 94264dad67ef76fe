"""Every threshold in one typed object; `hydrometer settings` prints it, `--settings FILE` (TOML) overrides it.

A setting is declared once: its name, its type with its bounds, what it means, and its default.
"""

from __future__ import annotations

import os
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hydrometer.contract.evidence_families import Family


class FingerprintSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How texts are sketched."""

    shingle_words: Annotated[int, Meta(description="Words in a shingle.", ge=1)] = 3
    sample_one_in: Annotated[int, Meta(description="One shingle in so many is kept (FracMinHash).", ge=1)] = 4
    max_sketch: Annotated[
        int,
        Meta(
            description="Most hashes kept of one exchange; the smallest ones, so that the choice stays consistent.",
            ge=1,
        ),
    ] = 256
    max_words: Annotated[
        int,
        Meta(description="Words read of a text; the rest counts in its length only, and the cut is reported.", ge=128),
    ] = 20_000
    lead_words: Annotated[int, Meta(description="Words in the lead and in the tail.", ge=1)] = 8
    elicitation_threshold: Annotated[
        float, Meta(description="From this confidence on an exchange counts as elicitation.", ge=0, le=1)
    ] = 0.5


class ReadSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How traffic is read."""

    batch_rows: Annotated[int, Meta(description="Most exchanges held at once while reading.", ge=1)] = 8_192
    batch_bytes: Annotated[int, Meta(description="Most bytes of text held at once while reading.", ge=1)] = 64_000_000
    trusted_proxies: Annotated[
        int, Meta(description="Hops of X-Forwarded-For, from the right, that are one's own proxies.", ge=0)
    ] = 0


class CampaignSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How groups are proposed, grown and judged."""

    without: Annotated[
        list[Family],
        Meta(
            description="Families of evidence that may not tell one hand: identity, for instance, where the law keeps it "
            "from such use. What is asked of the model is read all the same."
        ),
    ] = []
    least_asking: Annotated[
        float,
        Meta(
            description="-log10 p from which an account asks for training material more than ordinary accounts.", ge=0
        ),
    ] = 4.0
    least_demands: Annotated[int, Meta(description="And at least so many such exchanges.", ge=1)] = 2
    least_refused: Annotated[
        float, Meta(description="Share of refused exchanges from which an account may be searching.", ge=0, le=1)
    ] = 0.25
    join_bits: Annotated[
        float, Meta(description="Bits by which an account must resemble a group to belong to it.", ge=0)
    ] = 8.0
    absorb_bits: Annotated[
        float,
        Meta(description="Bits at which an account without demands of its own belongs to a campaign's pool.", ge=0),
    ] = 18.0
    grow_rounds: Annotated[int, Meta(description="Most rounds of growing one group.", ge=1)] = 12
    least_orgs: Annotated[int, Meta(description="Fewest organisations of a campaign.", ge=2)] = 4
    shown_groups: Annotated[
        int, Meta(description="Most groups reported that are coordinated but show no harvest.", ge=0)
    ] = 40
    cause_bits: Annotated[
        float, Meta(description="Bits from which a cause counts towards the two that must agree.", ge=0)
    ] = 3.0
    operation_bits: Annotated[
        float,
        Meta(
            description="Bits of what only one hand explains without which a group is watched, never reported as a campaign.",
            ge=0,
        ),
    ] = 6.0
    least_accounts_without_orgs: Annotated[
        int,
        Meta(
            description="Fewest accounts of a campaign where no organisations are known: fewer may be one customer's keys.",
            ge=2,
        ),
    ] = 40
    report_probability: Annotated[
        float, Meta(description="Probability from which a group is reported as a campaign.", ge=0, le=1)
    ] = 0.5
    false_discovery_rate: Annotated[
        float, Meta(description="Benjamini-Yekutieli level over all tests of all groups.", gt=0, lt=1)
    ] = 0.05


class AttributionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it is weighed who is behind a campaign."""

    known: Annotated[
        float,
        Meta(
            description="Prior probability that a common actor is one of the dossiers; spread evenly over them.",
            ge=0,
            le=0.95,
        ),
    ] = 0.4
    nobody: Annotated[
        float, Meta(description="Prior probability that no common actor runs the accounts.", ge=0, le=0.95)
    ] = 0.05
    several: Annotated[
        float, Meta(description="Prior probability that no single actor gets the outputs.", ge=0, le=0.95)
    ] = 0.25
    planted_bits: Annotated[
        float,
        Meta(
            description="Most bits of all evidence that an imitator shows by deciding so: -log2 of the chance of such a flag.",
            ge=0,
        ),
    ] = 3.0
    rented_bits: Annotated[
        float, Meta(description="Most bits of that and of all that an imitator can rent or buy.", ge=0)
    ] = 5.0
    most_bits: Annotated[float, Meta(description="Most bits of all evidence for one actor.", ge=0)] = 14.0
    least_probability: Annotated[float, Meta(description="Probability below which nobody is named.", ge=0.5, le=1)] = (
        0.8
    )
    least_confidence: Annotated[
        Literal["low", "moderate", "high"], Meta(description="Confidence below which nobody is named.")
    ] = "moderate"


class SparkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How `--engine spark` runs."""

    master: Annotated[
        str,
        Meta(description="Where to run when neither spark-submit nor a session says so; empty: this machine's cores."),
    ] = ""
    work: Annotated[
        str,
        Meta(
            description="Folder for the tables between steps, seen by all nodes; emptied of them at the end. "
            "Needed unless Spark runs on this machine."
        ),
    ] = ""
    accounts: Annotated[
        str,
        Meta(description="The table of accounts where TRAFFIC is one table: table:NAME, delta:PLACE, parquet:PLACE, …"),
    ] = ""
    partitions: Annotated[int, Meta(description="Partitions of a shuffle; 0 for what the session has.", ge=0)] = 0
    collect_rows: Annotated[
        int,
        Meta(
            description="Most rows of one table that may come to the driver, where groups are linked; more end the run.",
            ge=1,
        ),
    ] = 50_000_000


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of a run."""

    seed: Annotated[
        int, Meta(description="Start of every random choice; the same seed gives the same result.", ge=0)
    ] = 7
    threads: Annotated[int, Meta(description="Threads to use; 0 for all cores.", ge=0)] = 0
    memory: Annotated[
        str,
        Meta(
            description="Memory the engine may take before it spills to disk, such as 4GB or 512MiB.",
            pattern=r"^[0-9]+(\.[0-9]+)? ?[KMGT]i?B$",
        ),
    ] = "4GB"
    engine: Annotated[
        Literal["embedded", "duckdb", "spark"],
        Meta(
            description="What measures the traffic: kernels over rows sorted by account, every step as SQL on DuckDB, "
            "or every step on PySpark (extra `spark`)."
        ),
    ] = "embedded"
    exhibits: Annotated[
        bool,
        Meta(description="Read the texts of a few exchanges again, to show each campaign's wording, its slots masked."),
    ] = True
    read: ReadSettings = ReadSettings()
    fingerprint: FingerprintSettings = FingerprintSettings()
    campaigns: CampaignSettings = CampaignSettings()
    attribution: AttributionSettings = AttributionSettings()
    spark: SparkSettings = SparkSettings()

    @property
    def memory_bytes(self) -> int:
        """The size that `memory` says, in bytes."""
        number = self.memory.rstrip("KMGTiB ")
        unit = self.memory[len(number) :].strip()
        power = "KMGT".index(unit[0]) + 1
        return int(float(number) * (1024**power if "i" in unit else 1000**power))

    @property
    def cores(self) -> int:
        """Threads to use: `threads`, or as many as this machine has cores."""
        return self.threads or os.cpu_count() or 1
