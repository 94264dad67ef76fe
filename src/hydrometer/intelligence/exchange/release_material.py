"""What a release of a campaign is made from: what a result holds of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.compute as pc

from hydrometer.contract import FingerprintSettings, InputError
from hydrometer.result import refuse_watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from hydrometer.contract import Campaign, TemplateSketch
    from hydrometer.result import ResultFolder


@dataclass(frozen=True, kw_only=True)
class ReleaseMaterial:
    """What a release is made from; nothing of it leaves by itself."""

    campaign: Campaign
    members: Mapping[str, float]
    """Probability of each member, by account id."""
    accounts: Iterable[str]
    """Ids of further accounts that no value may be."""
    indicators: Sequence[Mapping[str, Any]]
    """Rows of INDICATORS of the campaign."""
    sketches: Sequence[TemplateSketch] = ()
    """Of its templates, under the sharing key."""
    unsketched: Mapping[str, int] = field(default_factory=dict)
    """Templates without a sketch, by reason."""
    now: datetime
    """When the result was made."""


def find_campaign(result: ResultFolder, campaign: str, path: Path) -> Campaign:
    """Return the campaign of that id; raises InputError where the result at `path` has none, or a watch."""
    mend = "It accuses nobody, and so does not leave: share or keep campaigns only."
    refuse_watch(result.watches, campaign, path, mend=mend)
    for one in result.campaigns:
        if one.id == campaign:
            return one
    names = ", ".join(one.id for one in result.campaigns) or "none"
    raise InputError(f"no campaign {campaign}", file=str(path), mend=f"Name one of: {names}.")


def gather_material(
    result: ResultFolder,
    campaign: Campaign,
    sketches: Sequence[TemplateSketch],
    unsketched: Mapping[str, int] | None = None,
) -> ReleaseMaterial:
    """Return what a result holds of a campaign, with the sketches of its templates."""
    members = result.members.filter(pc.equal(result.members["campaign_id"], campaign.id))
    return ReleaseMaterial(
        campaign=campaign,
        members=dict(zip(members["account_id"].to_pylist(), members["probability"].to_pylist(), strict=True)),
        accounts=pc.unique(result.considered["account_id"]).to_pylist(),
        indicators=result.indicators.filter(pc.equal(result.indicators["campaign_id"], campaign.id)).to_pylist(),
        sketches=sketches,
        unsketched=unsketched or {},
        now=result.run.started_at,
    )


def read_fingerprint_settings(result: ResultFolder) -> FingerprintSettings:
    """Return the settings that the templates of a result were sketched with."""
    return msgspec.convert(result.run.settings.get("fingerprint", {}), FingerprintSettings)
