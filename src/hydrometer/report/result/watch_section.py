"""Watches: what is suspected and cannot be told apart from an honest group. No account is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.kit.formatting import format_bits, format_count, format_minute
from hydrometer.report.kit.markup import Child, Html, element
from hydrometer.report.kit.page_elements import render_facts, render_identifier, render_list
from hydrometer.report.result.campaign_section import build_anchor
from hydrometer.report.result.evidence_words import (
    NOBODY_ACCUSED,
    describe_evidence,
    describe_innocence,
    describe_kinds,
    phrase_suspicion,
    sort_by_bits,
)
from hydrometer.report.result_view import rank_campaigns

if TYPE_CHECKING:
    from hydrometer.contract import Campaign

TITLE = "Watches: suspected, nobody accused"


def render_watches(watches: list[Campaign]) -> Html | None:
    """Return the section of all watches; None where there are none."""
    if not watches:
        return None
    return element(
        "section",
        element("h2", TITLE),
        element(
            "p",
            "A group that looks as if one hand were at work in it, and that an honest group explains nearly as well. ",
            NOBODY_ACCUSED,
        ),
        *(_render_watch(watch) for watch in rank_campaigns(watches)),
        id_="watches",
        class_="part",
    )


def _render_watch(watch: Campaign) -> Html:
    parts: list[tuple[str, list[str]]] = [
        ("What would decide it", watch.would_decide or ["Nothing that this traffic holds."]),
        *describe_innocence(watch.innocent_explanation),
        *(
            describe_kinds(watch.evidence)
            or [("What was found", [describe_evidence(each) for each in sort_by_bits(watch.evidence)])]
        ),
        (
            "What speaks against",
            [_describe_counter_evidence(each.statement, each.bits) for each in watch.counter_evidence],
        ),
    ]
    return element(
        "section",
        element("header", element("h3", render_identifier(watch.id))),
        element("p", phrase_suspicion(watch), class_="story"),
        *(element("p", sentence) for sentence in watch.story),
        _render_key_figures(watch),
        *(
            element("section", element("h4", title), render_list(statements))
            for title, statements in parts
            if statements
        ),
        id_=build_anchor(watch.id),
        class_="watch",
    )


def _describe_counter_evidence(statement: str, bits: float) -> str:
    return f"{statement} ({format_bits(-abs(bits))} bits)" if bits else statement


def _render_key_figures(watch: Campaign) -> Html:
    pairs: list[tuple[str, Child]] = [
        ("accounts looked at", format_count(watch.accounts)),
        ("perhaps of one hand", _format_interval(watch.suspected_accounts)),
        ("exchanges", format_count(watch.exchanges)),
        ("first seen", format_minute(watch.first_seen)),
        ("last seen", format_minute(watch.last_seen)),
    ]
    return render_facts(pairs)


def _format_interval(interval: tuple[int, int] | None) -> str:
    if interval is None:
        return "not told"
    least, most = interval
    return format_count(least) if least == most else f"{format_count(least)} to {format_count(most)}"
