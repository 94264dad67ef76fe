"""Whether traffic that was read earlier has an account: what a result, which keeps few accounts, cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hydrometer.contract import InputError, ReadSettings
from hydrometer.sources.file_traffic import open_traffic
from hydrometer.sources.rejects import Rejects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


LARGEST = 256 << 20
"""Bytes of a file up to which it is read whole; of Parquet only the column of accounts is read, at any size."""
ACCOUNT = "account_id"


def search_account(files: Sequence[Path], account_id: str) -> bool | None:
    """Return whether an exchange in `files` is of the account; None where they cannot tell.

    They cannot where one is gone, is too large, or was read by a mapping or a format that its name does not show.
    """
    readable, exchanges = True, 0
    for file in files:
        if file.name.startswith("accounts") or file.name == "models.json" or "intel" in file.parts:
            continue
        try:
            for column in _read_account_columns(file):
                exchanges += len(column)
                if pc.any(pc.equal(column.cast(pa.string()), account_id)).as_py():
                    return True
        except (InputError, OSError, pa.ArrowException):
            readable = False
    return False if readable and exchanges else None


def _read_account_columns(file: Path) -> Iterator[pa.Array]:
    if file.suffix == ".parquet" and ACCOUNT in pq.read_schema(file).names:
        with pq.ParquetFile(file) as opened:
            for batch in opened.iter_batches(columns=[ACCOUNT]):
                yield batch.column(0)
        return
    if file.stat().st_size > LARGEST:
        raise OSError("too large")
    for batch in open_traffic(file, settings=ReadSettings()).batches(Rejects()):
        yield batch.column(ACCOUNT)
