"""The table of look-alikes: each stands for its letter, and for one only."""

from __future__ import annotations

import numpy as np
import pytest

from hydrometer.fingerprint.kernels.letter_folding import POINTS
from hydrometer.fingerprint.look_alikes import NEAR, TWINS, build_fold_tables
from hydrometer.fingerprint.text_folding import fold_text


@pytest.mark.parametrize("pair", " ".join((*TWINS.values(), NEAR)).split())
def test_each_look_alike_becomes_its_latin_letter_in_a_latin_word(pair: str) -> None:
    assert fold_text(f"words l{pair[0]}dz end") == f"words l{pair[1]}dz end"


def test_the_tables_are_sound() -> None:
    tables = build_fold_tables()
    assert all(len(table) == POINTS for table in tables.arrays[:5])
    assert not np.any((tables.twin != 0) & (tables.near != 0))
