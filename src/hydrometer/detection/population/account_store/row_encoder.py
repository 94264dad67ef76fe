"""An exchange as a row of the ledger: 112 bytes, all strings as numbers or hashes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import CAPABILITY_CLASSES, ELICITATION_CLASSES
from hydrometer.detection.population.account_store.arrow_decoding import (
    decode_dictionary,
    decode_numbers,
    mask_valid,
    set_bits,
)
from hydrometer.detection.population.account_store.dictionary_encoder import DictionaryEncoder
from hydrometer.detection.population.account_store.string_hashing import ABSENT, hash_networks, hash_strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
        ("asn", np.int32),
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
TRAFFIC_COLUMNS = (
    "exchange_id", "started_at", "account_id", "model", "client_ip", "client_asn", "user_agent", "ja4", "end_user_id",
    "session_id", "turns", "tool_names", "input_tokens", "output_tokens", "reasoning_tokens", "stop_reason", "sketch", "prompt_hash",
    "language", "elicitation", "elicitation_confidence", "capability",
)  # fmt: skip
"""Columns of the traffic that the measuring steps read."""
GLOBAL_ID = 20
_ALONE = np.uint64(0xA0761D6478BD642F)


class AccountDictionary:
    """Numbers accounts in the order of first sight, those of the accounts table first, and knows their organisations."""

    def __init__(self, accounts: pa.Table) -> None:
        self._lock = threading.Lock()
        self._dictionary = DictionaryEncoder()
        self._ids: list[pa.StringArray] = []
        self._orgs: list[npt.NDArray[np.uint64]] = []
        self.declared_count = accounts.num_rows
        ids = accounts["account_id"].combine_chunks()
        orgs = hash_strings(accounts["org_id"].combine_chunks())
        self._add(ids, hash_strings(ids), orgs)

    def _add(self, ids: pa.StringArray, hashes: npt.NDArray[np.uint64], orgs: npt.NDArray[np.uint64]) -> None:
        if len(ids):
            self._dictionary.encode(hashes.view(np.int64))
            self._ids.append(ids)
            # An account without a declared customer is its own.
            self._orgs.append(np.where(orgs != ABSENT, orgs, hashes ^ _ALONE))

    def numbers(self, ids: pa.StringArray) -> npt.NDArray[np.int32]:
        """Numbers of distinct account ids."""
        hashes = hash_strings(ids)
        with self._lock:
            numbers = self._dictionary.look_up(hashes.view(np.int64))
            new = numbers < 0
            if new.any():
                self._add(ids.filter(pa.array(new)), hashes[new], np.zeros(int(new.sum()), np.uint64))
                numbers = self._dictionary.look_up(hashes.view(np.int64))
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


class StringDictionary:
    """Numbers strings in the order of first sight; for columns of few distinct values."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}

    def numbers(self, values: Iterable[str | None]) -> npt.NDArray[np.int32]:
        """Numbers of values; -1 for None."""
        with self._lock:
            codes = self._numbers
            return np.array([-1 if v is None else codes.setdefault(v, len(codes)) for v in values], np.int32)

    @property
    def names(self) -> list[str]:
        """The strings in the order of their numbers."""
        return list(self._numbers)


class HashedStrings:
    """Which string a hash stands for, gathered as the strings come; repeats are dropped when asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: list[tuple[npt.NDArray[np.uint64], pa.StringArray]] = []

    def add(self, hashes: npt.NDArray[np.uint64], strings: pa.StringArray) -> None:
        """Remember strings by their hashes."""
        with self._lock:
            self._batches.append((hashes, strings))

    def distinct(self) -> tuple[npt.NDArray[np.uint64], pa.Array]:
        """Distinct hashes, ascending, and their strings."""
        if not self._batches:
            return np.zeros(0, np.uint64), pa.array([], pa.string())
        hashes = np.concatenate([hashes for hashes, _ in self._batches])
        strings = pa.chunked_array([strings for _, strings in self._batches], pa.string())
        order = np.argsort(hashes, kind="stable")
        hashes = hashes[order]
        first = np.ones(hashes.size, np.bool_)
        first[1:] = hashes[1:] != hashes[:-1]
        first &= hashes != ABSENT
        return hashes[first], strings.take(pa.array(order[first])).combine_chunks()


class RowFields(NamedTuple):
    """Columns of exchanges, as ROW has them."""

    time: npt.NDArray[np.int64]
    id: npt.NDArray[np.uint64]
    prompt: npt.NDArray[np.int64]
    address: npt.NDArray[np.uint64]
    network: npt.NDArray[np.uint64]
    end_user: npt.NDArray[np.uint64]
    session: npt.NDArray[np.uint64]
    account: npt.NDArray[np.int32]
    agent: npt.NDArray[np.int32]
    ja4: npt.NDArray[np.int32]
    asn: npt.NDArray[np.int32]
    tools: npt.NDArray[np.int32]
    input: npt.NDArray[np.int32]
    output: npt.NDArray[np.int32]
    reasoning: npt.NDArray[np.int32]
    confidence: npt.NDArray[np.float32]
    model: npt.NDArray[np.int32]
    language: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int8]
    capability: npt.NDArray[np.int8]
    flags: npt.NDArray[np.uint8]


class EncodedBatch(NamedTuple):
    """Some exchanges: their fields, and the sketches as values with offsets."""

    fields: RowFields
    sketch: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int32]


class RowEncoder:
    """Turns batches of traffic into fields. Safe to use from several threads."""

    def __init__(self, accounts: pa.Table, threshold: float) -> None:
        self.accounts = AccountDictionary(accounts)
        self.codes = {name: StringDictionary() for name in ("model", "user_agent", "ja4", "language", "tools")}
        self.names = {name: HashedStrings() for name in ("client_ip", "end_user_id", "session_id")}
        self._threshold = np.float32(threshold)

    def encode(self, batch: pa.RecordBatch) -> EncodedBatch:
        """Fields of a batch of TRAFFIC, of which string columns may be dictionaries."""
        column = dict(zip(batch.schema.names, batch.columns, strict=True))
        coded = {name: _encode_strings(column[name]) for name in _STRINGS}
        hashes = {name: hash_strings(coded[name].dictionary) for name in self.names}
        prompt, turns = column["prompt_hash"], decode_numbers(column["turns"], np.int32, 0)
        confidence = decode_numbers(column["elicitation_confidence"], np.float32, 0)
        flags = set_bits(mask_valid(prompt), PROMPT)
        flags |= set_bits(turns == 1, SINGLE)
        flags |= set_bits(turns > 1, MANY)
        for name, meaning in (("end_user_id", SERVES), ("session_id", CONVERSATION)):
            values = coded[name].dictionary
            long = np.asarray(pc.greater_equal(pc.utf8_length(values), GLOBAL_ID).fill_null(False))
            self.names[name].add(hashes[name][long], values.filter(pa.array(long)))
            flags |= set_bits(decode_dictionary(coded[name], long, False), meaning)
        self.names["client_ip"].add(hashes["client_ip"], coded["client_ip"].dictionary)
        flags |= set_bits(
            decode_dictionary(coded["stop_reason"], _equals_word(coded["stop_reason"].dictionary, "refusal"), False),
            REFUSED,
        )
        asks = decode_dictionary(coded["elicitation"], ~_equals_word(coded["elicitation"].dictionary, "none"), False)
        flags |= set_bits(asks & (confidence >= self._threshold), FLAGGED)
        account = coded["account_id"]
        codes = {
            name: decode_dictionary(coded[name], self.codes[name].numbers(coded[name].dictionary.to_pylist()), -1)
            for name in ("model", "user_agent", "ja4", "language")
        }
        fields = RowFields(
            time=decode_numbers(column["started_at"].cast(pa.int64()), np.int64, 0),
            id=hash_strings(_decode_strings(column["exchange_id"])),
            prompt=decode_numbers(prompt, np.int64, 0),
            address=decode_dictionary(coded["client_ip"], hashes["client_ip"], ABSENT),
            network=decode_dictionary(coded["client_ip"], hash_networks(coded["client_ip"].dictionary), ABSENT),
            end_user=decode_dictionary(coded["end_user_id"], hashes["end_user_id"], ABSENT),
            session=decode_dictionary(coded["session_id"], hashes["session_id"], ABSENT),
            account=decode_dictionary(account, self.accounts.numbers(account.dictionary), -1),
            agent=codes["user_agent"],
            ja4=codes["ja4"],
            asn=decode_numbers(column["client_asn"], np.int32, -1),
            tools=self._encode_tools(column["tool_names"]),
            input=decode_numbers(column["input_tokens"], np.int32, -1),
            output=decode_numbers(column["output_tokens"], np.int32, -1),
            reasoning=decode_numbers(column["reasoning_tokens"], np.int32, -1),
            confidence=confidence,
            model=codes["model"],
            language=codes["language"],
            kind=decode_dictionary(coded["elicitation"], _map_classes(coded["elicitation"], ELICITATION_CLASSES), 0),
            capability=decode_dictionary(coded["capability"], _map_classes(coded["capability"], CAPABILITY_CLASSES), 0),
            flags=flags,
        )
        sketch = column["sketch"]
        return EncodedBatch(fields, np.asarray(sketch.values), sketch.offsets.to_numpy())

    def _encode_tools(self, column: pa.ListArray) -> npt.NDArray[np.int32]:
        offsets = column.offsets.to_numpy()
        numbers = np.full(len(column), -1, np.int32)
        rows = np.flatnonzero(offsets[1:] > offsets[:-1])
        if rows.size:
            # A sum does not depend on the order in which the tools are offered; each set is spelt out once a batch.
            first, last = int(offsets[0]), int(offsets[-1])
            sums = np.zeros(last - first + 1, np.uint64)
            np.cumsum(hash_strings(column.values.slice(first, last - first)), out=sums[1:])
            sums = sums[offsets[rows + 1] - first] - sums[offsets[rows] - first]
            _, at, of_row = np.unique(sums, return_index=True, return_inverse=True)
            sets = column.take(pa.array(rows[at])).to_pylist()
            codes = self.codes["tools"].numbers(" ".join(sorted(offered)) or None for offered in sets)
            numbers[rows] = codes[of_row]
        return numbers


_STRINGS = (
    "account_id", "model", "client_ip", "user_agent", "ja4", "end_user_id", "session_id", "stop_reason", "language",
    "elicitation", "capability",
)  # fmt: skip


def _decode_strings(column: pa.Array) -> pa.StringArray:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _encode_strings(column: pa.Array) -> pa.DictionaryArray:
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def _equals_word(dictionary: pa.StringArray, word: str) -> Any:
    return np.asarray(pc.equal(dictionary, word).fill_null(False), np.bool_)


def _map_classes(column: pa.DictionaryArray, classes: Sequence[str]) -> npt.NDArray[np.int8]:
    """The class of each code; 0 for what is none."""
    order = {label: number for number, label in enumerate(classes)}
    return np.array([order.get(value, 0) for value in column.dictionary.to_pylist()], np.int8)
