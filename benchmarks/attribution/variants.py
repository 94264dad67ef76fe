"""Attribution without one thing, and by plainer means."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from hydrometer.contract.settings import AttributionSettings
from hydrometer.intelligence.attribution.admissible_intel import select_admissible_intel
from hydrometer.intelligence.attribution.indicator_matching import match_indicators as matched

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from hydrometer.contract.intel_records import Dossiers, WorkingHours
    from hydrometer.contract.result_records import Campaign
    from hydrometer.intelligence.attribution import CampaignProfile

SETTINGS = AttributionSettings()
UNCAPPED = AttributionSettings(planted_bits=1_000, rented_bits=1_000, most_bits=1_000)
GROUPS: dict[str, tuple[str, ...]] = {
    "payment": ("payment", "bin"),
    "device and phone": ("device", "phone"),
    "infrastructure": ("address", "network", "signup_network", "asn", "domain"),
    "e-mail": ("email_domain", "email_shape"),
    "client": ("ja4", "user_agent", "tools"),
    "wording": ("template",),
}
HABITS = ("hours", "releases", "products")
NO_CAPS = "without caps on what can be planted"
ALL_ALIKE = "without grades of sources"


def variants(dossiers: Dossiers) -> dict[str, tuple[Dossiers, AttributionSettings]]:
    """Return by name the dossiers and settings of every variant."""
    made = {
        f"without {name}": (
            msgspec.structs.replace(dossiers, indicators=tuple(i for i in dossiers.indicators if i.kind not in kinds)),
            SETTINGS,
        )
        for name, kinds in GROUPS.items()
    }
    for habit in HABITS:
        empty = None if habit == "hours" else ()
        actors = tuple(msgspec.structs.replace(actor, **{habit: empty}) for actor in dossiers.actors)
        made[f"without {habit}"] = (msgspec.structs.replace(dossiers, actors=actors), SETTINGS)
    made[NO_CAPS] = (dossiers, UNCAPPED)
    trusted = tuple(msgspec.structs.replace(source, reliability="A") for source in dossiers.sources)
    made[ALL_ALIKE] = (msgspec.structs.replace(dossiers, sources=trusted), SETTINGS)
    return made


def hits(case: CampaignProfile, dossiers: Dossiers) -> Counter[str]:
    """By actor, how many indicators that point to it the campaign shows: what an analyst counts by hand."""
    found, _ = matched(case, select_admissible_intel(dossiers, case))
    return Counter(
        actor for hit in found for actor in {actor for actors in hit.claim.points.values() for actor in actors}
    )


def with_campaign(case: CampaignProfile, campaign: Campaign) -> CampaignProfile:
    """Return the case of a campaign whose record was changed."""
    return dataclasses.replace(case, campaign=campaign)


def working(days: Sequence[str], hours: WorkingHours) -> npt.NDArray[np.float64]:
    """Return, by day and hour in UTC, 1 where people of a timezone work."""
    zone = ZoneInfo(hours.timezone)
    worked = np.zeros((len(days), 24))
    for number, day in enumerate(days):
        midnight = datetime.combine(date.fromisoformat(day), time(), UTC)
        for hour in range(24):
            local = (midnight + timedelta(hours=hour, minutes=30)).astimezone(zone)
            worked[number, hour] = hours.start <= local.hour < hours.end and local.weekday() in hours.days
    return worked
