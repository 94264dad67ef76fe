"""A backtest as one page that opens offline: what was stopped, whom it hit, what another threshold would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.backtest.backtest_charts import draw_days, draw_thresholds
from hydrometer.report.kit.formatting import format_day, format_estimate, format_percent
from hydrometer.report.kit.markup import Child, Html, element, join_markup
from hydrometer.report.kit.page_elements import render_list, render_table
from hydrometer.report.kit.page_frame import read_asset, render_page

if TYPE_CHECKING:
    from hydrometer.contract import Backtest, GroupEffect, RuleEffect


def render_backtest(record: Backtest) -> str:
    """Return the page. It holds no script and fetches nothing."""
    sections: list[tuple[str, Child]] = [
        ("What was known", _render_known_results(record)),
        ("Day by day", draw_days(record.days, [each.known_from for each in record.results])),
        ("Whom it hits besides", _render_groups(record.groups)),
        ("Which rule did it", _render_rules(record.rules)),
    ]
    if record.thresholds:
        sections.append(("What another threshold would do", _render_thresholds(record)))
    sections.append(("What this cannot see", render_list(record.notes)))
    main = element(
        "main",
        _render_outcome(record),
        *(element("section", element("h2", title), content) for title, content in sections),
        _render_method(record),
    )
    return render_page(f"Backtest of {record.policy}", read_asset("hydrometer.report.backtest", "backtest.css"), [main])


def describe_outcome(record: Backtest) -> list[str]:
    """Return the outcome in sentences, as the page and the command line say it."""
    harvest, honest = record.harvest, record.honest
    known_harvest = harvest.requests - record.unknown
    lines = [
        (
            f"Harvest: {format_estimate(harvest.requests)} requests of {format_estimate(harvest.accounts)} accounts; stopped "
            f"{_phrase_share(harvest.stopped, harvest.requests)}, answered with less "
            f"{_phrase_share(harvest.weakened, harvest.requests)}."
        )
    ]
    if record.unknown:
        lines.append(
            f"{_phrase_share(record.unknown, harvest.requests)} of it came before anything was known; of the rest, "
            f"{_phrase_share(harvest.stopped, known_harvest)} was stopped."
        )
    touched = honest.stopped + honest.weakened
    lines.append(
        f"Honest customers: {format_estimate(honest.touched_accounts)} of {format_estimate(honest.accounts)} accounts "
        f"touched, in {format_estimate(touched)} of {format_estimate(honest.requests)} requests"
        + (f" ({1e5 * touched / honest.requests:.2g} in 100,000)." if honest.requests else ".")
    )
    if record.mode != "enforce":
        lines.append(f"The policy's mode is {record.mode}: none of this would be done until it says enforce.")
    return lines


def _phrase_share(part: float, whole: float) -> str:
    """Return a share in per cent, and what it is of."""
    return f"{format_percent(part / whole)} ({format_estimate(part)})" if whole > 0 else format_estimate(part)


def _render_outcome(record: Backtest) -> Html:
    span = f"{format_day(record.first)} to {format_day(record.last)}" if record.first and record.last else "no traffic"
    return element(
        "header",
        element("p", "Hydrometer · backtest of a policy", class_="kicker"),
        element("h1", "What the policy ", element("code", record.policy), " would have done"),
        element("p", span, class_="quiet"),
        *(element("p", line, class_="story") for line in describe_outcome(record)),
    )


def _render_known_results(record: Backtest) -> Html:
    rows = [
        (
            each.result,
            f"{each.known_from:%Y-%m-%d %H:%M} UTC" + (" (as if)" if each.as_if else ""),
            format_estimate(each.campaigns),
            format_estimate(each.members),
        )
        for each in record.results
    ]
    heads = ("result", "known from", "campaigns", "members")
    return render_table(heads, rows, numbers=(1, 2, 3), name="Results that were known")


def _render_groups(groups: list[GroupEffect]) -> Html:
    rows = [
        (
            each.group,
            format_estimate(each.effect.accounts),
            format_estimate(each.effect.touched_accounts),
            format_estimate(each.effect.requests),
            format_estimate(each.effect.stopped),
            format_estimate(each.effect.weakened),
            f"{each.worst_account}: {format_estimate(each.worst_requests)} by {', '.join(each.worst_rules)}"
            if each.worst_account
            else "",
        )
        for each in groups
    ]
    heads = ("honest accounts of", "accounts", "touched", "requests", "stopped", "weakened", "hit most")
    return render_table(heads, rows, numbers=range(1, 6), name="Honest accounts by group")


def _render_rules(rules: list[RuleEffect]) -> Html:
    rows = [
        (
            each.rule,
            each.action,
            format_estimate(each.requests),
            format_estimate(each.harvest),
            format_estimate(each.honest_requests),
            format_estimate(each.honest_accounts),
            format_estimate(each.unevaluated),
        )
        for each in rules
    ]
    heads = ("rule or budget", "action", "decided", "of it harvest", "honest requests", "honest accounts", "failed")
    return render_table(heads, rows, numbers=range(2, 7), name="Rules and budgets")


def _render_thresholds(record: Backtest) -> Html:
    rows: list[list[Child]] = []
    for each in record.thresholds:
        row = [
            each.rule,
            f"{each.threshold:g}" + (" (now)" if each.current else ""),
            format_percent(each.stopped),
            format_percent(each.weakened),
            format_estimate(each.honest_requests),
            format_estimate(each.honest_accounts),
        ]
        rows.append([element("b", cell) for cell in row] if each.current else [*row])
    heads = (
        "rule or budget",
        "verdict.probability ≥",
        "harvest stopped",
        "weakened",
        "honest requests",
        "honest accounts",
    )
    note = "The whole policy, with one number of one rule changed; over the accounts that something is held against."
    table = render_table(heads, rows, numbers=range(1, 6), name="Other thresholds")
    return join_markup([element("p", note, class_="quiet"), draw_thresholds(record.thresholds), table])


def _render_method(record: Backtest) -> Html:
    return element(
        "p",
        f"{format_estimate(record.replayed)} of {format_estimate(record.read)} exchanges replayed in the order of their "
        f"times, {format_estimate(record.requests_per_second)} a second of one processor. Who is honest and what is a "
        f"harvest is told by the {record.truth}.",
        class_="quiet",
    )
