"""An exchange as a row of the ledger: 112 bytes, all strings as numbers or hashes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract.fingerprints import CAPABILITY_CLASSES, ELICITATION_CLASSES
from hydrometer.signals.ledger.hashing import ABSENT, hash_networks, hash_strings
from hydrometer.signals.ledger.numbering import Numbering

if TYPE_CHECKING:
    from collections.abc import Iterable

ROW = np.dtype(
    [
        ("time", np.int64),
        ("source", np.int64),
        ("id", np.uint64),
        ("prompt", np.int64),
        ("address", np.uint64),
        ("network", np.uint64),
        ("end_user", np.uint64),
        ("session", np.uint64),
        ("account", np.int32),
        ("agent", np.int32),
        ("ja4", np.int32),
        ("tools", np.int32),
        ("input", np.int32),
        ("output", np.int32),
        ("reasoning", np.int32),
        ("confidence", np.float32),
        ("model", np.int32),
        ("language", np.int32),
        ("shingles", np.uint16),
        ("kind", np.int8),
        ("capability", np.int8),
        ("flags", np.uint8),
    ],
    align=True,
)
"""`source` is the row's place in the input. Numbers are -1 and hashes 0 where there is nothing."""
REFUSED, PROMPT, SINGLE, MANY, FLAGGED, CONVERSATION, SERVES = 1, 2, 4, 8, 16, 32, 64
"""Bits of `flags`: refused; has a prompt; one turn; more turns; asks by its own text; session and end user ids that are
long enough to be told from a customer's own numbering."""
COLUMNS = (
    "exchange_id", "started_at", "account_id", "model", "client_ip", "user_agent", "ja4", "end_user_id", "session_id",
    "turns", "tool_names", "input_tokens", "output_tokens", "reasoning_tokens", "stop_reason", "sketch", "prompt_hash",
    "language", "elicitation", "elicitation_confidence", "capability",
)  # fmt: skip
"""Columns of the traffic that the measuring steps read."""
GLOBAL_ID = 20
_ALONE = np.uint64(0xA0761D6478BD642F)


class Registry:
    """Numbers accounts in the order of first sight, those of the accounts table first, and knows their organisations."""

    def __init__(self, accounts: pa.Table) -> None:
        self._lock = threading.Lock()
        self._numbering = Numbering()
        self._ids: list[pa.StringArray] = []
        self._orgs: list[npt.NDArray[np.uint64]] = []
        self.listed = accounts.num_rows
        ids = accounts["account_id"].combine_chunks()
        orgs = hash_strings(accounts["org_id"].combine_chunks())
        self._add(ids, hash_strings(ids), orgs)

    def _add(self, ids: pa.StringArray, hashes: npt.NDArray[np.uint64], orgs: npt.NDArray[np.uint64]) -> None:
        if len(ids):
            self._numbering.number(hashes.view(np.int64))
            self._ids.append(ids)
            # An account without a declared customer is its own.
            self._orgs.append(np.where(orgs != ABSENT, orgs, hashes ^ _ALONE))

    def numbers(self, ids: pa.StringArray) -> npt.NDArray[np.int32]:
        """Numbers of distinct account ids."""
        hashes = hash_strings(ids)
        with self._lock:
            numbers = self._numbering.find(hashes.view(np.int64))
            new = numbers < 0
            if new.any():
                self._add(ids.filter(pa.array(new)), hashes[new], np.zeros(int(new.sum()), np.uint64))
                numbers = self._numbering.find(hashes.view(np.int64))
        return numbers

    def organisations(self) -> npt.NDArray[np.uint64]:
        """A hash of each account's organisation, by number."""
        with self._lock:
            if len(self._orgs) > 1:
                self._orgs = [np.concatenate(self._orgs)]
            return self._orgs[0] if self._orgs else np.zeros(0, np.uint64)

    def ids(self) -> pa.ChunkedArray:
        """Account ids by number."""
        return pa.chunked_array(self._ids, pa.string())


class Codes:
    """Numbers strings in the order of first sight; for columns of few distinct values."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}

    def numbers(self, values: Iterable[str | None]) -> npt.NDArray[np.int32]:
        """Numbers of values; -1 for None."""
        with self._lock:
            known = self._numbers
            return np.array([-1 if v is None else known.setdefault(v, len(known)) for v in values], np.int32)

    @property
    def names(self) -> list[str]:
        """The strings in the order of their numbers."""
        return list(self._numbers)


class Names:
    """Which string a hash stands for, gathered as the strings come; repeats are dropped when asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: list[tuple[npt.NDArray[np.uint64], pa.StringArray]] = []

    def add(self, hashes: npt.NDArray[np.uint64], strings: pa.StringArray) -> None:
        """Remember strings by their hashes."""
        with self._lock:
            self._seen.append((hashes, strings))

    def distinct(self) -> tuple[npt.NDArray[np.uint64], pa.Array]:
        """Distinct hashes, ascending, and their strings."""
        if not self._seen:
            return np.zeros(0, np.uint64), pa.array([], pa.string())
        hashes = np.concatenate([hashes for hashes, _ in self._seen])
        strings = pa.chunked_array([strings for _, strings in self._seen], pa.string())
        order = np.argsort(hashes, kind="stable")
        hashes = hashes[order]
        first = np.ones(hashes.size, np.bool_)
        first[1:] = hashes[1:] != hashes[:-1]
        first &= hashes != ABSENT
        return hashes[first], strings.take(pa.array(order[first])).combine_chunks()


@dataclass(frozen=True, slots=True)
class Load:
    """Some exchanges: rows without their shingles, and the sketches as values with offsets."""

    rows: npt.NDArray[Any]
    sketch: npt.NDArray[np.int64]
    offsets: npt.NDArray[Any]


class Clerk:
    """Turns batches of traffic into rows. Safe to use from several threads."""

    def __init__(self, accounts: pa.Table, threshold: float) -> None:
        self.accounts = Registry(accounts)
        self.codes = {name: Codes() for name in ("model", "user_agent", "ja4", "language", "tools")}
        self.names = {name: Names() for name in ("client_ip", "end_user_id", "session_id")}
        self._threshold = np.float32(threshold)

    def load(self, batch: pa.RecordBatch, base: int) -> Load:
        """Rows of a batch of TRAFFIC, of which string columns may be dictionaries; `base` is its first row's place."""
        rows = np.zeros(batch.num_rows, ROW)
        column = dict(zip(batch.schema.names, batch.columns, strict=True))
        rows["source"] = np.arange(base, base + batch.num_rows)
        rows["time"] = _integers(column["started_at"].cast(pa.int64()))
        rows["id"] = hash_strings(_plain(column["exchange_id"]))
        prompt = column["prompt_hash"]
        rows["prompt"] = _integers(prompt)
        flags = np.zeros(batch.num_rows, np.uint8)
        flags[_there(prompt)] |= PROMPT
        turns = _integers(column["turns"])
        flags[turns == 1] |= SINGLE
        flags[turns > 1] |= MANY
        for name in ("input", "output", "reasoning"):
            rows[name] = _integers(column[f"{name}_tokens"], absent=-1)
        coded = {name: _coded(column[name]) for name in _STRINGS}
        rows["account"] = _spread(coded["account_id"], self.accounts.numbers(coded["account_id"].dictionary))
        for name, field in (("model", "model"), ("user_agent", "agent"), ("ja4", "ja4"), ("language", "language")):
            values = coded[name]
            rows[field] = _spread(values, self.codes[name].numbers(values.dictionary.to_pylist()), -1)
        for name, field in (("client_ip", "address"), ("end_user_id", "end_user"), ("session_id", "session")):
            values = coded[name]
            hashes = hash_strings(values.dictionary)
            rows[field] = _spread(values, hashes, ABSENT)
            if name == "client_ip":
                rows["network"] = _spread(values, hash_networks(values.dictionary), ABSENT)
                self.names[name].add(hashes, values.dictionary)
            else:
                long = np.asarray(pc.greater_equal(pc.utf8_length(values.dictionary), GLOBAL_ID).fill_null(False))
                self.names[name].add(hashes[long], values.dictionary.filter(pa.array(long)))
                flags[_spread(values, long, False)] |= SERVES if name == "end_user_id" else CONVERSATION
        flags[_spread(coded["stop_reason"], _is(coded["stop_reason"].dictionary, "refusal"), False)] |= REFUSED
        rows["tools"] = self._tools(column["tool_names"])
        confidence = column["elicitation_confidence"].fill_null(0).to_numpy(zero_copy_only=False)
        rows["confidence"] = confidence
        for name, field, classes in (
            ("elicitation", "kind", ELICITATION_CLASSES),
            ("capability", "capability", CAPABILITY_CLASSES),
        ):
            order = {label: number for number, label in enumerate(classes)}
            values = coded[name]
            rows[field] = _spread(
                values, np.array([order.get(v, 0) for v in values.dictionary.to_pylist()], np.int8), 0
            )
        other = coded["elicitation"]
        asks = _spread(other, ~_is(other.dictionary, "none"), False)
        flags[asks & (confidence >= self._threshold)] |= FLAGGED
        rows["flags"] = flags
        sketch = column["sketch"]
        offsets = sketch.offsets.to_numpy()
        return Load(rows, np.asarray(sketch.values), offsets)

    def _tools(self, column: pa.ListArray) -> npt.NDArray[np.int32]:
        offsets, names = column.offsets.to_numpy(), column.values
        sums = np.zeros(offsets[-1] + 1, np.uint64)
        if offsets[-1]:
            # A sum does not depend on the order in which the tools are offered; each set is spelt out once a batch.
            np.cumsum(hash_strings(names.slice(0, offsets[-1])), out=sums[1:])
        _, first, of_row = np.unique(sums[offsets[1:]] - sums[offsets[:-1]], return_index=True, return_inverse=True)
        sets = column.take(pa.array(first)).to_pylist()
        numbers = self.codes["tools"].numbers(
            " ".join(sorted(offered)) or None if offered else None for offered in sets
        )
        return numbers[of_row]


_STRINGS = (
    "account_id", "model", "client_ip", "user_agent", "ja4", "end_user_id", "session_id", "stop_reason", "language",
    "elicitation", "capability",
)  # fmt: skip


def _integers(column: pa.Array, absent: int = 0) -> Any:
    return np.asarray(column.fill_null(absent) if column.null_count else column)


def _there(column: pa.Array) -> Any:
    return np.asarray(column.is_valid()) if column.null_count else np.ones(len(column), np.bool_)


def _plain(column: pa.Array) -> pa.StringArray:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _coded(column: pa.Array) -> pa.DictionaryArray:
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def _spread(column: pa.DictionaryArray, by_code: Any, absent: Any = 0) -> Any:
    """What each code of the dictionary stands for, row by row."""
    indices = column.indices
    if not indices.null_count:
        return by_code[np.asarray(indices)]
    return np.append(by_code, by_code.dtype.type(absent))[np.asarray(indices.fill_null(len(by_code)))]


def _is(dictionary: pa.StringArray, word: str) -> Any:
    return np.asarray(pc.equal(dictionary, word).fill_null(False), np.bool_)
