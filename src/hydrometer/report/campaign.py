"""One campaign: bottom line first, then what it rests on, then who is in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hydrometer.contract.results import FAMILIES
from hydrometer.report import graph, heatmap, timeline
from hydrometer.report.attribution import attribution
from hydrometer.report.markup import Child, Html, el, join
from hydrometer.report.members import members
from hydrometer.report.tables import bullets, chance, facts, mono, shares, table
from hydrometer.report.waterfall import capped, waterfall
from hydrometer.report.wording import wordings
from hydrometer.report.words import (
    FAMILY_NAMES,
    bits,
    count,
    minute,
    p_value,
    share,
    statistic,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract.results import Campaign, Evidence
    from hydrometer.report.pieces import Pieces


def anchor(campaign_id: str) -> str:
    """Return the fragment of a campaign's section."""
    return "campaign-" + re.sub(r"[^A-Za-z0-9_-]", lambda found: f".{ord(found[0]):x}", campaign_id)


def campaign_section(campaign: Campaign, pieces: Pieces, most_members: int) -> Html:
    """Return the section of one campaign."""
    exhibit = campaign.exhibit
    sections: list[tuple[str, Child]] = [
        ("Evidence, from starting odds to probability", _waterfall(campaign, pieces.run.calibration)),
        ("What speaks against", _against(campaign)),
        ("Who may be behind it", attribution(campaign)),
        ("Exchanges by day", join([timeline.timeline(exhibit), timeline.legend(exhibit)])),
        ("Hours of work", join([heatmap.heatmap(exhibit), heatmap.legend(exhibit)])),
        ("What the accounts share", _shared(campaign, pieces.run.rows.get("accounts"))),
        ("Wording", wordings(exhibit.templates)),
        ("What it takes", _takes(campaign)),
        ("Each piece of evidence", _evidence(campaign)),
        ("Accounts", members(campaign, pieces.members, most_members)),
    ]
    return el(
        "section",
        el("header", el("h2", mono(campaign.id)), el("p", chance(campaign.probability), class_="verdict")),
        *(el("p", sentence_group, class_="story") for sentence_group in _story(campaign.story)),
        _numbers(campaign),
        *(el("section", el("h3", title), content, class_="part") for title, content in sections),
        id_=anchor(campaign.id),
        class_="campaign",
    )


def _story(story: list[str]) -> list[str]:
    """Return the first two sentences as one paragraph and the rest as another."""
    return [" ".join(part) for part in (story[:2], story[2:]) if part]


def _numbers(campaign: Campaign) -> Html:
    families = [f for f in FAMILIES if any(e.family == f and e.bits > 0 for e in campaign.evidence)]
    return facts(
        [
            ("accounts", count(campaign.accounts)),
            ("exchanges harvested", count(campaign.harvested)),
            ("of their exchanges", share(campaign.harvested, campaign.exchanges)),
            ("a day and account", f"{_pace(campaign):.1f}"),
            ("coordination", statistic(campaign.coordination)),
            ("harvest", statistic(campaign.harvest)),
            ("families of evidence", f"{len(families)} of {len(FAMILIES)}"),
            ("first seen", minute(campaign.first_seen)),
            ("last seen", minute(campaign.last_seen)),
        ]
    )


def _pace(campaign: Campaign) -> float:
    """Return exchanges by account and day of the campaign's span."""
    days = (campaign.last_seen - campaign.first_seen).total_seconds() / 86_400
    return campaign.exchanges / max(1, campaign.accounts) / max(1.0, days)


def _against(campaign: Campaign) -> Html:
    if not campaign.counter_evidence:
        return el(
            "p", "Nothing was found that speaks against it; that is not the same as nothing there.", class_="quiet"
        )
    ordered = sorted(campaign.counter_evidence, key=lambda c: (-abs(c.bits), c.signal))
    return bullets(
        (
            join(
                [c.statement, el("span", f" {bits(-abs(c.bits))} bits" if c.bits else " informs only", class_="quiet")]
            )
            for c in ordered
        ),
        "against",
    )


def _waterfall(campaign: Campaign, calibration: Mapping[str, object]) -> Html:
    told = (
        "“of”: signals of one family depend on each other, so no family counts for more than its cap."
        if capped(campaign, calibration)
        else None
    )
    return join([waterfall(campaign, calibration), el("p", told, class_="legend") if told else None])


def _shared(campaign: Campaign, population: int | None) -> Html:
    entities = campaign.exhibit.entities
    if not entities:
        return el("p", "The accounts share no value that is rare enough to count.", class_="quiet")
    return join([graph.graph(entities, campaign.accounts, population), graph.left_over(entities)])


def _takes(campaign: Campaign) -> Html:
    models = {name: float(number) for name, number in campaign.models.items()}
    charts = [
        shares("Capability", campaign.capabilities, _percent(campaign.capabilities)),
        shares("What is asked", campaign.elicitation, _percent(campaign.elicitation)),
        shares("Models", models, {name: count(number) for name, number in models.items()}),
    ]
    return el("div", *(chart for chart in charts if chart is not None), class_="columns")


def _percent(values: dict[str, float]) -> dict[str, str]:
    return {name: share(value, 1.0) for name, value in values.items()}


def _evidence(campaign: Campaign) -> Html:
    order = {family: index for index, family in enumerate(FAMILIES)}
    ordered = sorted(campaign.evidence, key=lambda e: (order.get(e.family, len(order)), -e.bits, e.signal))
    heads = ("family", "tells of", "what was found", "statistic", "if there were nothing to it", "p", "bits")
    return table(
        heads, map(_evidence_row, ordered), numbers=(3, 5, 6), class_="evidence", name=f"Evidence of {campaign.id}"
    )


def _evidence_row(evidence: Evidence) -> tuple[Child, ...]:
    index = FAMILIES.index(evidence.family) if evidence.family in FAMILIES else 0
    return (
        join([el("span", "", class_=f"key f{index}"), FAMILY_NAMES.get(evidence.family, evidence.family)]),
        evidence.axis,
        join([evidence.statement, " ", el("span", evidence.signal, class_="mono quiet")]),
        statistic(evidence.statistic),
        evidence.null,
        p_value(evidence.p_value, evidence.log10_p),
        bits(evidence.bits),
    )
