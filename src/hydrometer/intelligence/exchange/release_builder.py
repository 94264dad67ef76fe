"""What may leave of a campaign: the redaction policy applied, everything withheld counted by its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from hydrometer.contract import Dossiers, EntityKind, Indicator, IntelSource, PastCampaign, Sighting, Tlp
from hydrometer.intelligence.exchange.campaign_release import CampaignRelease, CampaignVolumes
from hydrometer.intelligence.exchange.canonicalisation import canonicalise_value
from hydrometer.intelligence.exchange.redaction_policy import DEFAULTS
from hydrometer.intelligence.exchange.stix_ids import TEMPLATE, make_id
from hydrometer.intelligence.exchange.tlp import may_pass_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hydrometer.contract import Role, TemplateSketch
    from hydrometer.intelligence.exchange.redaction_policy import KindRule, RedactionPolicy
    from hydrometer.intelligence.exchange.release_material import ReleaseMaterial
    from hydrometer.intelligence.exchange.sharing_key import SharingKey

UNNAMED = "An unnamed site"
SHORTEST_NAME = 12
"""Least characters of an account id that is looked for inside values; shorter ones are contained in anything."""


@dataclass(frozen=True, slots=True)
class ReleasedIndicator:
    """An indicator that leaves, and how often and when the campaign showed it."""

    indicator: Indicator
    exchanges: int
    first_seen: datetime
    last_seen: datetime
    sketch: TemplateSketch | None = None
    """What the indicator of a template leaves with."""


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
    withheld: Counter[str] = Counter()
    campaign = material.campaign
    redaction = _Redaction(material, policy, tlp, key, site, withheld)
    released = [*redaction.release_values(), *redaction.release_templates()]
    actors = redaction.select_actors(dossiers)
    sightings = redaction.make_sightings(released, dossiers)
    volumes = CampaignVolumes(probability=round(campaign.probability, 4))
    if policy.volumes:
        volumes = msgspec.structs.replace(
            volumes,
            **{name: getattr(campaign, name) for name in CampaignVolumes.__struct_fields__ if name != "probability"},
        )
    else:
        withheld["volumes: the policy keeps them back"] += 1
    past = PastCampaign(
        id=redaction.campaign_id,
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
        indicators=tuple(sorted((one.indicator for one in released), key=lambda one: one.id)),
        templates=tuple(sorted((one.sketch for one in released if one.sketch is not None), key=lambda one: one.id)),
        campaigns=(past,),
        sightings=tuple(sorted(sightings, key=lambda one: one.id)),
    )
    return CampaignRelease(
        dossiers=outgoing,
        volumes=volumes,
        tlp=tlp,
        created=_truncate_to_hour(campaign.first_seen),
        modified=_truncate_to_hour(max(material.now, campaign.last_seen)),
        actors={name: said for name, (said, _) in actors.items()},
        withheld=dict(sorted(withheld.items())),
    )


@dataclass(frozen=True)
class _Redaction:
    """A policy applied to the material of one release; each part yields what leaves, and counts what does not."""

    material: ReleaseMaterial
    policy: RedactionPolicy
    tlp: Tlp
    key: SharingKey | None
    site: IntelSource
    withheld: Counter[str]
    """What does not leave, by reason."""

    @cached_property
    def campaign_id(self) -> str:
        """The id under which the campaign leaves."""
        return make_id("campaign", self.site.id, self.material.campaign.id)

    @cached_property
    def _uncertain_members(self) -> int:
        least = self.policy.least_member_probability
        return sum(probability < least for probability in self.material.members.values())

    @cached_property
    def _long_names(self) -> frozenset[str]:
        return frozenset(name.lower() for name in self.material.members if len(name) >= SHORTEST_NAME)

    @cached_property
    def _account_ids(self) -> frozenset[str]:
        return frozenset(name.lower() for name in {*self.material.members, *self.material.accounts})

    def release_values(self) -> Iterator[ReleasedIndicator]:
        """Yield the indicators that may leave, each value once."""
        if self.material.campaign.probability < self.policy.least_probability:
            self.withheld[f"the campaign's probability is below {self.policy.least_probability:g}"] += 1
            return
        releasable: dict[str, ReleasedIndicator] = {}
        for row in self.material.indicators:
            name = str(row["kind"])
            rule = self.policy.rule(name)
            reason = self._explain_withholding(row, rule)
            value = ""
            if reason is None and rule is not None:
                value, reason = self._redact_value(EntityKind(name), str(row["value"]), rule)
            if reason is not None or rule is None:
                self.withheld[f"{name}: {reason}"] += 1
                continue
            indicator = self._make_value_indicator(EntityKind(name), value, row, rule)
            releasable[indicator.id] = ReleasedIndicator(
                indicator,
                int(row["exchanges"]),
                _truncate_to_hour(row["first_seen"]),
                _truncate_to_hour(row["last_seen"]),
            )
        yield from releasable.values()

    def _explain_withholding(self, row: Mapping[str, Any], rule: KindRule | None) -> str | None:
        """Return why a value stays here; None when it may leave."""
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

    def _redact_value(self, kind: EntityKind, value: str, rule: KindRule) -> tuple[str, str | None]:
        """Return what leaves for a value, or why nothing does."""
        try:
            value = canonicalise_value(kind, value)
        except ValueError:
            return "", "the value is none of its kind"
        if rule.form == "digest":
            return (self.key.digest(kind, value), None) if self.key else ("", "needs a sharing key")
        # A client may be called after its user; whatever names an account or holds an address of a person stays.
        if kind not in (EntityKind.ADDRESS, EntityKind.NETWORK, EntityKind.SIGNUP_NETWORK, EntityKind.ASN):
            small = value.lower()
            if "@" in small or small in self._account_ids or any(name in small for name in self._long_names):
                return "", "the value names an account or a person"
        return value, None

    def _make_value_indicator(self, kind: EntityKind, value: str, row: Mapping[str, Any], rule: KindRule) -> Indicator:
        last: datetime = row["last_seen"]
        share = min(1.0, int(row["accounts"]) / max(1, int(row["population"])))
        return Indicator(
            id=make_id("indicator", self.site.id, kind, value),
            kind=kind,
            value=value,
            indicates=(self.campaign_id,),
            role="operator",
            source=self.site.id,
            confidence=round(100 * self.material.campaign.probability * share),
            tlp=self.tlp,
            valid_from=_truncate_to_hour(row["first_seen"]),
            valid_until=_compute_expiry(last, rule.days),
        )

    def release_templates(self) -> Iterator[ReleasedIndicator]:
        """Yield an indicator with its sketch for each template that may leave."""
        self.withheld.update({f"template: {reason}": number for reason, number in self.material.unsketched.items()})
        sketches = {sketch.id: sketch for sketch in self.material.sketches}
        campaign = self.material.campaign
        rule = self.policy.rule(EntityKind.TEMPLATE) or DEFAULTS[EntityKind.TEMPLATE]
        for template in campaign.exhibit.templates:
            sketch = sketches.get(template.id)
            if sketch is None:
                continue
            if not self.policy.templates or rule.form == "withhold":
                self.withheld["template: the policy withholds the kind"] += 1
            elif campaign.probability < self.policy.least_probability:
                self.withheld["template: the campaign's probability is too low"] += 1
            elif template.accounts - self._uncertain_members < rule.accounts:
                self.withheld["template: too few members show it for certain"] += 1
            else:
                name = make_id(TEMPLATE, self.site.id, sketch.key, campaign.id, template.id)
                yield ReleasedIndicator(
                    self._make_template_indicator(name, rule),
                    template.exchanges,
                    _truncate_to_hour(campaign.first_seen),
                    _truncate_to_hour(campaign.last_seen),
                    msgspec.structs.replace(sketch, id=name),
                )

    def _make_template_indicator(self, name: str, rule: KindRule) -> Indicator:
        campaign = self.material.campaign
        return Indicator(
            id=make_id("indicator", self.site.id, EntityKind.TEMPLATE, name),
            kind=EntityKind.TEMPLATE,
            value=name,
            indicates=(self.campaign_id,),
            role="beneficiary",
            source=self.site.id,
            confidence=round(100 * campaign.probability),
            tlp=self.tlp,
            valid_from=_truncate_to_hour(campaign.first_seen),
            valid_until=_compute_expiry(campaign.last_seen, rule.days),
        )

    def select_actors(self, dossiers: Dossiers | None) -> dict[str, tuple[str, Role]]:
        """Return whom the campaign is attributed to, as far as that may be said: name and role by id."""
        attribution = self.material.campaign.attribution
        if attribution.status != "attributed":
            return {}
        markings = {actor.id: actor.tlp for actor in dossiers.actors} if dossiers else {}
        attributed: dict[str, tuple[str, Role]] = {}
        for answer in attribution.answers:
            likeliest = answer.hypotheses[0]
            if answer.conclusion != likeliest.name:
                continue
            if not self.policy.attribution:
                self.withheld["attribution: the policy keeps it back"] += 1
            elif likeliest.id not in markings:
                self.withheld["attribution: how the actor's dossier is marked is not known"] += 1
            elif not may_pass_on(markings[likeliest.id], self.tlp):
                self.withheld["attribution: the actor's dossier is marked more strictly"] += 1
            else:
                attributed.setdefault(likeliest.id, (likeliest.name, answer.question))
        return attributed

    def make_sightings(self, released: Sequence[ReleasedIndicator], dossiers: Dossiers | None) -> list[Sighting]:
        """Return a sighting of each indicator that leaves, and of each of a partner's that has the same value."""
        alike: dict[tuple[str, str], list[str]] = {}
        shown: set[tuple[str, str]] = {(one.indicator.kind, one.indicator.value) for one in released}
        for other in dossiers.indicators if dossiers else ():
            if other.revoked or other.source == self.site.id or (other.kind, other.value) not in shown:
                continue
            if may_pass_on(other.tlp, self.tlp):
                alike.setdefault((other.kind, other.value), []).append(other.id)
            else:
                self.withheld["sighting: the partner's indicator is marked more strictly"] += 1
        return [
            Sighting(
                id=make_id("sighting", self.site.id, of, self.campaign_id),
                of=of,
                source=self.site.id,
                count=one.exchanges,
                first_seen=one.first_seen,
                last_seen=one.last_seen,
            )
            for one in released
            for of in (one.indicator.id, *alike.get((one.indicator.kind, one.indicator.value), ()))
        ]


def _truncate_to_hour(moment: datetime) -> datetime:
    """Return the hour of a time: to the second it would point at single requests of whoever sent them."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _compute_expiry(moment: datetime, days: int) -> datetime:
    """Return the end of validity, at midnight UTC."""
    moment = moment.astimezone(UTC)
    return (moment + timedelta(days=days + 1)).replace(hour=0, minute=0, second=0, microsecond=0)
