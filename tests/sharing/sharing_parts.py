"""Dossiers of every kind of record, and a detection of the bundled sample."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from hydrometer.contract.attribution_records import build_empty_attribution
from hydrometer.contract.intel_records import (
    Actor,
    ActorRelease,
    Dossiers,
    Indicator,
    IntelOpinion,
    IntelSource,
    PastCampaign,
    Sighting,
    TemplateSketch,
    WorkingHours,
)
from hydrometer.contract.result_records import Campaign, CampaignExhibit, Template, TemplateSegment
from hydrometer.intelligence.exchange.redaction_policy import RedactionPolicy
from hydrometer.intelligence.exchange.release_builder import ReleaseMaterial, make_release
from hydrometer.intelligence.exchange.sharing_key import SharingKey
from hydrometer.intelligence.exchange.stix_ids import make_id

if TYPE_CHECKING:
    from hydrometer.contract.attribution_records import Attribution
    from hydrometer.contract.intel_records import Tlp
    from hydrometer.intelligence.exchange.release_builder import CampaignRelease as Leaving

PARTNER = make_id("identity", "partner")
ACTOR = make_id("intrusion-set", "lynx")
CAMPAIGN = make_id("campaign", "one")
SEEN = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
VALUES: dict[str, str] = {
    "address": "198.51.100.7",
    "network": "2001:db8:7::/48",
    "asn": "64500",
    "domain": "relay.example",
    "email_domain": "odd_name.example",
    "email_shape": "a.a99",
    "payment": "pm_it's\\odd",
    "bin": "411111",
    "device": "dev-1",
    "phone": "ph-1",
    "signup_network": "203.0.113.0/24",
    "ja4": "t13d1516h2_8daaf6152771_b0da82dd1658",
    "user_agent": "OpenAI/Python 1.2 (it's)",
    "tools": "browse run_code",
    "template": "tpl-7",
}


def dossiers() -> Dossiers:
    return Dossiers(
        sources=(IntelSource(id=PARTNER, name="Partner", reliability="B"),),
        actors=(
            Actor(
                id=ACTOR,
                name="Lynx",
                aliases=("GTG-1",),
                roles=("operator",),
                products=("LynxChat",),
                releases=(ActorRelease(product="LynxChat 2", day=date(2026, 2, 1)),),
                hours=WorkingHours(timezone="Asia/Singapore", start=10, holidays=(date(2026, 2, 17),)),
                source=PARTNER,
                tlp="amber+strict",
                confidence=0,
                valid_until=SEEN,
            ),
        ),
        indicators=tuple(
            sorted(
                (
                    Indicator(
                        id=make_id("indicator", kind),
                        kind=kind,  # type: ignore[arg-type]
                        value=value,
                        indicates=(CAMPAIGN, ACTOR) if kind == "asn" else (),
                        role="operator" if kind == "ja4" else None,
                        source=PARTNER,
                        credibility=2 if kind == "phone" else 6,
                        tlp="red" if kind == "bin" else "green",
                        valid_from=SEEN if kind == "tools" else None,
                        valid_until=SEEN if kind == "address" else None,
                        revoked=kind == "device",
                    )
                    for kind, value in VALUES.items()
                ),
                key=lambda one: one.id,
            )
        ),
        templates=(
            TemplateSketch(
                id="tpl-7", key="ring", hashes=(-(1 << 63), -5, 0, (1 << 63) - 1), shingle_words=4, sample_one_in=4
            ),
        ),
        campaigns=(
            PastCampaign(
                id=CAMPAIGN, name="One", actors={ACTOR: "beneficiary"}, source=PARTNER, first_seen=SEEN, stopped=SEEN
            ),
        ),
        sightings=(Sighting(id=make_id("sighting", 1), of=make_id("indicator", "asn"), source=PARTNER, count=0),),
        opinions=(
            IntelOpinion(id=make_id("opinion", 1), of=make_id("indicator", "bin"), source=PARTNER, stance="disagree"),
        ),
    )


MEMBERS = {f"acct-member-{number:04d}": 0.99 for number in range(6)} | {"acct-doubtful-01": 0.6}
START = datetime(2026, 2, 1, 8, 17, 3, tzinfo=UTC)
END = datetime(2026, 2, 20, 23, 59, 59, tzinfo=UTC)
KEY = SharingKey(bytes(range(16)))


def row(kind: str, value: str, accounts: int = 7, population: int | None = None) -> dict[str, Any]:
    """A row of INDICATORS."""
    return {
        "campaign_id": "hydra-7c41e0",
        "kind": kind,
        "value": value,
        "family": "infrastructure",
        "accounts": accounts,
        "population": accounts if population is None else population,
        "exchanges": 40,
        "first_seen": START,
        "last_seen": END,
    }


def campaign(probability: float = 0.99, attribution: Attribution | None = None) -> Campaign:
    """A campaign of seven accounts with one template of known wording."""
    wording = [
        TemplateSegment("Think step by step about "),
        TemplateSegment("THE-SLOT", slot=True),
        TemplateSegment(" and answer in tags."),
    ]
    template = Template(id="t-1", exchanges=40, accounts=7, elicitation="reasoning_trace", wording=wording)
    return Campaign(
        id="hydra-7c41e0",
        probability=probability,
        coordination=9.0,
        harvest=9.0,
        first_seen=START,
        last_seen=END,
        accounts=7,
        exchanges=400,
        harvested=300,
        capabilities={"maths": 1.0},
        elicitation={"reasoning_trace": 1.0},
        models={"lumen-4": 400},
        evidence=[],
        counter_evidence=[],
        story=["acct-member-0001 sent the first of 400 exchanges"],
        attribution=attribution or build_empty_attribution(),
        exhibit=CampaignExhibit(
            days=[], exchanges_by_day=[], harvested_by_day=[], hour_by_day=[], entities=[], templates=[template]
        ),
    )


def known(rows: list[dict[str, Any]], of: Campaign | None = None, **more: Any) -> ReleaseMaterial:
    """What a release is made from: a campaign of seven accounts, one of them doubtful, that shows some values."""
    return ReleaseMaterial(
        campaign=of or campaign(),
        members=MEMBERS,
        accounts=("acct-stranger-01",),
        indicators=rows,
        now=datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC),
        **more,
    )


def release(tlp: Tlp = "amber") -> Leaving:
    """A release with an indicator of every kind and a sketch."""
    rows = [row(kind, value) for kind, value in VALUES.items() if kind != "template"]
    sketch = replace(dossiers().templates[0], id="t-1", key=KEY.name)
    return make_release(known(rows, sketches=[sketch]), RedactionPolicy(identity="Hill"), tlp, KEY)
