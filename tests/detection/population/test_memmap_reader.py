"""Arrays read page by page, in memory and mapped from disk."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hydrometer.detection.population import memmap_reader
from hydrometer.detection.population.memmap_reader import ReadBuffer, iterate_pages, read_slice
from hydrometer.detection.population.population import FragmentIndex

if TYPE_CHECKING:
    from pathlib import Path

LENGTHS = np.array([2, 0, 1, 3, 0, 1, 2], np.uint16)


@pytest.mark.parametrize("mapped", [False, True])
def test_pages_follow_each_other_with_what_their_exchanges_carry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mapped: bool
) -> None:
    monkeypatch.setattr(memmap_reader, "PAGE", 3)
    arrays: dict[str, Any] = {"lengths": LENGTHS, "carried": np.arange(int(LENGTHS.sum()), dtype=np.int32)}
    if mapped:
        for name, array in arrays.items():
            array.tofile(tmp_path / name)
            arrays[name] = np.memmap(tmp_path / name, array.dtype, mode="r")
    empty = {part.name: np.zeros(0, np.int64) for part in fields(FragmentIndex)}
    pages = [
        (page.events.start, page.events.stop, page.lengths.tolist(), page.carried.tolist())
        for page in iterate_pages(FragmentIndex(**(empty | arrays)))
    ]
    assert pages == [(0, 3, [2, 0, 1], [0, 1, 2]), (3, 6, [3, 0, 1], [3, 4, 5, 6]), (6, 7, [2], [7, 8])]


def test_a_slice_of_a_mapped_array_is_a_copy(tmp_path: Path) -> None:
    np.arange(9, dtype=np.int16).tofile(tmp_path / "x")
    mapped = np.memmap(tmp_path / "x", np.int16, mode="r", offset=4)
    part = read_slice(mapped, 2, 5)
    assert part.tolist() == [4, 5, 6]
    assert not isinstance(part, np.memmap)
    assert read_slice(np.arange(9), 2, 5).tolist() == [2, 3, 4]


def test_a_buffer_is_used_again(tmp_path: Path) -> None:
    buffer = ReadBuffer(np.dtype(np.int32))
    np.arange(8, dtype=np.int32).tofile(tmp_path / "x")
    first = buffer.read(tmp_path / "x")
    assert first.tolist() == list(range(8))
    assert buffer.read(tmp_path / "x", 6, 8).tolist() == [6, 7]
    assert first[:2].tolist() == [6, 7]
