"""A backtest as one page that opens offline: what was stopped, whom it hit, what another threshold would do."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from hydrometer.report.backtest.backtest_charts import draw_days, draw_thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hydrometer.contract import Backtest

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#222;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:.25rem .6rem;border-bottom:1px solid #ddd;text-align:right;vertical-align:top}
th:first-child,td:first-child,.l{text-align:left}tr.now td{font-weight:600;background:#f3f6f9}
.big{font-size:1.15rem}.hit{color:#a33b12;font-weight:600}.s{color:#555;font-size:13px}svg{max-width:100%;height:auto}
code{font:13px ui-monospace,monospace}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render_backtest(record: Backtest) -> str:
    """Return the page. It holds no script and fetches nothing."""
    body = [
        f"<h1>What the policy {_render_code(record.policy)} would have done</h1>",
        _render_outcome(record),
        _render_section(
            "What was known",
            ("result", "known from", "campaigns", "members"),
            [
                (
                    each.result,
                    f"{each.known_from:%Y-%m-%d %H:%M} UTC" + (" (as if)" if each.as_if else ""),
                    format_estimate(each.campaigns),
                    format_estimate(each.members),
                )
                for each in record.results
            ],
        ),
        "<h2>Day by day</h2>",
        draw_days(record.days, [each.known_from for each in record.results]),
        _render_section(
            "Whom it hits besides",
            ("honest accounts of", "accounts", "touched", "requests", "stopped", "weakened", "hit most"),
            [
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
                for each in record.groups
            ],
        ),
        _render_section(
            "Which rule did it",
            ("rule or budget", "action", "decided", "of it harvest", "honest requests", "honest accounts", "failed"),
            [
                (
                    each.rule,
                    each.action,
                    format_estimate(each.requests),
                    format_estimate(each.harvest),
                    format_estimate(each.honest_requests),
                    format_estimate(each.honest_accounts),
                    format_estimate(each.unevaluated),
                )
                for each in record.rules
            ],
        ),
        _render_thresholds(record),
        "<h2>What this cannot see</h2><ul>"
        + "".join(f"<li>{_escape_text(note)}</li>" for note in record.notes)
        + "</ul>",
        _render_method(record),
    ]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>Backtest of {_escape_text(record.policy)}</title><style>{STYLE}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>\n'


def describe_outcome(record: Backtest) -> list[str]:
    """The outcome in sentences, as the page and the command line say it."""
    harvest, honest = record.harvest, record.honest
    known_harvest = harvest.requests - record.unknown
    first = (
        f"Harvest: {format_estimate(harvest.requests)} requests of {format_estimate(harvest.accounts)} accounts; stopped "
        f"{format_share_and_count(harvest.stopped, harvest.requests)}, answered with less {format_share_and_count(harvest.weakened, harvest.requests)}."
    )
    lines = [first]
    if record.unknown:
        lines.append(
            f"{format_share_and_count(record.unknown, harvest.requests)} of it came before anything was known; of the rest, "
            f"{format_share_and_count(harvest.stopped, known_harvest)} was stopped."
        )
    touched = honest.stopped + honest.weakened
    lines.append(
        f"Honest customers: {format_estimate(honest.touched_accounts)} of {format_estimate(honest.accounts)} accounts touched, in "
        f"{format_estimate(touched)} of {format_estimate(honest.requests)} requests"
        + (f" ({1e5 * touched / honest.requests:.2g} in 100,000)." if honest.requests else ".")
    )
    if record.mode != "enforce":
        lines.append(f"The policy's mode is {record.mode}: none of this would be done until it says enforce.")
    return lines


def format_estimate(value: float) -> str:
    """A count, with a decimal only where it is an estimate below ten."""
    return f"{value:,.1f}" if value != round(value) and value < 10 else f"{value:,.0f}"


def format_share_and_count(part: float, whole: float) -> str:
    """A share in per cent, and what it is of."""
    return f"{part / whole:.1%} ({format_estimate(part)})" if whole > 0 else f"{format_estimate(part)}"


def _render_outcome(record: Backtest) -> str:
    span = f"{record.first:%Y-%m-%d} to {record.last:%Y-%m-%d}" if record.first and record.last else "no traffic"
    lines = "".join(f'<p class="big">{_escape_text(line)}</p>' for line in describe_outcome(record))
    return f'<p class="s">{span}</p>{lines}'


def _render_method(record: Backtest) -> str:
    return (
        f'<p class="s">{format_estimate(record.replayed)} of {format_estimate(record.read)} exchanges replayed in the order of their times, '
        f"{format_estimate(record.requests_per_second)} a second of one processor. Who is honest and what is a harvest is told by "
        f"the {_escape_text(record.truth)}.</p>"
    )


def _render_thresholds(record: Backtest) -> str:
    if not record.thresholds:
        return ""
    rows = [
        (
            each.rule,
            f"{each.threshold:g}" + (" (now)" if each.current else ""),
            f"{each.stopped:.1%}",
            f"{each.weakened:.1%}",
            format_estimate(each.honest_requests),
            format_estimate(each.honest_accounts),
        )
        for each in record.thresholds
    ]
    head = (
        "rule or budget",
        "verdict.probability ≥",
        "harvest stopped",
        "weakened",
        "honest requests",
        "honest accounts",
    )
    now = [each.current for each in record.thresholds]
    return (
        "<h2>What another threshold would do</h2>"
        '<p class="s">The whole policy, with one number of one rule changed; over the accounts that something is held '
        "against.</p>" + draw_thresholds(record.thresholds) + _render_table(head, rows, now)
    )


def _render_section(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f"<h2>{_escape_text(title)}</h2>{_render_table(head, rows)}"


def _render_table(head: Sequence[str], rows: Sequence[Sequence[str]], marked: Sequence[bool] = ()) -> str:
    cells = "".join(f"<th>{_escape_text(name)}</th>" for name in head)
    lines = (
        f"<tr{' class=now' if index < len(marked) and marked[index] else ''}>{_render_cells(row)}</tr>"
        for index, row in enumerate(rows)
    )
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _render_cells(row: Iterable[str]) -> str:
    return "".join(f"<td>{_escape_text(cell)}</td>" for cell in row)


def _render_code(text: str) -> str:
    return f"<code>{_escape_text(text)}</code>"


def _escape_text(text: str) -> str:
    return html.escape(text)
