"""A backtest as one page that opens offline: what was stopped, whom it hit, what another threshold would do."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from hydrometer.response.backtest_drawing import draw_days, draw_thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hydrometer.contract.backtest import Backtest

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#222;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:.25rem .6rem;border-bottom:1px solid #ddd;text-align:right;vertical-align:top}
th:first-child,td:first-child,.l{text-align:left}tr.now td{font-weight:600;background:#f3f6f9}
.big{font-size:1.15rem}.hit{color:#a33b12;font-weight:600}.s{color:#555;font-size:13px}svg{max-width:100%;height:auto}
code{font:13px ui-monospace,monospace}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render(record: Backtest) -> str:
    """Return the page. It holds no script and fetches nothing."""
    body = [
        f"<h1>What the policy {_code(record.policy)} would have done</h1>",
        _bottom_line(record),
        _table(
            "What was known",
            ("result", "known from", "campaigns", "members"),
            [
                (
                    each.result,
                    f"{each.known_from:%Y-%m-%d %H:%M} UTC" + (" (as if)" if each.as_if else ""),
                    number(each.campaigns),
                    number(each.members),
                )
                for each in record.results
            ],
        ),
        "<h2>Day by day</h2>",
        draw_days(record.days, [each.known_from for each in record.results]),
        _table(
            "Whom it hits besides",
            ("honest accounts of", "accounts", "touched", "requests", "stopped", "weakened", "hit most"),
            [
                (
                    each.group,
                    number(each.effect.accounts),
                    number(each.effect.touched_accounts),
                    number(each.effect.requests),
                    number(each.effect.stopped),
                    number(each.effect.weakened),
                    f"{each.worst_account}: {number(each.worst_requests)} by {', '.join(each.worst_rules)}"
                    if each.worst_account
                    else "",
                )
                for each in record.groups
            ],
        ),
        _table(
            "Which rule did it",
            ("rule or budget", "action", "decided", "of it harvest", "honest requests", "honest accounts", "failed"),
            [
                (
                    each.rule,
                    each.action,
                    number(each.requests),
                    number(each.harvest),
                    number(each.honest_requests),
                    number(each.honest_accounts),
                    number(each.unevaluated),
                )
                for each in record.rules
            ],
        ),
        _thresholds(record),
        "<h2>What this cannot see</h2><ul>" + "".join(f"<li>{_text(note)}</li>" for note in record.notes) + "</ul>",
        _method(record),
    ]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>Backtest of {_text(record.policy)}</title><style>{STYLE}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>\n'


def bottom_line(record: Backtest) -> list[str]:
    """The outcome in sentences, as the page and the command line say it."""
    harvest, honest = record.harvest, record.honest
    known = harvest.requests - record.unknown
    first = (
        f"Harvest: {number(harvest.requests)} requests of {number(harvest.accounts)} accounts; stopped "
        f"{share(harvest.stopped, harvest.requests)}, answered with less {share(harvest.weakened, harvest.requests)}."
    )
    lines = [first]
    if record.unknown:
        lines.append(
            f"{share(record.unknown, harvest.requests)} of it came before anything was known; of the rest, "
            f"{share(harvest.stopped, known)} was stopped."
        )
    touched = honest.stopped + honest.weakened
    lines.append(
        f"Honest customers: {number(honest.touched_accounts)} of {number(honest.accounts)} accounts touched, in "
        f"{number(touched)} of {number(honest.requests)} requests"
        + (f" ({1e5 * touched / honest.requests:.2g} in 100,000)." if honest.requests else ".")
    )
    if record.mode != "enforce":
        lines.append(f"The policy's mode is {record.mode}: none of this would be done until it says enforce.")
    return lines


def number(value: float) -> str:
    """A count, with a decimal only where it is an estimate below ten."""
    return f"{value:,.1f}" if value != round(value) and value < 10 else f"{value:,.0f}"


def share(part: float, whole: float) -> str:
    """A share in per cent, and what it is of."""
    return f"{part / whole:.1%} ({number(part)})" if whole > 0 else f"{number(part)}"


def _bottom_line(record: Backtest) -> str:
    span = f"{record.first:%Y-%m-%d} to {record.last:%Y-%m-%d}" if record.first and record.last else "no traffic"
    lines = "".join(f'<p class="big">{_text(line)}</p>' for line in bottom_line(record))
    return f'<p class="s">{span}</p>{lines}'


def _method(record: Backtest) -> str:
    return (
        f'<p class="s">{number(record.replayed)} of {number(record.read)} exchanges replayed in the order of their times, '
        f"{number(record.requests_per_second)} a second of one processor. Who is honest and what is a harvest is told by "
        f"the {_text(record.truth)}.</p>"
    )


def _thresholds(record: Backtest) -> str:
    if not record.thresholds:
        return ""
    rows = [
        (
            each.rule,
            f"{each.threshold:g}" + (" (now)" if each.current else ""),
            f"{each.stopped:.1%}",
            f"{each.weakened:.1%}",
            number(each.honest_requests),
            number(each.honest_accounts),
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
        "against.</p>" + draw_thresholds(record.thresholds) + _rows(head, rows, now)
    )


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f"<h2>{_text(title)}</h2>{_rows(head, rows)}"


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]], marked: Sequence[bool] = ()) -> str:
    cells = "".join(f"<th>{_text(name)}</th>" for name in head)
    lines = (
        f"<tr{' class=now' if place < len(marked) and marked[place] else ''}>{_cells(row)}</tr>"
        for place, row in enumerate(rows)
    )
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _cells(row: Iterable[str]) -> str:
    return "".join(f"<td>{_text(cell)}</td>" for cell in row)


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _text(text: str) -> str:
    return html.escape(text)
