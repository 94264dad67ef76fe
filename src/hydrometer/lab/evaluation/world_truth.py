"""Who runs which account, and which exchanges are a harvest: the truth that lies beside a labelled world."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import InputError
from hydrometer.lab.evaluation.parquet_columns import read_columns, read_texts, stream_batches
from hydrometer.lab.truth_folder import locate_truth_folder

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.detection.population import Ints


@dataclass(frozen=True, slots=True)
class AccountTruth:
    """The accounts of a world, numbered 0 … n-1 in the order of the truth's file.

    `operator` and `kind` are an index into `operators` and `kinds` (sorted names) an account; operator -1 is an honest account.
    So is `community` into `communities`, -1 for who is in none; it is None where the truth names no communities.
    """

    accounts: pa.Array
    operator: Ints
    operators: list[str]
    kind: Ints
    kinds: list[str]
    community: Ints | None
    communities: list[str]

    @property
    def sizes(self) -> Ints:
        """Accounts of each operator."""
        return np.bincount(self.operator[self.operator >= 0], minlength=len(self.operators))


@dataclass(frozen=True, slots=True)
class HarvestTruth:
    """The exchanges of a world that were sent to harvest; every other exchange is innocent.

    `operator` and `beneficiary` are an index into `operators` and `beneficiaries` an exchange; beneficiary -1 is none.
    """

    exchanges: pa.Array
    operator: Ints
    operators: list[str]
    beneficiary: Ints
    beneficiaries: list[str]


def read_truth(world: Path) -> AccountTruth:
    """Read the truth about the accounts of `world`.

    Raises:
        InputError: it is missing or damaged, lacks a column, or names an account twice.
    """
    file = locate_truth_folder(world) / "accounts.parquet"
    table = read_columns(file, ("account_id", "operator", "kind"), ("community",))
    accounts = read_texts(table, "account_id", file)
    _check_unique(accounts, file, "account_id")
    operator, operators = _encode_names(read_texts(table, "operator", file, nulls=True))
    kind, kinds = _encode_names(read_texts(table, "kind", file), blank=True)
    community, communities = None, list[str]()
    if "community" in table.column_names:
        community, communities = _encode_names(read_texts(table, "community", file, nulls=True))
    return AccountTruth(accounts, operator, operators, kind, kinds, community, communities)


@dataclass
class _NameCodes:
    """Numbers for names in the order in which they come."""

    number: dict[str, int] = field(default_factory=dict)

    def encode(self, column: pa.Array) -> Ints:
        """Return the number of each name; -1 for a null and for an empty one."""
        encoded = column.dictionary_encode()
        codes = [
            self.number.setdefault(name, len(self.number)) if name else -1 for name in encoded.dictionary.to_pylist()
        ]
        indices = pc.fill_null(encoded.indices, len(codes)).to_numpy(zero_copy_only=False)
        numbers: Ints = np.array([*codes, -1], dtype=np.int64)[indices]
        return numbers


def read_harvest(world: Path) -> HarvestTruth:
    """Read which exchanges of `world` are a harvest, a batch of rows at a time; innocent rows are not kept.

    Raises:
        InputError: the truth is missing or damaged, lacks a column, or names an exchange twice.
    """
    folder = locate_truth_folder(world)
    files = sorted(folder.glob("exchanges*.parquet")) or [folder / "exchanges.parquet"]
    operators, beneficiaries = _NameCodes(), _NameCodes()
    kept: list[pa.Array] = [pa.array([], pa.large_string())]
    operator: list[Ints] = [np.empty(0, np.int64)]
    beneficiary: list[Ints] = [np.empty(0, np.int64)]
    for file in files:
        for batch in stream_batches(file, ("exchange_id", "campaign", "beneficiary")):
            of = operators.encode(read_texts(batch, "campaign", file, nulls=True))
            rows = pa.array(np.flatnonzero(of >= 0))
            guilty = batch.take(rows)
            kept.append(read_texts(guilty, "exchange_id", file))
            operator.append(of[rows])
            beneficiary.append(beneficiaries.encode(read_texts(guilty, "beneficiary", file, nulls=True)))
    exchanges = pa.concat_arrays(kept)
    _check_unique(exchanges, files[0], "exchange_id")
    return HarvestTruth(
        exchanges,
        np.concatenate(operator),
        list(operators.number),
        np.concatenate(beneficiary),
        list(beneficiaries.number),
    )


def find_indices(values: pa.Array, vocabulary: pa.Array) -> Ints:
    """Return the index of each value in `vocabulary`, -1 where it is not there."""
    indices = pc.fill_null(pc.index_in(values, value_set=vocabulary), -1)
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _encode_names(column: pa.Array, *, blank: bool = False) -> tuple[Ints, list[str]]:
    """Return the index of each name among the sorted distinct ones, and these; -1 for null, and for '' unless `blank`."""
    names = sorted(name for name in pc.unique(column).to_pylist() if name or (blank and name is not None))
    return find_indices(column, pa.array(names, column.type)), names


def _check_unique(ids: pa.Array, file: Path, name: str) -> None:
    if pc.count_distinct(ids).as_py() < len(ids):
        counts = pc.value_counts(ids)
        twice = pc.min(counts.field("values").filter(pc.greater(counts.field("counts"), 1))).as_py()
        raise InputError(f"names {twice} more than once", file=str(file), column=name, mend="Keep one row of each.")
