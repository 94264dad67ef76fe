"""An exchange as a row of fixed size: 120 bytes, all strings as numbers or hashes."""

from __future__ import annotations

from typing import Any, NamedTuple, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

REFUSED, PROMPT, SINGLE, MANY, FLAGGED, CONVERSATION, SERVES = 1, 2, 4, 8, 16, 32, 64
"""Bits of `flags`: refused; has a prompt; one turn; more turns; asks by its own text; session and end user ids that are
long enough to be told from a customer's own numbering."""


class RowFields(NamedTuple):
    """Fields of exchanges, column by column; numbers are -1 and hashes 0 where there is nothing."""

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


def read_column_types(columns: type[Any]) -> dict[str, np.dtype[Any]]:
    """Return the type of each column of a named tuple of arrays, as its annotations declare them."""
    arrays = get_type_hints(columns)
    return {name: np.dtype(get_args(get_args(array)[1])[0]) for name, array in arrays.items()}


ROW = np.dtype(
    sorted(
        [*read_column_types(RowFields).items(), ("source", np.dtype(np.int64)), ("shingles", np.dtype(np.uint16))],
        key=lambda field: -field[1].itemsize,
    ),
    align=True,
)
"""RowFields, `source` (the row's position in the traffic) and `shingles` (how many the row has), the widest first."""
