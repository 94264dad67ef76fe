"""One campaign: bottom line first, then what it rests on, then who is in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hydrometer.contract import FAMILIES
from hydrometer.report.kit.formatting import (
    FAMILY_NAMES,
    format_bits,
    format_count,
    format_minute,
    format_p_value,
    format_share,
    format_statistic,
)
from hydrometer.report.kit.markup import Child, Html, element, join_markup
from hydrometer.report.kit.page_elements import (
    render_facts,
    render_identifier,
    render_list,
    render_probability,
    render_share_bars,
    render_table,
)
from hydrometer.report.result import heatmap, shared_value_diagram, timeline
from hydrometer.report.result.attribution_section import render_attribution
from hydrometer.report.result.evidence_words import KIND_NAMES, describe_innocence
from hydrometer.report.result.member_table import render_members
from hydrometer.report.result.template_figures import render_templates
from hydrometer.report.result.waterfall import draw_waterfall, has_capped_bits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract import Campaign, Evidence
    from hydrometer.report.result_view import ResultView


def build_anchor(campaign_id: str) -> str:
    """Return the fragment of a campaign's section."""
    return "campaign-" + re.sub(r"[^A-Za-z0-9_-]", lambda match: f".{ord(match[0]):x}", campaign_id)


def render_campaign(campaign: Campaign, result: ResultView, most_members: int) -> Html:
    """Return the section of one campaign."""
    exhibit = campaign.exhibit
    sections: list[tuple[str, Child]] = [
        ("Evidence, from starting odds to probability", _render_waterfall(campaign, result.run.calibration)),
        ("What speaks against", _render_counter_evidence(campaign)),
        *_render_innocence(campaign),
        ("Who may be behind it", render_attribution(campaign)),
        ("Exchanges by day", join_markup([timeline.draw_timeline(exhibit), timeline.render_timeline_legend(exhibit)])),
        ("Hours of work", join_markup([heatmap.draw_heatmap(exhibit), heatmap.render_heatmap_legend(exhibit)])),
        ("What the accounts share", _render_shared_values(campaign, result.run.rows.get("accounts"))),
        ("Wording", render_templates(exhibit.templates)),
        ("What it takes", _render_extraction_shares(campaign)),
        ("Each piece of evidence", _render_evidence_table(campaign)),
        ("Accounts", render_members(campaign, result.members, most_members)),
    ]
    return element(
        "section",
        element(
            "header",
            element("h2", render_identifier(campaign.id)),
            element("p", render_probability(campaign.probability), class_="verdict"),
        ),
        *(element("p", sentence_group, class_="story") for sentence_group in _split_story(campaign.story)),
        _render_key_figures(campaign),
        *(element("section", element("h3", title), content, class_="part") for title, content in sections),
        id_=build_anchor(campaign.id),
        class_="campaign",
    )


def _split_story(story: list[str]) -> list[str]:
    """Return the first two sentences as one paragraph and the rest as another."""
    return [" ".join(part) for part in (story[:2], story[2:]) if part]


def _render_key_figures(campaign: Campaign) -> Html:
    families = [f for f in FAMILIES if any(e.family == f and e.bits > 0 for e in campaign.evidence)]
    return render_facts(
        [
            ("accounts", format_count(campaign.accounts)),
            ("exchanges harvested", format_count(campaign.harvested)),
            ("of their exchanges", format_share(campaign.harvested, campaign.exchanges)),
            ("a day and account", f"{_compute_daily_pace(campaign):.1f}"),
            ("coordination", format_statistic(campaign.coordination)),
            ("harvest", format_statistic(campaign.harvest)),
            ("families of evidence", f"{len(families)} of {len(FAMILIES)}"),
            ("first seen", format_minute(campaign.first_seen)),
            ("last seen", format_minute(campaign.last_seen)),
        ]
    )


def _compute_daily_pace(campaign: Campaign) -> float:
    """Return exchanges by account and day of the campaign's span."""
    days = (campaign.last_seen - campaign.first_seen).total_seconds() / 86_400
    return campaign.exchanges / max(1, campaign.accounts) / max(1.0, days)


def _render_counter_evidence(campaign: Campaign) -> Html:
    if not campaign.counter_evidence:
        return element(
            "p", "Nothing was found that speaks against it; that is not the same as nothing there.", class_="quiet"
        )
    ordered = sorted(campaign.counter_evidence, key=lambda c: (-abs(c.bits), c.signal))
    return render_list(
        (
            join_markup(
                [
                    c.statement,
                    element(
                        "span", f" {format_bits(-abs(c.bits))} bits" if c.bits else " informs only", class_="quiet"
                    ),
                ]
            )
            for c in ordered
        ),
        "against",
    )


def _render_innocence(campaign: Campaign) -> list[tuple[str, Child]]:
    return [(title, render_list(statements)) for title, statements in describe_innocence(campaign.innocent_explanation)]


def _render_waterfall(campaign: Campaign, calibration: Mapping[str, object]) -> Html:
    note = (
        "“of”: signals of one family depend on each other, so no family counts for more than its cap."
        if has_capped_bits(campaign, calibration)
        else None
    )
    return join_markup([draw_waterfall(campaign, calibration), element("p", note, class_="legend") if note else None])


def _render_shared_values(campaign: Campaign, population: int | None) -> Html:
    entities = campaign.exhibit.entities
    if not entities:
        return element("p", "The accounts share no value that is rare enough to count.", class_="quiet")
    return join_markup(
        [
            shared_value_diagram.draw_shared_values(entities, campaign.accounts, population),
            shared_value_diagram.render_undrawn_count(entities),
        ]
    )


def _render_extraction_shares(campaign: Campaign) -> Html:
    models = {name: float(number) for name, number in campaign.models.items()}
    charts = [
        render_share_bars("Capability", campaign.capabilities, _format_shares(campaign.capabilities)),
        render_share_bars("What is asked", campaign.elicitation, _format_shares(campaign.elicitation)),
        render_share_bars("Models", models, {name: format_count(number) for name, number in models.items()}),
    ]
    return element("div", *(chart for chart in charts if chart is not None), class_="columns")


def _format_shares(values: dict[str, float]) -> dict[str, str]:
    return {name: format_share(value, 1.0) for name, value in values.items()}


def _render_evidence_table(campaign: Campaign) -> Html:
    order = {family: index for index, family in enumerate(FAMILIES)}
    ordered = sorted(campaign.evidence, key=lambda e: (order.get(e.family, len(order)), -e.bits, e.signal))
    heads: tuple[str, ...] = (
        "family",
        "tells of",
        "what was found",
        "statistic",
        "if there were nothing to it",
        "p",
        "bits",
    )
    rows = [_build_evidence_row(each) for each in ordered]
    if any(each.kind for each in ordered):
        heads = (*heads, "kind", "cause", "shown by")
        rows = [(*row, *_build_kind_cells(each)) for row, each in zip(rows, ordered, strict=True)]
    return render_table(heads, rows, numbers=(3, 5, 6), class_="evidence", name=f"Evidence of {campaign.id}")


def _build_kind_cells(evidence: Evidence) -> tuple[Child, ...]:
    """Return what kind it is of, the cause that it counts for, and the share of organisations that show it."""
    shown_by = format_share(evidence.cover, 1.0) if evidence.cover else "–"
    return (KIND_NAMES[evidence.kind], evidence.cause or "–", shown_by)


def _build_evidence_row(evidence: Evidence) -> tuple[Child, ...]:
    index = FAMILIES.index(evidence.family) if evidence.family in FAMILIES else 0
    return (
        join_markup([element("span", "", class_=f"key f{index}"), FAMILY_NAMES.get(evidence.family, evidence.family)]),
        evidence.axis,
        join_markup([evidence.statement, " ", element("span", evidence.signal, class_="mono quiet")]),
        format_statistic(evidence.statistic),
        evidence.null,
        format_p_value(evidence.p_value, evidence.log10_p),
        format_bits(evidence.bits),
    )
