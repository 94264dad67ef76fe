"""The one spelling of each kind of value that accounts can share: in SQL, which detection runs, and in Python.

Both spellings of a form give the same text for every value; a test holds them so on DuckDB, with hostile texts. The SQL is
in DuckDB's dialect and can be translated into Spark's. A letter is what Unicode calls one (`L`): neither `²` nor `Ⅷ`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LEAST_GLOBAL_ID = 20
"""Letters of the shortest id that means one thing everywhere (a UUID, a digest); a shorter one is a customer's own numbering."""
LONGEST_ADDRESS = 45
"""Letters of the longest spelling of an IPv6 address."""

_IPV4 = re.compile(r"([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})\.[0-9]{1,3}")
_UNEVEN = str.maketrans("İΣ", "iσ")
"""Capitals whose small letter depends on the library: a dot that stands apart, and a sigma that ends a word."""


@dataclass(frozen=True, slots=True)
class CanonicalForm:
    """How a value is spelled wherever a result, a snapshot or a dossier names it."""

    sql: Callable[[str], str]
    """Column or expression → SQL of the text; null or empty where there is no value."""
    spell: Callable[[Any], str]
    """The value as the column holds it, not None → the text; empty where there is no value."""

    def canonicalise(self, value: object) -> str:
        """Return the text of a column's value; empty where there is none, so that it is nobody's."""
        return "" if value is None else self.spell(value)


def _repeat_column(column: str) -> str:
    return column


def _write_lowercase_sql(column: str) -> str:
    return f"lower(translate({column}, 'İΣ', 'iσ'))"


def _spell_lowercase(text: str) -> str:
    return text.translate(_UNEVEN).lower()


def _write_shape_sql(column: str) -> str:
    return f"regexp_replace(regexp_replace({column}, '\\p{{L}}+', 'a', 'g'), '[0-9]', '9', 'g')"


def _spell_shape(name: str) -> str:
    return "".join(
        "a" if letters else _mask_digits("".join(signs)) for letters, signs in groupby(name, key=str.isalpha)
    )


def _write_length_sql(column: str) -> str:
    return f"regexp_replace(regexp_replace({column}, '\\p{{L}}', 'a', 'g'), '[0-9]', '9', 'g')"


def _spell_length(name: str) -> str:
    return "".join("a" if sign.isalpha() else _mask_digits(sign) for sign in name)


def _mask_digits(text: str) -> str:
    return re.sub("[0-9]", "9", text)


def _write_day_sql(column: str) -> str:
    return f"CAST({column} AS DATE)"


def _spell_day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def write_network_sql(column: str) -> str:
    """Return SQL for the block of an address in its canonical spelling, as `derive_network_block` names it; null without one."""
    # What follows `::` cannot reach into the first three groups: it stands for two groups of zeros at the least.
    groups = f"string_split(coalesce(nullif(split_part({column}, '::', 1), ''), '0'), ':') || ['0', '0', '0']"
    part = "[0-9]{1,3}"
    return f"""CASE WHEN contains({column}, ':') THEN
    CASE WHEN length({column}) <= {LONGEST_ADDRESS} THEN array_to_string(({groups})[1:3], ':') || '::/48' END
  ELSE nullif(regexp_extract({column}, '^({part}\\.{part}\\.{part})\\.{part}\\z', 1), '') || '.0/24' END"""


def derive_network_block(address: str) -> str:
    """Return the block of an address that is in its canonical spelling, as detection names it: /24 for v4, /48 for v6.

    What is no address has none, and gets an empty text.
    """
    if ":" in address:
        groups = [*(address.partition("::")[0] or "0").split(":"), "0", "0"]
        return f"{groups[0]}:{groups[1]}:{groups[2]}::/48" if len(address) <= LONGEST_ADDRESS else ""
    match = _IPV4.fullmatch(address)
    return f"{match[1]}.0/24" if match else ""


def _write_global_id_sql(column: str) -> str:
    return f"CASE WHEN length({column}) >= {LEAST_GLOBAL_ID} THEN {column} END"


def _spell_global_id(text: str) -> str:
    return text if len(text) >= LEAST_GLOBAL_ID else ""


def _write_set_sql(column: str) -> str:
    return f"nullif(array_to_string(list_sort({column}), ' '), '')"


def _spell_set(names: Iterable[str | None]) -> str:
    return " ".join(sorted(name for name in names if name is not None))


AS_IT_STANDS = CanonicalForm(_repeat_column, str)
SMALL_LETTERS = CanonicalForm(_write_lowercase_sql, _spell_lowercase)
"""Small letters, the same on every engine: they differ over the dotted İ and the final Σ."""
SHAPE = CanonicalForm(_write_shape_sql, _spell_shape)
"""A run of letters as a, each digit as 9."""
SHAPE_BY_LETTER = CanonicalForm(_write_length_sql, _spell_length)
"""Each letter as a, each digit as 9."""
DAY = CanonicalForm(_write_day_sql, _spell_day)
"""The day of a moment, UTC, as ISO 8601 has it."""
NETWORK_BLOCK = CanonicalForm(write_network_sql, derive_network_block)
"""The block of an address: /24 for v4, /48 for v6."""
GLOBAL_ID = CanonicalForm(_write_global_id_sql, _spell_global_id)
"""An id that is long enough to mean one thing everywhere."""
SORTED_SET = CanonicalForm(_write_set_sql, _spell_set)
"""Names in the order of their code points, a space between them."""
