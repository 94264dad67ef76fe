"""The first screen: the numbers at a glance, what could not be seen, and all campaigns in one table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from hydrometer.contract.likelihood import likelihood
from hydrometer.contract.results import FAMILIES
from hydrometer.report import plane, timeline
from hydrometer.report.campaign import anchor
from hydrometer.report.markup import Child, Html, el, join
from hydrometer.report.pieces import ranked
from hydrometer.report.tables import bullets, chance, facts, family_bar, family_legend, mono, table
from hydrometer.report.words import bits, count, counted, day, label, minute, share

if TYPE_CHECKING:
    from hydrometer.contract.results import Campaign, Run
    from hydrometer.report.pieces import Pieces


def header(pieces: Pieces) -> Html:
    """Return the title, the bottom line and the numbers."""
    run = pieces.run
    return el(
        "header",
        el("p", "Hydrometer · harvest campaigns", class_="kicker"),
        el("h1", _bottom_line(pieces)),
        el(
            "p",
            f"Run of {minute(run.started_at)} over ",
            join((mono(name) for name in run.inputs), ", "),
            class_="quiet",
        ),
        _status(run),
        _glance(pieces),
        class_="masthead",
        id_="top",
    )


def signals_off(run: Run) -> Html | None:
    """Return what did not run, why, and what cannot be seen without it."""
    if not run.signals_off:
        return None
    items = (join([el("b", off.signal), f" – {off.why}. ", el("span", off.costs)]) for off in run.signals_off)
    title = f"Not seen in this run: {counted(len(run.signals_off), 'signal')} off"
    return el("section", el("h2", title), bullets(items), class_="notice", id_="off")


def map_of_groups(pieces: Pieces) -> Html:
    """Return the plane of every candidate group."""
    title = counted(len(pieces.candidates), "group was tested", "groups were tested")
    if not pieces.candidates:
        content: Html = el("p", "No group of accounts came to attention.", class_="quiet")
    else:
        drawn = plane.plane(pieces.candidates, pieces.run.thresholds)
        note = None
        if not {"coordination", "harvest"} <= pieces.run.thresholds.keys():
            note = el("p", "The run does not tell its thresholds, so no regions are drawn.", class_="legend")
        content = join([drawn, plane.legend(pieces.candidates), note])
    return el("section", el("h2", title), content, id_="plane", class_="part")


def table_of_campaigns(pieces: Pieces) -> Html:
    """Return one row a campaign, the most certain first."""
    if not pieces.campaigns:
        told = "No group reached the threshold. The groups that came nearest, and why they are none, are below."
        return el("section", el("h2", "Campaigns"), el("p", told), id_="campaigns", class_="part")
    ordered = ranked(pieces.campaigns)
    each = {campaign.id: _bits_by_family(campaign) for campaign in ordered}
    widest = max(sum(values.values()) for values in each.values())
    rows = [_row(campaign, each[campaign.id], widest) for campaign in ordered]
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
    return el(
        "section",
        el("h2", "Campaigns"),
        table(heads, rows, numbers=(2, 3, 4, 5, 6), class_="campaigns", name="Campaigns"),
        family_legend(present),
        id_="campaigns",
        class_="part",
    )


def _bottom_line(pieces: Pieces) -> str:
    if not pieces.campaigns:
        return "No campaign found"
    terms = Counter(likelihood(campaign.probability) for campaign in ranked(pieces.campaigns))
    told = ", ".join(f"{number} {term}" for term, number in terms.items())
    return f"{counted(len(pieces.campaigns), 'campaign')}: {told}"


def _status(run: Run) -> Html | None:
    if run.status == "done":
        return None
    return el(
        "p", f"This run was {run.status}: everything below covers only what had been done by then.", class_="alert"
    )


def _glance(pieces: Pieces) -> Html:
    run = pieces.run
    accounts = pc.count_distinct(pieces.members.column("account_id")).as_py()
    exchanges = sum(campaign.harvested for campaign in pieces.campaigns)
    read = run.rows.get("exchanges")
    rejected = sum(run.rejected.values())
    pairs: list[tuple[str, Child]] = [
        ("campaigns", count(len(pieces.campaigns))),
        ("accounts in them", _of(accounts, run.rows.get("accounts"))),
        ("exchanges harvested", _of(exchanges, read)),
        ("exchanges read", "–" if read is None else count(read)),
        ("span", _span(run)),
        ("rows rejected", el("span", count(rejected), class_="warn") if rejected else "0"),
        ("signals off", el("span", count(len(run.signals_off)), class_="warn") if run.signals_off else "0"),
    ]
    return facts(pairs, "facts glance")


def _of(part: int, whole: int | None) -> Html:
    shown = el("span", f"{share(part, whole)} of {count(whole)}", class_="of") if whole else None
    return join([count(part), shown])


def _span(run: Run) -> Child:
    if run.first_exchange is None or run.last_exchange is None:
        return "–"
    days = (run.last_exchange.date() - run.first_exchange.date()).days + 1
    ends = el("span", day(run.first_exchange), " to", el("br"), day(run.last_exchange), class_="of")
    return join([counted(days, "day"), ends])


def _bits_by_family(campaign: Campaign) -> dict[str, float]:
    return {f: sum(max(0.0, e.bits) for e in campaign.evidence if e.family == f) for f in FAMILIES}


def _row(campaign: Campaign, by_family: dict[str, float], widest: float) -> tuple[Child, ...]:
    capability = max(campaign.capabilities.items(), key=lambda item: item[1], default=("", 0.0))[0]
    demand = max(campaign.elicitation.items(), key=lambda item: item[1], default=("", 0.0))[0]
    return (
        el("a", mono(campaign.id), href=f"#{anchor(campaign.id)}"),
        chance(campaign.probability),
        count(campaign.accounts),
        count(campaign.harvested),
        share(campaign.harvested, campaign.exchanges),
        day(campaign.first_seen),
        day(campaign.last_seen),
        ", ".join(label(name) for name in (capability, demand) if name),
        join([family_bar(by_family, widest), bits(sum(by_family.values()))]),
        timeline.spark(campaign.exhibit.exchanges_by_day),
    )
