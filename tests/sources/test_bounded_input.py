"""Files that are opened, and those that are not."""

from __future__ import annotations

import gzip
import os
import random
from typing import TYPE_CHECKING

import pytest

from hydrometer.contract import InputError
from hydrometer.sources import bounded_input
from hydrometer.sources.bounded_input import open_input

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_zipped_is_read_as_it_was_whatever_its_name(tmp_path: Path) -> None:
    content = random.Random(3).randbytes(300_000).hex().encode()
    (tmp_path / "plain.gz").write_bytes(content)
    (tmp_path / "zipped").write_bytes(gzip.compress(content[:100_000]) + gzip.compress(content[100_000:]))
    for name in ("plain.gz", "zipped"):
        with open_input(tmp_path / name) as stream:
            assert stream.peek()[:9] == content[:9]
            assert stream.read() == content


def test_gzip_of_blanks_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(b" " * (70 << 20)))
    refusal = pytest.raises(InputError, match=r"x\.jsonl\.gz: expands to more than 400 times its size\. Unpack it")
    with refusal, open_input(tmp_path / "x.jsonl.gz") as stream:
        stream.read()


@pytest.mark.parametrize("seed", range(8))
def test_the_bound_follows_the_size_of_the_file(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands where in it: what expands within the bound is read, what expands beyond it is not."""
    monkeypatch.setattr(bounded_input, "FREE_EXPANSION", 0)
    rng = random.Random(seed)
    parts = [b"ab " * rng.randrange(100_000) if rng.random() < 0.5 else rng.randbytes(3_000) for _ in range(20)]
    content = b"".join(parts)
    file = tmp_path / "x.gz"
    file.write_bytes(gzip.compress(content))
    expansion = len(content) / file.stat().st_size
    monkeypatch.setattr(bounded_input, "MOST_EXPANSION", expansion * 1.1)
    with open_input(file) as stream:
        assert stream.read() == content
    monkeypatch.setattr(bounded_input, "MOST_EXPANSION", int(expansion * 0.9))
    with pytest.raises(InputError, match="expands to more than"), open_input(file) as stream:
        stream.read()


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.jsonl")
    with pytest.raises(InputError, match=r"x\.jsonl: is a named pipe"), open_input(tmp_path / "x.jsonl"):
        pass
