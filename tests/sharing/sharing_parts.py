"""Dossiers of every kind of record, and a detection of the bundled sample."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hydrometer.contract.intel import (
    Actor,
    Dossiers,
    Indicator,
    Opinion,
    PastCampaign,
    Release,
    Sighting,
    Source,
    TemplateSketch,
    WorkingHours,
)
from hydrometer.sharing.stix_ids import made_id

PARTNER = made_id("identity", "partner")
ACTOR = made_id("intrusion-set", "lynx")
CAMPAIGN = made_id("campaign", "one")
SEEN = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
VALUES = {
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
        sources=(Source(id=PARTNER, name="Partner", reliability="B"),),
        actors=(
            Actor(
                id=ACTOR,
                name="Lynx",
                aliases=("GTG-1",),
                roles=("operator",),
                products=("LynxChat",),
                releases=(Release(product="LynxChat 2", day=date(2026, 2, 1)),),
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
                        id=made_id("indicator", kind),
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
        sightings=(Sighting(id=made_id("sighting", 1), of=made_id("indicator", "asn"), source=PARTNER, count=0),),
        opinions=(
            Opinion(id=made_id("opinion", 1), of=made_id("indicator", "bin"), source=PARTNER, stance="disagree"),
        ),
    )
