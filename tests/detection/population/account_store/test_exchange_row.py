"""The declaration of a row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hydrometer.detection.population.account_store.exchange_row import ROW, RowFields, read_column_types


class Columns(NamedTuple):
    """Two arrays."""

    a: npt.NDArray[np.int16]
    b: npt.NDArray[np.float32]


def test_types_are_those_of_the_annotations() -> None:
    assert read_column_types(Columns) == {"a": np.dtype(np.int16), "b": np.dtype(np.float32)}


def test_a_row_has_the_fields_and_what_partitioning_adds() -> None:
    assert set(ROW.names or ()) == {*RowFields._fields, "source", "shingles"}
    assert {name: ROW[name] for name in RowFields._fields} == read_column_types(RowFields)
    assert ROW.itemsize == 120
