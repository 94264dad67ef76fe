"""What is matched with a partner: indicators as a kind and a value, in one spelling."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hydrometer.contract import INDICATOR_KINDS, EntityKind, InputError
from hydrometer.files import explain_read_errors, open_regular_file
from hydrometer.intelligence.exchange.canonicalisation import canonicalise_value
from hydrometer.intelligence.exchange.dossier_files import read_dossiers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hydrometer.contract import Indicator

MATCHED = frozenset(INDICATOR_KINDS) - {EntityKind.TEMPLATE}
"""Kinds that can be matched. A template is known by an id of its own at every site, and alike rather than equal."""
MOST = 1_000_000
"""Items of the largest list, ours or a partner's."""


class MatchItem(NamedTuple):
    """An indicator as it is compared."""

    kind: EntityKind
    value: str


class ItemList(msgspec.Struct, frozen=True):
    """What is put into a session, in order and each once."""

    items: tuple[MatchItem, ...]
    left_out: dict[str, int] = {}
    """How many are not put in, by reason."""


def select_items(indicators: Iterable[Indicator], now: datetime) -> ItemList:
    """Return what is valid at a time; the rest is counted by reason.

    Raises:
        InputError: more than `MOST`.
    """
    chosen_items: set[MatchItem] = set()
    left_out: Counter[str] = Counter()
    for one in indicators:
        reason = _explain_exclusion(one, now)
        if not reason:
            try:
                chosen_items.add(MatchItem(one.kind, canonicalise_value(one.kind, one.value)))
            except ValueError:
                reason = "no value of its kind"
        if reason:
            left_out[reason] += 1
    return _make_item_list(chosen_items, left_out)


def read_item_list(path: Path) -> ItemList:
    """Read a list of `kind:value`, one a line; empty lines and those that begin with # are passed over.

    Raises:
        InputError: the file is unreadable, a line is faulty, or there are more than `MOST`.
    """
    parsed_items: set[MatchItem] = set()
    try:
        with (
            explain_read_errors(path, mend="Name a file."),
            io.TextIOWrapper(open_regular_file(path), "utf-8") as lines,
        ):
            for number, line in enumerate(lines, 1):
                text = line.strip()
                if not text or text.startswith("#"):
                    continue
                parsed_items.add(_parse_item(text, str(path), number))
                if len(parsed_items) > MOST:
                    break
    except UnicodeDecodeError:
        raise InputError("not UTF-8", file=str(path), mend="Save it as UTF-8.") from None
    return _make_item_list(parsed_items, {})


def read_match_items(source: Path) -> ItemList:
    """Read what is to be matched: a folder or bundle of dossiers, else a list of `kind:value`; raises InputError."""
    if source.is_dir() or source.suffix == ".json":
        return select_items(read_dossiers(source).indicators, datetime.now(UTC))
    return read_item_list(source)


def _parse_item(text: str, file: str, row: int) -> MatchItem:
    kind, colon, value = text.partition(":")
    kind = kind.strip()
    if not colon or kind not in MATCHED:
        raise InputError(
            f"no kind that is matched: {kind[:40]!r}",
            file=file,
            row=row,
            mend=f"Write kind:value; kinds are {', '.join(sorted(MATCHED))}.",
        )
    item_kind = EntityKind(kind)
    try:
        return MatchItem(item_kind, canonicalise_value(item_kind, value))
    except ValueError as error:
        raise InputError(f"no {kind}: {error}", file=file, row=row, mend="Mend or remove the line.") from None


def _explain_exclusion(one: Indicator, now: datetime) -> str:
    if one.kind not in MATCHED:
        return "kind that is not matched"
    if one.revoked:
        return "revoked"
    if one.valid_until is not None and one.valid_until <= now:
        return "expired"
    if one.tlp == "red":
        return "marked red: for its recipients' eyes only"
    return ""


def _make_item_list(distinct_items: set[MatchItem], left_out: dict[str, int]) -> ItemList:
    if len(distinct_items) > MOST:
        raise InputError(f"more than {MOST:,} items", mend="Match in parts, by kind.")
    return ItemList(tuple(sorted(distinct_items)), dict(left_out))
