"""The columns of a snapshot: accounts and organisations with their verdicts, a few bytes each."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hydrometer.enforcement.snapshots.name_index import NameIndex, build_name_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hydrometer.contract import SnapshotContent, Verdict

REVIEWED, SUCCESSOR, CLEARED = 1, 2, 4
"""Bits of the column `flags`."""
JOINED = "\x1f"
"""Separator of the members of a list in a word."""
WORDS = ("plan", "verification", "country", "agreements", "why")
"""Columns of positions in a list of words, the empty word first."""
_TYPES = {
    "created": np.int64,
    "probability": np.float64,
    "campaign": np.int32,
    "organisation": np.int32,
    "plan": np.uint16,
    "verification": np.uint16,
    "country": np.uint16,
    "agreements": np.uint16,
    "why": np.uint16,
    "flags": np.uint8,
}
_ROW = np.dtype([(name, np.dtype(kind).newbyteorder("<")) for name, kind in _TYPES.items()])
_SIZE = _ROW.itemsize
_read = struct.Struct("<qdiiHHHHHB").unpack_from
_VERDICT_COLUMNS = ("campaign", "probability", "flags", "why")
Arrays = dict[str, npt.NDArray[Any]]


class SubjectVerdict(NamedTuple):
    """The verdict on a subject: the campaign that it is of, and how likely."""

    campaign: int
    probability: float
    reviewed: bool
    successor: bool
    why: str


class AccountRow(NamedTuple):
    """An account as a snapshot describes it."""

    organisation: str
    plan: str
    verification: str
    country: str
    created: int
    agreements: tuple[str, ...]
    cleared: bool
    verdict: SubjectVerdict | None


class SubjectTable:
    """The columns of some subjects, found by name."""

    def __init__(
        self, arrays: Mapping[str, npt.NDArray[Any]], words: Mapping[str, list[str]], key: bytes, campaigns: int
    ) -> None:
        """Arrange the columns for look-ups; raises ValueError where one is missing, too short, of another type, or names no campaign or word."""
        self._index = index = NameIndex(arrays, key)
        self.size = index.size
        for name in _TYPES if "organisation" in arrays else _VERDICT_COLUMNS:
            array = arrays[name]
            if array.size != self.size or array.dtype != np.dtype(_TYPES[name]):
                raise ValueError(f"column {name} does not fit")
            if name in WORDS and self.size and int(array.max()) >= len(words[name]):
                raise ValueError(f"column {name} names a word that is not there")
        campaign_column = arrays["campaign"]
        if self.size and not (int(campaign_column.min()) >= -1 and int(campaign_column.max()) < campaigns):
            raise ValueError("a verdict of no campaign")

        self.has_verdicts = bool(np.any(campaign_column >= 0))
        """Whether there is a verdict at all."""
        self.most_organisation = int(arrays["organisation"].max(initial=-1)) if "organisation" in arrays else -1
        # A row's values side by side: one position of memory is read for an account, not ten.
        rows = np.zeros(self.size, _ROW)
        for name in _TYPES:
            if name in arrays:
                rows[name] = arrays[name]
        self._rows, self._words = memoryview(rows.tobytes()), words
        self._lists = [tuple(word.split(JOINED)) if word else () for word in words["agreements"]]

    def find(self, name: str) -> int:
        """Return the row of a name, -1 where there is none."""
        return self._index.find(name)

    def name(self, row: int) -> str:
        """Return the name of a row."""
        return self._index.name(row)

    def verdict(self, row: int) -> SubjectVerdict | None:
        """Return the verdict on the subject of a row, None where there is none."""
        _, probability, campaign, _, _, _, _, _, why, flags = _read(self._rows, row * _SIZE)
        return self._make_verdict(campaign, probability, why, flags) if campaign >= 0 else None

    def account(self, row: int, name_of: Callable[[int], str]) -> AccountRow:
        """Return the account of a row; `name_of` names an organisation by its row."""
        values = _read(self._rows, row * _SIZE)
        created, probability, campaign, organisation, plan, verification, country, agreements, why, flags = values
        words = self._words
        return AccountRow(
            name_of(organisation) if organisation >= 0 else "",
            words["plan"][plan],
            words["verification"][verification],
            words["country"][country],
            created,
            self._lists[agreements],
            flags & CLEARED != 0,
            self._make_verdict(campaign, probability, why, flags) if campaign >= 0 else None,
        )

    def _make_verdict(self, campaign: int, probability: float, why: int, flags: int) -> SubjectVerdict:
        return SubjectVerdict(
            campaign, probability, flags & REVIEWED != 0, flags & SUCCESSOR != 0, self._words["why"][why]
        )


def build_subject_arrays(verdicts: SnapshotContent, key: bytes) -> tuple[Arrays, Arrays, dict[str, list[str]]]:
    """Return the arrays of accounts, those of organisations, and the words that their codes stand for.

    Of several verdicts on one subject the strongest stays: what a person has upheld, then members before successors, then
    the likelier.

    Raises:
        ValueError: a verdict of no campaign, or too many different words.
    """
    if any(not 0 <= verdict.campaign < len(verdicts.campaigns) for verdict in verdicts.verdicts):
        raise ValueError("a verdict of no campaign")
    words: dict[str, dict[str, int]] = {name: {"": 0} for name in WORDS}
    strongest = {scope: _select_strongest(verdicts.verdicts, scope) for scope in ("account", "organisation")}
    cleared = set(verdicts.cleared)
    accounts_by_id = {account.id: account for account in verdicts.accounts}
    account_names = sorted(accounts_by_id.keys() | strongest["account"].keys() | cleared)
    index, order = build_name_index(account_names, key)
    row_names = [account_names[position] for position in order.tolist()]
    accounts = [accounts_by_id.get(name) for name in row_names]
    arrays: Arrays = {**index, **_build_verdict_columns([strongest["account"].get(name) for name in row_names], words)}
    if cleared:
        marks = np.fromiter((CLEARED if name in cleared else 0 for name in row_names), np.uint8, len(row_names))
        arrays["flags"] = arrays["flags"] | marks
    arrays["created"] = np.fromiter((a.created if a else 0 for a in accounts), np.int64, len(row_names))
    for name in ("plan", "verification", "country"):
        arrays[name] = _encode_words((getattr(a, name) if a else "" for a in accounts), name, words)
    arrays["agreements"] = _encode_words(
        (JOINED.join(a.agreements) if a else "" for a in accounts), "agreements", words
    )
    organisation_names = sorted(
        {a.organisation for a in accounts if a and a.organisation} | strongest["organisation"].keys()
    )
    index, order = build_name_index(organisation_names, key)
    organisation_names = [organisation_names[number] for number in order.tolist()]
    organisation_rows = {name: row for row, name in enumerate(organisation_names)}
    arrays["organisation"] = np.fromiter(
        (organisation_rows[a.organisation] if a and a.organisation else -1 for a in accounts), np.int32, len(row_names)
    )
    organisation_verdicts = [strongest["organisation"].get(name) for name in organisation_names]
    return (
        arrays,
        {**index, **_build_verdict_columns(organisation_verdicts, words)},
        {name: list(codes) for name, codes in words.items()},
    )


def _select_strongest(verdicts: Iterable[Verdict], scope: str) -> dict[str, Verdict]:
    strongest: dict[str, Verdict] = {}
    for verdict in verdicts:
        if verdict.scope == scope:
            before = strongest.get(verdict.subject)
            if before is None or _rank_verdict(verdict) > _rank_verdict(before):
                strongest[verdict.subject] = verdict
    return strongest


def _rank_verdict(verdict: Verdict) -> tuple[bool, bool, float]:
    return verdict.reviewed, not verdict.successor, verdict.probability


def _build_verdict_columns(verdicts: list[Verdict | None], words: dict[str, dict[str, int]]) -> Arrays:
    size = len(verdicts)
    return {
        "campaign": np.fromiter((v.campaign if v else -1 for v in verdicts), np.int32, size),
        "probability": np.fromiter((v.probability if v else 0.0 for v in verdicts), np.float64, size),
        "flags": np.fromiter(
            ((REVIEWED * v.reviewed | SUCCESSOR * v.successor) if v else 0 for v in verdicts), np.uint8, size
        ),
        "why": _encode_words((v.why if v else "" for v in verdicts), "why", words),
    }


def _encode_words(values: Iterable[str], name: str, words: dict[str, dict[str, int]]) -> npt.NDArray[Any]:
    codes = words[name]
    column = [codes.setdefault(value, len(codes)) for value in values]
    kind = np.dtype(_TYPES[name])
    if len(codes) > 256**kind.itemsize:
        raise ValueError(f"more than {256**kind.itemsize - 1:,} different values of {name}")
    return np.array(column, kind)
