"""The accounts of a campaign, with what each contributes and why it is in."""

from __future__ import annotations

from collections import Counter
from string import ascii_uppercase
from typing import TYPE_CHECKING

from hydrometer.contract.results import FAMILIES
from hydrometer.report.markup import Html, el, join
from hydrometer.report.pieces import strongest_members
from hydrometer.report.tables import family_bar, family_legend, mono, table
from hydrometer.report.words import bits, count, counted, day, probability

if TYPE_CHECKING:
    import pyarrow as pa

    from hydrometer.contract.results import Campaign

MOST = 200
"""Most accounts shown of one campaign."""
MOST_ON_PAGE = 3_000
"""Most accounts shown of all campaigns together; each campaign gets its even share, but FEWEST at least."""
FEWEST = 25
SHARED_BY = 3
"""A reason that so many shown accounts have is told once, under a letter."""
MOST_OWN = 2
"""Most reasons told in full in a row."""

Row = dict[str, object]


def shown_of_each(campaigns: int) -> int:
    """Return how many accounts of each campaign the page shows."""
    return max(FEWEST, min(MOST, MOST_ON_PAGE // max(1, campaigns)))


def members(campaign: Campaign, everyone: pa.Table, most: int) -> Html:
    """Show the `most` probable accounts, and where the others are."""
    own = strongest_members(everyone, campaign.id)
    rows = own.slice(0, most).to_pylist()
    by_family = [{family: row[f"bits_{family}"] for family in FAMILIES} for row in rows]
    widest = max([0.0, *(sum(max(0.0, value) for value in each.values()) for each in by_family)])
    letters = _letters([row["reasons"] for row in rows])
    written = [
        (
            row["account_id"],
            probability(row["probability"]),
            join([family_bar(each, widest), bits(sum(each.values()))]),
            count(row["exchanges"]),
            count(row["harvested"]),
            day(row["first_seen"]),
            day(row["last_seen"]),
            _reasons(row["reasons"], letters),
        )
        for row, each in zip(rows, by_family, strict=True)
    ]
    present = [family for family in FAMILIES if any(each[family] > 0 for each in by_family)]
    heads = ("account", "probability", "bits by family", "exchanges", "harvested", "first, UTC", "last, UTC", "reasons")
    return join(
        [
            _told(own.num_rows, len(rows)),
            family_legend(present),
            _shared(letters, len(rows)),
            table(heads, written, class_="members", name=f"Accounts of {campaign.id}"),
        ]
    )


def _told(all_of: int, shown: int) -> Html:
    if shown == all_of:
        return el("p", f"All {counted(all_of, 'account')}, the most probable first.", class_="quiet")
    rest = (
        f"The {count(shown)} most probable of {counted(all_of, 'account')}; the other {count(all_of - shown)} are in "
    )
    return el("p", rest, mono("members.parquet"), ".", class_="quiet")


def _letters(reasons: list[list[str]]) -> dict[str, str]:
    """Return a letter for each reason that several accounts share, the commonest first."""
    numbers = Counter(reason for each in reasons for reason in dict.fromkeys(each))
    common = sorted((r for r, n in numbers.items() if n >= SHARED_BY), key=lambda reason: (-numbers[reason], reason))
    return dict(zip(common, ascii_uppercase, strict=False))


def _shared(letters: dict[str, str], shown: int) -> Html | None:
    if not letters:
        return None
    items = (el("li", el("b", letter), " ", reason) for reason, letter in letters.items())
    told = f"Reasons that several of the {counted(shown, 'account')} share:"
    return el("div", el("p", told, class_="quiet"), el("ul", *items, class_="letters"))


def _reasons(reasons: list[str], letters: dict[str, str]) -> Html:
    shared = sorted(letters[reason] for reason in dict.fromkeys(reasons) if reason in letters)
    own = [reason for reason in reasons if reason not in letters]
    parts: list[Html | str] = []
    if shared:
        parts.append(el("b", " ".join(shared)))
    parts += own[:MOST_OWN]
    if len(own) > MOST_OWN:
        parts.append(f"and {count(len(own) - MOST_OWN)} more")
    return join(parts, "; ")
