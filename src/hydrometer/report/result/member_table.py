"""The accounts of a campaign, with what each contributes and why it is in."""

from __future__ import annotations

from collections import Counter
from string import ascii_uppercase
from typing import TYPE_CHECKING

from hydrometer.contract import FAMILIES
from hydrometer.report.kit.formatting import format_bits, format_count, format_day, format_probability, format_quantity
from hydrometer.report.kit.markup import Child, Html, element, join_markup
from hydrometer.report.kit.page_elements import (
    render_family_bar,
    render_family_legend,
    render_identifier,
    render_list,
    render_table,
)
from hydrometer.report.result_view import select_strongest_members

if TYPE_CHECKING:
    import pyarrow as pa

    from hydrometer.contract import Campaign

MOST_MEMBER_ROWS = 200
"""Most accounts shown of one campaign."""
MOST_MEMBER_ROWS_ON_PAGE = 3_000
"""Most accounts shown of all campaigns together; each campaign gets its even share, but FEWEST_MEMBER_ROWS at least."""
FEWEST_MEMBER_ROWS = 25
SHARED_BY = 3
"""A reason that so many shown accounts have is written once, under a letter."""
MOST_OWN = 2
"""Most reasons written in full in a row."""
MOST_FACTS = 6
"""Most facts written in a row; members.parquet has them all."""


def allot_member_rows(campaigns: int) -> int:
    """Return how many accounts of each campaign the page shows."""
    return max(FEWEST_MEMBER_ROWS, min(MOST_MEMBER_ROWS, MOST_MEMBER_ROWS_ON_PAGE // max(1, campaigns)))


def render_members(campaign: Campaign, everyone: pa.Table, most: int) -> Html:
    """Return the `most` probable accounts, and where the others are."""
    own = select_strongest_members(everyone, campaign.id)
    rows = own.slice(0, most).to_pylist()
    by_family = [{family: row[f"bits_{family}"] for family in FAMILIES} for row in rows]
    widest = max([0.0, *(sum(max(0.0, value) for value in each.values()) for each in by_family)])
    letters = _assign_letters([row["reasons"] for row in rows])
    table_rows: list[tuple[Child, ...]] = [
        (
            row["account_id"],
            format_probability(row["probability"]),
            join_markup([render_family_bar(each, widest), format_bits(sum(each.values()))]),
            format_count(row["exchanges"]),
            format_count(row["harvested"]),
            format_day(row["first_seen"]),
            format_day(row["last_seen"]),
            _render_reasons(row["reasons"], letters),
        )
        for row, each in zip(rows, by_family, strict=True)
    ]
    present = [family for family in FAMILIES if any(each[family] > 0 for each in by_family)]
    heads: tuple[str, ...] = ("account", "probability", "bits by family", "exchanges", "harvested")
    heads = (*heads, "first, UTC", "last, UTC", "reasons")
    facts = [row["facts"] or [] for row in rows]
    if any(facts):
        heads = (*heads, "facts that convict this account")
        table_rows = [(*cells, _render_facts(each)) for cells, each in zip(table_rows, facts, strict=True)]
    return join_markup(
        [
            _render_member_count(own.num_rows, len(rows)),
            render_family_legend(present),
            _render_shared_reasons(letters, len(rows)),
            render_table(heads, table_rows, class_="members", name=f"Accounts of {campaign.id}"),
        ]
    )


def _render_facts(facts: list[str]) -> Html:
    shown: list[Child] = [*facts[:MOST_FACTS]]
    if len(facts) > MOST_FACTS:
        shown.append(element("span", f"and {format_count(len(facts) - MOST_FACTS)} more", class_="quiet"))
    return render_list(shown)


def _render_member_count(total: int, shown: int) -> Html:
    if shown == total:
        return element("p", f"All {format_quantity(total, 'account')}, the most probable first.", class_="quiet")
    rest = f"The {format_count(shown)} most probable of {format_quantity(total, 'account')}; the other {format_count(total - shown)} are in "
    return element("p", rest, render_identifier("members.parquet"), ".", class_="quiet")


def _assign_letters(reasons: list[list[str]]) -> dict[str, str]:
    """Return a letter for each reason that several accounts share, the commonest first."""
    numbers = Counter(reason for each in reasons for reason in dict.fromkeys(each))
    common = sorted((r for r, n in numbers.items() if n >= SHARED_BY), key=lambda reason: (-numbers[reason], reason))
    return dict(zip(common, ascii_uppercase, strict=False))


def _render_shared_reasons(letters: dict[str, str], shown: int) -> Html | None:
    if not letters:
        return None
    items = (element("li", element("b", letter), " ", reason) for reason, letter in letters.items())
    heading = f"Reasons that several of the {format_quantity(shown, 'account')} share:"
    return element("div", element("p", heading, class_="quiet"), element("ul", *items, class_="letters"))


def _render_reasons(reasons: list[str], letters: dict[str, str]) -> Html:
    shared = sorted(letters[reason] for reason in dict.fromkeys(reasons) if reason in letters)
    own = [reason for reason in reasons if reason not in letters]
    parts: list[Html | str] = []
    if shared:
        parts.append(element("b", " ".join(shared)))
    parts += own[:MOST_OWN]
    if len(own) > MOST_OWN:
        parts.append(f"and {format_count(len(own) - MOST_OWN)} more")
    return join_markup(parts, "; ")
