"""Batches of traffic → rows of fixed size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import CAPABILITY_CLASSES, ELICITATION_CLASSES, ENTITY_KINDS, LEAST_GLOBAL_ID, EntityKind
from hydrometer.detection.population.account_store.arrow_decoding import (
    decode_dictionary,
    decode_numbers,
    mask_valid,
    set_bits,
)
from hydrometer.detection.population.account_store.exchange_row import (
    CONVERSATION,
    FLAGGED,
    MANY,
    PROMPT,
    REFUSED,
    SERVES,
    SINGLE,
    EncodedBatch,
    RowFields,
)
from hydrometer.detection.population.account_store.string_hashing import ABSENT, hash_networks, hash_strings
from hydrometer.detection.population.account_store.traffic_dictionaries import TrafficDictionaries

if TYPE_CHECKING:
    from collections.abc import Sequence

TRAFFIC_COLUMNS = (
    "exchange_id", "started_at", "account_id", "model", "client_ip", "client_asn", "user_agent", "ja4", "end_user_id",
    "session_id", "turns", "tool_names", "input_tokens", "output_tokens", "reasoning_tokens", "stop_reason", "sketch", "prompt_hash",
    "language", "elicitation", "elicitation_confidence", "capability",
)  # fmt: skip
"""Columns of the traffic that the measuring steps read."""


class RowEncoder:
    """What turns batches of traffic into the fields of rows. Safe to use from several threads.

    Attributes:
        dictionaries: what the numbers and hashes of the rows stand for.
    """

    def __init__(self, accounts: pa.Table, threshold: float) -> None:
        """Begin with the declared accounts; `threshold` is the confidence from which an exchange asks by its own text."""
        self.dictionaries = TrafficDictionaries(accounts)
        self._threshold = np.float32(threshold)

    def encode(self, batch: pa.RecordBatch) -> EncodedBatch:
        """Return the rows of a batch with TRAFFIC_COLUMNS, of which string columns may be dictionaries."""
        column = dict(zip(batch.schema.names, batch.columns, strict=True))
        coded = {name: _encode_strings(column[name]) for name in _STRINGS}
        names = self.dictionaries.names
        hashes = {name: hash_strings(coded[name].dictionary) for name in names}
        prompt = column["prompt_hash"]
        confidence = decode_numbers(column["elicitation_confidence"], np.float32, 0)
        flags = _encode_use_flags(column, coded) | self._encode_elicitation_flag(coded["elicitation"], confidence)
        for name, meaning in (("end_user_id", SERVES), ("session_id", CONVERSATION)):
            values = coded[name].dictionary
            long = np.asarray(pc.greater_equal(pc.utf8_length(values), LEAST_GLOBAL_ID).fill_null(False))
            names[name].add(hashes[name][long], values.filter(pa.array(long)))
            flags |= set_bits(decode_dictionary(coded[name], long, False), meaning)
        names["client_ip"].add(hashes["client_ip"], coded["client_ip"].dictionary)
        account = coded["account_id"]
        codes = {
            name: decode_dictionary(
                coded[name], self.dictionaries.codes[name].encode(coded[name].dictionary.to_pylist()), -1
            )
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
            account=decode_dictionary(account, self.dictionaries.accounts.encode(account.dictionary), -1),
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

    def _encode_elicitation_flag(
        self, elicitation: pa.DictionaryArray, confidence: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.uint8]:
        """Return the bit FLAGGED of each row."""
        asks = decode_dictionary(elicitation, ~_equals_word(elicitation.dictionary, "none"), False)
        return set_bits(asks & (confidence >= self._threshold), FLAGGED)

    def _encode_tools(self, column: pa.ListArray) -> npt.NDArray[np.int32]:
        """Return the number of each row's set of tools; -1 without any."""
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
            spell = ENTITY_KINDS[EntityKind.TOOLS].form.canonicalise
            codes = self.dictionaries.codes["tools"].encode(spell(offered) or None for offered in sets)
            numbers[rows] = codes[of_row]
        return numbers


_STRINGS = (
    "account_id", "model", "client_ip", "user_agent", "ja4", "end_user_id", "session_id", "stop_reason", "language",
    "elicitation", "capability",
)  # fmt: skip


def _encode_use_flags(column: dict[str, pa.Array], coded: dict[str, pa.DictionaryArray]) -> npt.NDArray[np.uint8]:
    """Return the bits of each row that say what kind of use it is: PROMPT, SINGLE, MANY, REFUSED."""
    turns, reason = decode_numbers(column["turns"], np.int32, 0), coded["stop_reason"]
    flags = set_bits(mask_valid(column["prompt_hash"]), PROMPT)
    flags |= set_bits(turns == 1, SINGLE)
    flags |= set_bits(turns > 1, MANY)
    flags |= set_bits(decode_dictionary(reason, _equals_word(reason.dictionary, "refusal"), False), REFUSED)
    return flags


def _decode_strings(column: pa.Array) -> pa.StringArray:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _encode_strings(column: pa.Array) -> pa.DictionaryArray:
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def _equals_word(dictionary: pa.StringArray, word: str) -> Any:
    return np.asarray(pc.equal(dictionary, word).fill_null(False), np.bool_)


def _map_classes(column: pa.DictionaryArray, classes: Sequence[str]) -> npt.NDArray[np.int8]:
    """Return the class of each code; 0 for what is none."""
    order = {label: number for number, label in enumerate(classes)}
    return np.array([order.get(value, 0) for value in column.dictionary.to_pylist()], np.int8)
