"""Prompts of 1.8 KB out of the simulator's, as exchanges."""

from __future__ import annotations

import datetime as dt
import random

import msgspec
import pyarrow as pa

from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.lab.simulate import SCENARIOS, make_world

BYTES = 1_800
_HONEST = 900
"""Honest accounts of the world: their prompts and the operators' fill about 4,500 prompts of BYTES."""


def exchanges(rows: int) -> pa.RecordBatch:
    """Return `rows` exchanges without system prompts, each prompt several of a simulated world's, cut at BYTES.

    Where the world has not enough for `rows`, its prompts come again.
    """
    world = make_world(msgspec.structs.replace(SCENARIOS["ladder4"], honest=_HONEST), 3)
    told = [text.encode() for text in world.exchanges.column("prompt").to_pylist() if text]
    random.Random(1).shuffle(told)  # noqa: S311
    prompts, text = [], b""
    for more in told:
        text += b"\n\n" + more if text else more
        if len(text) >= BYTES:
            prompts.append(text[:BYTES].decode("utf-8", "ignore"))
            text = b""
    columns = {
        "exchange_id": [str(row) for row in range(rows)],
        "started_at": [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)] * rows,
        "account_id": ["a"] * rows,
        "model": ["m"] * rows,
        "prompt": [prompts[row % len(prompts)] for row in range(rows)],
    }
    arrays = [
        pa.array(columns[c.name], c.type) if c.name in columns else pa.nulls(rows, c.type) for c in EXCHANGES.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=EXCHANGES.schema)
