"""A world's exchanges and accounts as arrays: what every baseline reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

ABSENT = -1
"""The code of a value that is null, empty or in a column that the world lacks."""
MICROS_A_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as codes: `codes[i]` is the place of row i's value in `values`, or ABSENT."""

    codes: NDArray[np.int64]
    values: list[str]


@dataclass(frozen=True, slots=True)
class Traffic:
    """The exchanges of a world and the accounts that it knows, with accounts named by their place in `account_ids`."""

    account_ids: list[str]
    """Every account of either table, in order of name."""
    account: NDArray[np.int64]
    """The account of each exchange."""
    started_at: NDArray[np.int64]
    """When each exchange began, microseconds since 1970 UTC."""
    exchanges: pa.Table
    accounts: pa.Table
    """One row per place in `account_ids`; nulls where the world knows nothing of an account."""

    def column(self, name: str) -> Coded:
        """Return a text column of the exchanges as codes."""
        return coded(_column(self.exchanges, name))

    def trait(self, name: str) -> Coded:
        """Return a text column of the accounts as codes, one per account."""
        return coded(_column(self.accounts, name))

    def texts(self, name: str) -> pa.Array:
        """Return a text column of the exchanges, lower-cased, with nulls as empty texts."""
        return pc.utf8_lower(pc.fill_null(_column(self.exchanges, name), ""))

    def created_at(self) -> NDArray[np.int64]:
        """Return when each account was made, microseconds since 1970 UTC, or ABSENT."""
        if "created_at" not in self.accounts.column_names:
            return np.full(len(self.account_ids), ABSENT, dtype=np.int64)
        return _micros(self.accounts["created_at"])


def read_traffic(world: Path) -> Traffic:
    """Read `exchanges*.parquet` and, where the world has it, `accounts*.parquet`.

    Raises:
        FileNotFoundError: the folder holds no exchanges.
    """
    exchanges = _read(world, "exchanges")
    if exchanges is None:
        raise FileNotFoundError(world / "exchanges.parquet")
    known = _read(world, "accounts")
    if known is None:
        known = pa.table({"account_id": pa.array([], pa.string())})
    order = pc.sort_indices(exchanges, sort_keys=[("started_at", "ascending"), ("exchange_id", "ascending")])
    exchanges = exchanges.take(order)
    names = pa.chunked_array([*exchanges["account_id"].chunks, *known["account_id"].chunks], pa.string())
    accounts = pa.table({"account_id": pc.unique(names).sort()})
    account = pc.index_in(exchanges["account_id"], accounts["account_id"].combine_chunks())
    row = pc.index_in(accounts["account_id"].combine_chunks(), known["account_id"].combine_chunks())
    place = known.schema.get_field_index("account_id")
    accounts = known.take(row).set_column(place, "account_id", accounts["account_id"])
    return Traffic(
        account_ids=accounts["account_id"].to_pylist(),
        account=account.to_numpy().astype(np.int64),
        started_at=_micros(exchanges["started_at"]),
        exchanges=exchanges,
        accounts=accounts,
    )


def coded(column: pa.Array) -> Coded:
    """Return a text column as codes; nulls and empty texts are ABSENT."""
    held = pc.if_else(pc.equal(column, ""), None, column).dictionary_encode()
    codes = pc.fill_null(held.indices, ABSENT).to_numpy(zero_copy_only=False).astype(np.int64)
    return Coded(codes, held.dictionary.to_pylist())


def joined(parts: Sequence[Coded]) -> Coded:
    """Return codes of the combinations of several columns; ABSENT where one of them is."""
    codes = parts[0].codes
    absent = codes == ABSENT
    for part in parts[1:]:
        codes = codes * (len(part.values) + 1) + part.codes
        absent |= part.codes == ABSENT
    seen, place = np.unique(np.where(absent, ABSENT, codes), return_inverse=True)
    place = place - int(len(seen) > 0 and seen[0] == ABSENT)
    return Coded(np.where(absent, ABSENT, place), [str(number) for number in seen if number != ABSENT])


def subnets(addresses: Coded) -> Coded:
    """Return the /24 of each IPv4 address and the /48 of each IPv6 address."""
    blocks: dict[str, int] = {}
    places = [blocks.setdefault(_subnet(address), len(blocks)) for address in addresses.values]
    codes = np.array([*places, ABSENT], dtype=np.int64)[addresses.codes]
    return Coded(codes, list(blocks))


def most_used(traffic: Traffic, used: Coded) -> Coded:
    """Return the value that each account has in most of its exchanges, of equals the first seen; ABSENT if none."""
    account, value, counts = distinct_pairs(traffic.account, used.codes)
    order = np.lexsort((value, -counts, account))
    first = np.unique(account[order], return_index=True)[1]
    codes = np.full(len(traffic.account_ids), ABSENT, dtype=np.int64)
    codes[account[order][first]] = value[order][first]
    return Coded(codes, used.values)


def distinct_pairs(
    first: NDArray[np.int64], second: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct pairs, ordered by the first and the second, and how often each occurs; ABSENT is left out."""
    held = (first != ABSENT) & (second != ABSENT)
    width = int(second.max(initial=0)) + 1
    pairs, counts = np.unique(first[held] * width + second[held], return_counts=True)
    return pairs // width, pairs % width, counts


def _subnet(address: str) -> str:
    if ":" not in address:
        return address.rpartition(".")[0]
    head = address.partition("::")[0].split(":")
    return ":".join(part.rjust(4, "0") for part in [*head, "0", "0"][:3])


def _read(world: Path, name: str) -> pa.Table | None:
    files = sorted(world.glob(f"{name}*.parquet"))
    return pa.concat_tables([pq.read_table(file) for file in files]) if files else None


def _column(table: pa.Table, name: str) -> pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    held = table[name].combine_chunks()
    return held.cast(pa.string()) if not isinstance(held, pa.ChunkedArray) else pa.array([], pa.string())


def _micros(column: pa.ChunkedArray) -> NDArray[np.int64]:
    numbers: Any = pc.fill_null(column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()), ABSENT)
    return np.asarray(numbers.to_numpy(), dtype=np.int64)
