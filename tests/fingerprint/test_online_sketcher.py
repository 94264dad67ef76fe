"""The sketch of one exchange: that of the batch, to the bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.fingerprint_texts import KEY, exchanges
from hydrometer.contract.settings import FingerprintSettings
from hydrometer.fingerprint import Fingerprinter
from hydrometer.fingerprint.online_sketcher import OnlineSketcher

SINGLE = OnlineSketcher(FingerprintSettings(), KEY)
BATCH = Fingerprinter(FingerprintSettings(), KEY)
TEXTS = st.text(max_size=300) | st.builds(
    " ".join, st.lists(st.sampled_from(["alpha", "Beta", "12", "γ", "名"]), max_size=90)
)


@settings(max_examples=150)
@given(TEXTS, TEXTS)
def test_it_is_that_of_the_batch(system: str, prompt: str) -> None:
    row = BATCH.fingerprint_batch(exchanges([(system, prompt)])).to_pylist()[0]
    assert SINGLE(system, prompt).tolist() == (row["sketch"] or [])


def test_long_texts_are_cut_alike_and_more_hashes_begin_with_fewer() -> None:
    words = " ".join("".join(chr(97 + n // 26**place % 26) for place in range(4)) for n in range(0, 450_000, 17))
    few, row = SINGLE("", words), BATCH.fingerprint_batch(exchanges([("", words)])).to_pylist()[0]
    assert few.tolist() == row["sketch"]
    many = OnlineSketcher(FingerprintSettings(), KEY, most=4_096)("", words)
    assert len(few) == 256
    assert np.array_equal(many[:256], few)
    assert len(many) > 1_000


def test_no_text_has_no_hashes_and_calls_do_not_touch_what_was_returned() -> None:
    assert SINGLE("", "").size == 0
    first = SINGLE("", "one two three four five six seven eight nine ten")
    kept = first.tolist()
    SINGLE("", "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty")
    assert first.tolist() == kept


def test_halves_of_surrogate_pairs_are_no_fault() -> None:
    assert SINGLE("\ud800 a b c", "\udfff").size >= 0
