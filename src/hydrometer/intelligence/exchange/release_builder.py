"""What leaves this site of one campaign: the redaction policy applied, everything withheld counted by its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import msgspec

from hydrometer.contract import (
    Dossiers,
    Indicator,
    IndicatorKind,
    IntelSource,
    PastCampaign,
    Sighting,
    TemplateSketch,
    Tlp,
)
from hydrometer.intelligence.exchange.canonicalisation import canonicalise_value
from hydrometer.intelligence.exchange.redaction_policy import DEFAULTS
from hydrometer.intelligence.exchange.stix_ids import make_id
from hydrometer.intelligence.exchange.tlp import may_pass_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hydrometer.contract import Campaign, Role
    from hydrometer.intelligence.exchange.redaction_policy import KindRule, RedactionPolicy
    from hydrometer.intelligence.exchange.sharing_key import SharingKey

UNNAMED = "An unnamed site"
_WORDS = 12
"""Least characters of an account id that is looked for inside values; shorter ones are found in anything."""


class CampaignVolumes(msgspec.Struct, frozen=True, kw_only=True):
    """How large a campaign is and what it takes; parts that the policy keeps back are empty."""

    probability: float
    accounts: int = 0
    exchanges: int = 0
    harvested: int = 0
    models: dict[str, int] = {}
    capabilities: dict[str, float] = {}
    elicitation: dict[str, float] = {}


class CampaignRelease(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that leaves, whatever the format; a format writes nothing that is not in here."""

    dossiers: Dossiers
    """One source (this site), one campaign, its indicators, sketches and sightings."""
    volumes: CampaignVolumes
    tlp: Tlp
    created: datetime
    modified: datetime
    actors: dict[str, str] = {}
    """Names of the actors that the campaign is attributed to, by id."""
    withheld: dict[str, int] = {}
    """What did not leave, by reason."""

    @property
    def campaign(self) -> PastCampaign:
        """The campaign that is told of."""
        return self.dossiers.campaigns[0]

    @property
    def site(self) -> IntelSource:
        """Who tells."""
        return self.dossiers.sources[0]


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


def make_release(
    material: ReleaseMaterial,
    policy: RedactionPolicy,
    tlp: Tlp,
    key: SharingKey | None = None,
    dossiers: Dossiers | None = None,
    site: IntelSource | None = None,
) -> CampaignRelease:
    """Apply a policy. The same campaign, policy and key make the same ids, so that it can be sent again.

    `dossiers` are what the site knows of actors and has from partners: an attribution leaves only to an actor whose
    marking allows it, and indicators of partners that the campaign shows are sighted. `site` is who speaks, by default
    the policy's identity.
    """
    name = policy.identity or UNNAMED
    site = site or IntelSource(id=make_id("identity", "site", name), name=name)
    builder = _ReleaseBuilder(material, policy, tlp, key, site)
    campaign = material.campaign
    if campaign.probability < policy.least_probability:
        builder.withheld[f"the campaign's probability is below {policy.least_probability:g}"] += 1
        indicators: list[Indicator] = []
    else:
        indicators = builder.build_indicators()
    sketches = builder.build_templates(indicators)
    actors = builder.select_actors(dossiers)
    volumes = CampaignVolumes(probability=round(campaign.probability, 4))
    if policy.volumes:
        volumes = msgspec.structs.replace(
            volumes,
            **{name: getattr(campaign, name) for name in CampaignVolumes.__struct_fields__ if name != "probability"},
        )
    else:
        builder.withheld["volumes: the policy keeps them back"] += 1
    past = PastCampaign(
        id=builder.id,
        name=campaign.id,
        actors={name: role for name, (_, role) in actors.items()},
        source=site.id,
        confidence=round(100 * campaign.probability),
        first_seen=_truncate_to_hour(campaign.first_seen),
        last_seen=_truncate_to_hour(campaign.last_seen),
        tlp=tlp,
    )
    outgoing = Dossiers(
        sources=(site,),
        indicators=tuple(sorted(indicators, key=lambda one: one.id)),
        templates=tuple(sketches),
        campaigns=(past,),
        sightings=tuple(sorted(builder.build_sightings(indicators, dossiers), key=lambda one: one.id)),
    )
    return CampaignRelease(
        dossiers=outgoing,
        volumes=volumes,
        tlp=tlp,
        created=_truncate_to_hour(campaign.first_seen),
        modified=_truncate_to_hour(max(material.now, campaign.last_seen)),
        actors={name: said for name, (said, _) in actors.items()},
        withheld=dict(sorted(builder.withheld.items())),
    )


class _ReleaseBuilder:
    def __init__(
        self, material: ReleaseMaterial, policy: RedactionPolicy, tlp: Tlp, key: SharingKey | None, site: IntelSource
    ) -> None:
        self._material, self._policy, self._tlp, self._key, self._site = material, policy, tlp, key, site
        self.id = make_id("campaign", site.id, material.campaign.id)
        self.withheld: Counter[str] = Counter()
        self._activity: dict[str, tuple[int, datetime, datetime]] = {}
        least = policy.least_member_probability
        self._uncertain_members = sum(probability < least for probability in material.members.values())
        names = {*material.members, *material.accounts}
        self._long_names = {name.lower() for name in material.members if len(name) >= _WORDS}
        self._account_ids = {name.lower() for name in names}

    def build_indicators(self) -> list[Indicator]:
        releasable = {}
        for row in self._material.indicators:
            kind = str(row["kind"])
            rule = self._policy.rule(kind)
            reason = self._explain_withholding(row, rule)
            value = ""
            if reason is None and rule is not None:
                value, reason = self._redact_value(cast("IndicatorKind", kind), str(row["value"]), rule)
            if reason is not None or rule is None:
                self.withheld[f"{kind}: {reason}"] += 1
                continue
            one = self._build_indicator(cast("IndicatorKind", kind), value, row, rule)
            self._activity[one.id] = (
                int(row["exchanges"]),
                _truncate_to_hour(row["first_seen"]),
                _truncate_to_hour(row["last_seen"]),
            )
            releasable[one.id] = one
        return list(releasable.values())

    def _explain_withholding(self, row: Mapping[str, Any], rule: KindRule | None) -> str | None:
        """Why a value stays here; None when it may leave."""
        if rule is None:
            return "kinds like this never leave"
        if rule.form == "withhold":
            return "the policy withholds the kind"
        accounts, population = int(row["accounts"]), int(row["population"])
        if accounts - self._uncertain_members < rule.accounts:
            return "too few members show it for certain"
        if rule.strangers is not None and population - accounts > rule.strangers:
            return "strangers show it too"
        if accounts < rule.share * population:
            return "too common"
        return None

    def _redact_value(self, kind: IndicatorKind, value: str, rule: KindRule) -> tuple[str, str | None]:
        """What leaves in place of a value, or why nothing does."""
        try:
            value = canonicalise_value(kind, value)
        except ValueError:
            return "", "the value is none of its kind"
        if rule.form == "digest":
            return (self._key.digest(kind, value), None) if self._key else ("", "needs a sharing key")
        # A client may be called after its user; whatever names an account or holds an address of a person stays.
        if kind not in ("address", "network", "signup_network", "asn"):
            small = value.lower()
            if "@" in small or small in self._account_ids or any(name in small for name in self._long_names):
                return "", "the value names an account or a person"
        return value, None

    def _build_indicator(self, kind: IndicatorKind, value: str, row: Mapping[str, Any], rule: KindRule) -> Indicator:
        last: datetime = row["last_seen"]
        share = min(1.0, int(row["accounts"]) / max(1, int(row["population"])))
        return Indicator(
            id=make_id("indicator", self._site.id, kind, value),
            kind=kind,
            value=value,
            indicates=(self.id,),
            role="operator",
            source=self._site.id,
            confidence=round(100 * self._material.campaign.probability * share),
            tlp=self._tlp,
            valid_from=_truncate_to_hour(row["first_seen"]),
            valid_until=_compute_expiry(last, rule.days),
        )

    def build_templates(self, indicators: list[Indicator]) -> list[TemplateSketch]:
        """Sketches that may leave; an indicator for each is added to `indicators`."""
        rule = self._policy.rule("template") or DEFAULTS["template"]
        releasable = []
        self.withheld.update({f"template: {reason}": number for reason, number in self._material.unsketched.items()})
        sketches = {sketch.id: sketch for sketch in self._material.sketches}
        campaign = self._material.campaign
        for template in campaign.exhibit.templates:
            sketch = sketches.get(template.id)
            if sketch is None:
                continue
            if not self._policy.templates or rule.form == "withhold":
                self.withheld["template: the policy withholds the kind"] += 1
            elif campaign.probability < self._policy.least_probability:
                self.withheld["template: the campaign's probability is too low"] += 1
            elif template.accounts - self._uncertain_members < rule.accounts:
                self.withheld["template: too few members show it for certain"] += 1
            else:
                name = make_id("x-hydrometer-template", self._site.id, sketch.key, campaign.id, template.id)
                releasable.append(msgspec.structs.replace(sketch, id=name))
                one = Indicator(
                    id=make_id("indicator", self._site.id, "template", name),
                    kind="template",
                    value=name,
                    indicates=(self.id,),
                    role="beneficiary",
                    source=self._site.id,
                    confidence=round(100 * campaign.probability),
                    tlp=self._tlp,
                    valid_from=_truncate_to_hour(campaign.first_seen),
                    valid_until=_compute_expiry(campaign.last_seen, rule.days),
                )
                self._activity[one.id] = (
                    template.exchanges,
                    _truncate_to_hour(campaign.first_seen),
                    _truncate_to_hour(campaign.last_seen),
                )
                indicators.append(one)
        return sorted(releasable, key=lambda sketch: sketch.id)

    def select_actors(self, dossiers: Dossiers | None) -> dict[str, tuple[str, Role]]:
        """Whom the campaign is attributed to, as far as that may be said."""
        attribution = self._material.campaign.attribution
        if attribution.status != "attributed":
            return {}
        markings = {actor.id: actor.tlp for actor in dossiers.actors} if dossiers else {}
        attributed: dict[str, tuple[str, Role]] = {}
        for answer in attribution.answers:
            likeliest = answer.hypotheses[0]
            if answer.conclusion != likeliest.name:
                continue
            if not self._policy.attribution:
                self.withheld["attribution: the policy keeps it back"] += 1
            elif likeliest.id not in markings:
                self.withheld["attribution: how the actor's dossier is marked is not known"] += 1
            elif not may_pass_on(markings[likeliest.id], self._tlp):
                self.withheld["attribution: the actor's dossier is marked more strictly"] += 1
            else:
                attributed.setdefault(likeliest.id, (likeliest.name, answer.question))
        return attributed

    def build_sightings(self, indicators: list[Indicator], dossiers: Dossiers | None) -> list[Sighting]:
        """One of each indicator that leaves, and of each of a partner's that has the same value."""
        alike: dict[tuple[str, str], list[str]] = {}
        shown: set[tuple[str, str]] = {(one.kind, one.value) for one in indicators}
        for other in dossiers.indicators if dossiers else ():
            if other.revoked or other.source == self._site.id or (other.kind, other.value) not in shown:
                continue
            if may_pass_on(other.tlp, self._tlp):
                alike.setdefault((other.kind, other.value), []).append(other.id)
            else:
                self.withheld["sighting: the partner's indicator is marked more strictly"] += 1
        return [
            Sighting(
                id=make_id("sighting", self._site.id, of, self.id),
                of=of,
                source=self._site.id,
                count=self._activity[one.id][0],
                first_seen=self._activity[one.id][1],
                last_seen=self._activity[one.id][2],
            )
            for one in indicators
            for of in (one.id, *alike.get((one.kind, one.value), ()))
        ]


def _truncate_to_hour(moment: datetime) -> datetime:
    """Times leave by the hour: to the second they would point at single requests of whoever sent them."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _compute_expiry(moment: datetime, days: int) -> datetime:
    """The end of validity, at midnight UTC."""
    moment = moment.astimezone(UTC)
    return (moment + timedelta(days=days + 1)).replace(hour=0, minute=0, second=0, microsecond=0)
