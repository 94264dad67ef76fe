"""The first screen: the numbers at a glance, what could not be seen, and all campaigns in one table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from hydrometer.contract import FAMILIES, describe_probability
from hydrometer.report.kit.formatting import (
    format_bits,
    format_count,
    format_day,
    format_label,
    format_minute,
    format_quantity,
    format_share,
)
from hydrometer.report.kit.markup import Child, Html, element, join_markup
from hydrometer.report.kit.page_elements import (
    render_facts,
    render_family_bar,
    render_family_legend,
    render_identifier,
    render_list,
    render_probability,
    render_table,
)
from hydrometer.report.result import candidate_scatter, timeline
from hydrometer.report.result.campaign_section import build_anchor
from hydrometer.report.result_view import rank_campaigns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract import Campaign, RunRecord
    from hydrometer.report.result_view import ResultView


def render_header(result: ResultView) -> Html:
    """Return the title, the bottom line and the numbers."""
    run = result.run
    return element(
        "header",
        element("p", "Hydrometer · harvest campaigns", class_="kicker"),
        element("h1", phrase_headline(result)),
        element(
            "p",
            f"Run of {format_minute(run.started_at)} over ",
            join_markup((render_identifier(name) for name in run.inputs), ", "),
            class_="quiet",
        ),
        render_status(run),
        render_run_figures(result),
        class_="masthead",
        id_="top",
    )


def render_signals_off(run: RunRecord) -> Html | None:
    """Return what did not run, why, and what cannot be seen without it."""
    if not run.signals_off:
        return None
    items = (
        join_markup([element("b", off.signal), f" – {off.why}. ", element("span", off.costs)])
        for off in run.signals_off
    )
    title = f"Not seen in this run: {format_quantity(len(run.signals_off), 'signal')} off"
    return element("section", element("h2", title), render_list(items), class_="notice", id_="off")


def render_candidate_map(result: ResultView) -> Html:
    """Return the plane of every candidate group."""
    title = format_quantity(len(result.candidates), "group was tested", "groups were tested")
    if not result.candidates:
        content: Html = element("p", "No group of accounts came to attention.", class_="quiet")
    else:
        drawn = candidate_scatter.draw_candidate_scatter(result.candidates, result.run.thresholds)
        note = None
        if not {"coordination", "harvest"} <= result.run.thresholds.keys():
            note = element("p", "The run does not tell its thresholds, so no regions are drawn.", class_="legend")
        content = join_markup([drawn, candidate_scatter.render_scatter_legend(result.candidates), note])
    return element("section", element("h2", title), content, id_="plane", class_="part")


def render_campaign_table(result: ResultView) -> Html:
    """Return one row a campaign, the most certain first."""
    if not result.campaigns:
        note = "No group reached the threshold. The groups that came nearest, and why they are none, are below."
        return element("section", element("h2", "Campaigns"), element("p", note), id_="campaigns", class_="part")
    links = {c.id: element("a", render_identifier(c.id), href=f"#{build_anchor(c.id)}") for c in result.campaigns}
    return element(
        "section",
        element("h2", "Campaigns"),
        render_campaign_rows(result.campaigns, links),
        id_="campaigns",
        class_="part",
    )


def render_campaign_rows(campaigns: list[Campaign], names: Mapping[str, Html]) -> Html:
    """Return the table of campaigns and its legend; `names` holds, by id, what stands in the first column."""
    ordered = rank_campaigns(campaigns)
    each = {campaign.id: _sum_bits_by_family(campaign) for campaign in ordered}
    widest = max(sum(values.values()) for values in each.values())
    rows = [(names[c.id], *_build_campaign_cells(c, each[c.id], widest)) for c in ordered]
    heads = (
        "campaign",
        "likelihood",
        "accounts",
        "harvested",
        "share",
        "from",
        "to",
        "mostly",
        "bits by family",
        "by day",
    )
    present = [family for family in FAMILIES if any(values[family] > 0 for values in each.values())]
    table = render_table(heads, rows, numbers=(2, 3, 4, 5, 6), class_="campaigns", name="Campaigns")
    return join_markup([table, render_family_legend(present)])


def phrase_headline(result: ResultView) -> str:
    """Return how many campaigns there are and how likely they are, and how many watches."""
    watched = f"; {format_quantity(len(result.watches), 'watch', 'watches')}, nobody accused" if result.watches else ""
    if not result.campaigns:
        return f"No campaign found{watched}"
    terms = Counter(describe_probability(campaign.probability) for campaign in rank_campaigns(result.campaigns))
    term_counts = ", ".join(f"{number} {term}" for term, number in terms.items())
    return f"{format_quantity(len(result.campaigns), 'campaign')}: {term_counts}{watched}"


def render_status(run: RunRecord) -> Html | None:
    """Return a warning where the run did not end."""
    if run.status == "done":
        return None
    return element(
        "p", f"This run was {run.status}: everything below covers only what had been done by then.", class_="alert"
    )


def render_run_figures(result: ResultView) -> Html:
    """Return the numbers at a glance."""
    run = result.run
    accounts = pc.count_distinct(result.members.column("account_id")).as_py()
    exchanges = sum(campaign.harvested for campaign in result.campaigns)
    read = run.rows.get("exchanges")
    rejected = sum(run.rejected.values())
    pairs: list[tuple[str, Child]] = [
        ("campaigns", format_count(len(result.campaigns))),
        ("accounts in them", _render_part_of_whole(accounts, run.rows.get("accounts"))),
        ("exchanges harvested", _render_part_of_whole(exchanges, read)),
        *([("watches", format_count(len(result.watches)))] if result.watches else []),
        ("exchanges read", "–" if read is None else format_count(read)),
        ("span", _render_span(run)),
        ("rows rejected", element("span", format_count(rejected), class_="warn") if rejected else "0"),
        ("signals off", element("span", format_count(len(run.signals_off)), class_="warn") if run.signals_off else "0"),
    ]
    return render_facts(pairs, "facts glance")


def _render_part_of_whole(part: int, whole: int | None) -> Html:
    shown = element("span", f"{format_share(part, whole)} of {format_count(whole)}", class_="of") if whole else None
    return join_markup([format_count(part), shown])


def _render_span(run: RunRecord) -> Child:
    if run.first_exchange is None or run.last_exchange is None:
        return "–"
    days = (run.last_exchange.date() - run.first_exchange.date()).days + 1
    ends = element(
        "span", format_day(run.first_exchange), " to", element("br"), format_day(run.last_exchange), class_="of"
    )
    return join_markup([format_quantity(days, "day"), ends])


def _sum_bits_by_family(campaign: Campaign) -> dict[str, float]:
    return {f: sum(max(0.0, e.bits) for e in campaign.evidence if e.family == f) for f in FAMILIES}


def _build_campaign_cells(campaign: Campaign, by_family: dict[str, float], widest: float) -> tuple[Child, ...]:
    capability = max(campaign.capabilities.items(), key=lambda item: item[1], default=("", 0.0))[0]
    elicitation = max(campaign.elicitation.items(), key=lambda item: item[1], default=("", 0.0))[0]
    return (
        render_probability(campaign.probability),
        format_count(campaign.accounts),
        format_count(campaign.harvested),
        format_share(campaign.harvested, campaign.exchanges),
        format_day(campaign.first_seen),
        format_day(campaign.last_seen),
        ", ".join(format_label(name) for name in (capability, elicitation) if name),
        join_markup([render_family_bar(by_family, widest), format_bits(sum(by_family.values()))]),
        timeline.draw_sparkline(campaign.exhibit.exchanges_by_day),
    )
