"""A shard of a world as Arrow tables of the contract, and its truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hydrometer.contract import ACCOUNTS
from hydrometer.lab.simulate import clients
from hydrometer.lab.simulate.cohort_builder import MODELS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy.typing as npt

    from hydrometer.contract import TableSpec
    from hydrometer.lab.simulate.networks import IntArray
    from hydrometer.lab.simulate.shards import WorldShard

TRUTH_ACCOUNTS = pa.schema(
    [("account_id", pa.string()), ("operator", pa.string()), ("kind", pa.string()), ("community", pa.string())]
)
TRUTH_EXCHANGES = pa.schema([("exchange_id", pa.string()), ("campaign", pa.string()), ("beneficiary", pa.string())])
_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
_PREFIX = b"ex_"


def draw_exchange_ids(rng: np.random.Generator, count: int) -> pa.Array:
    """Return `count` identifiers of sixteen random hexadecimal digits."""
    raw = np.frombuffer(rng.bytes(8 * count), np.uint8).reshape(count, 8)
    text = np.empty((count, len(_PREFIX) + 16), np.uint8)
    text[:, : len(_PREFIX)] = np.frombuffer(_PREFIX, np.uint8)
    text[:, len(_PREFIX) :: 2] = _DIGITS[raw >> 4]
    text[:, len(_PREFIX) + 1 :: 2] = _DIGITS[raw & 15]
    offsets = np.arange(count + 1, dtype=np.int32) * text.shape[1]
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text))


def encode_column(codes: npt.NDArray[Any], values: Collection[str | None]) -> pa.Array:
    """Return a column of few values, as a dictionary of those that occur, in their order; None is null."""
    labels = np.array(["" if value is None else value for value in values], dtype=object)
    nulls = np.array([value is None for value in values], dtype=np.bool_)
    used = np.flatnonzero(np.bincount(codes, minlength=len(labels)))
    distinct, inverse = np.unique(labels[used].astype(str), return_inverse=True)
    positions = np.zeros(len(labels), np.int32)
    positions[used] = inverse
    return pa.DictionaryArray.from_arrays(
        pa.array(positions[codes], mask=nulls[codes]), pa.array(distinct, pa.string())
    )


def build_exchange_table(
    shard: WorldShard, made: Mapping[str, Any], characters: IntArray, contract: TableSpec
) -> pa.Table:
    """Return a shard's exchanges in the columns of EXCHANGES or TRAFFIC; few-valued columns are dictionaries.

    `made` holds the columns that came of the texts and the exchange ids, `characters` how long the texts are.
    """
    columns, codes = shard.exchanges, shard.codes
    read = characters / 4.1 * (1 + 0.6 * (columns["turns"] - 1)) + columns["overhead"]
    values: dict[str, Any] = {
        **made,
        "started_at": pa.array(columns["started_at"]).cast(contract.column("started_at").type),
        "account_id": pa.DictionaryArray.from_arrays(
            pa.array(columns["account"], pa.int32()), pa.array(shard.accounts["account_id"], pa.string())
        ),
        "model": encode_column(columns["model"], MODELS),
        "user_agent": encode_column(columns["client"], clients.USER_AGENTS),
        "ja4": encode_column(columns["tls"], clients.JA4),
        "input_tokens": read.astype(np.int64),
        **{name: encode_column(columns[name], codes[name].values) for name in ("channel", "stop_reason")},
        "tool_names": pa.array(codes["tool_names"].values, pa.list_(pa.string())).take(pa.array(columns["tool_names"])),
    }
    arrays, fields = [], []
    for column in contract.columns:
        value = values.get(column.name, columns.get(column.name))
        array = value if isinstance(value, pa.Array) else pa.array(value, column.type, from_pandas=False)
        arrays.append(array)
        fields.append(pa.field(column.name, array.type, nullable=not column.needed))
    return pa.table(arrays, schema=pa.schema(fields))


def build_account_tables(shard: WorldShard) -> tuple[pa.Table, pa.Table]:
    """Return a shard's accounts and the truth about them, in the order in which they were made."""
    accounts, truth = (
        pa.table([pa.array(shard.accounts[field.name], field.type) for field in schema], schema=schema)
        for schema in (ACCOUNTS.schema, TRUTH_ACCOUNTS)
    )
    return accounts, truth


def build_truth_table(shard: WorldShard, exchange_id: pa.Array) -> pa.Table:
    """Return which exchanges are a harvest, and for whom."""
    columns = [encode_column(shard.exchanges[name], shard.codes[name].values) for name in ("campaign", "beneficiary")]
    return pa.table([exchange_id, *columns], names=TRUTH_EXCHANGES.names)
