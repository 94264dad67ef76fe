"""What sketches promise: containment, keys, order, cuts, and no crash on any bytes."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.fingerprint_texts import KEY, exchanges, fingerprints, prompt
from hydrometer.contract.errors import InputError
from hydrometer.contract.fingerprint_columns import TRAFFIC
from hydrometer.contract.settings import FingerprintSettings
from hydrometer.fingerprint import Fingerprinter, SiteKey

WORDS = [
    a + b
    for a in ("ba", "ke", "lo", "mi", "nu", "pra", "sto", "ti")
    for b in ("den", "fur", "gal", "hem", "jor", "kun")
]


def text(seed: int, words: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def test_same_text_same_row_in_any_batch_order_and_thread_count() -> None:
    texts = [(text(row, 30), text(row + 1_000, 120)) for row in range(600)]
    batch = exchanges(list(texts))
    one = Fingerprinter(FingerprintSettings(), KEY).fingerprint_batch(batch)
    assert one.schema.equals(TRAFFIC.schema)
    assert one.equals(Fingerprinter(FingerprintSettings(), KEY, threads=2).fingerprint_batch(batch))
    backwards = Fingerprinter(FingerprintSettings(), KEY).fingerprint_batch(batch.take(pa.array(range(599, -1, -1))))
    assert backwards.take(pa.array(range(599, -1, -1))).equals(one)
    assert Fingerprinter(FingerprintSettings(), KEY).fingerprint_batch(batch.slice(100, 50)).equals(one.slice(100, 50))


def test_another_key_shares_nothing() -> None:
    here, there = prompt(text(1, 400)), prompt(text(1, 400), SiteKey(bytes(16)))
    assert len(here["sketch"]) > 50
    assert not set(here["sketch"]) & set(there["sketch"])
    for column in ("prompt_hash", "lead_hash", "tail_hash"):
        assert here[column] != there[column]
    for column in ("prompt_words", "shape", "language", "elicitation_confidence", "capability"):
        assert here[column] == there[column]


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(1, 150), st.integers(1, 150))
def test_appended_text_only_adds(seed: int, first: int, more: int) -> None:
    start = text(seed, first + 2)
    short, long = prompt(start)["sketch"], prompt(f"{start} {text(seed + 1, more)}")["sketch"]
    assert set(short) <= set(long)
    assert long == sorted(set(long))


def test_containment_is_estimated_without_bias() -> None:
    estimates = []
    for seed in range(40):
        template, slot = text(seed, 150), text(seed + 500, 150)
        a = set(prompt(template)["sketch"])
        b = set(prompt(f"{template} {slot}")["sketch"])
        estimates.append(len(a) / len(b))
    assert np.mean(estimates) == pytest.approx(148 / 298, abs=0.04)


def test_one_in_four_shingles_is_kept() -> None:
    sizes = [len(prompt(text(seed, 202))["sketch"]) for seed in range(60)]
    assert np.mean(sizes) == pytest.approx(50, rel=0.1)
    distinct = " ".join(first + second for first in WORDS[:10] for second in WORDS[:20])
    assert len(prompt(distinct, sample_one_in=1)["sketch"]) == 198


def test_a_template_keeps_its_hashes_whatever_is_in_its_slots() -> None:
    lead, close = text(1, 60), text(2, 60)
    sketches = [set(prompt(f"{lead} {text(seed, 20)} {close}")["sketch"]) for seed in (10, 11, 12)]
    shared = set.intersection(*sketches)
    assert shared >= set(prompt(lead)["sketch"]) | set(prompt(close)["sketch"])


def test_case_punctuation_white_space_and_numbers_do_not_matter() -> None:
    plain = prompt("don't sum 12 and 3 apples, please")
    for other in ("Don’t SUM 99\tand 4 -- apples; please!", "  don't sum 7 and 8 apples\n\nplease\u2003"):
        assert prompt(other)["prompt_hash"] == plain["prompt_hash"]
    assert prompt("do not sum 12 and 3 apples please")["prompt_hash"] != plain["prompt_hash"]
    assert prompt("ПРИВЕТ, Мир")["prompt_hash"] == prompt("привет мир")["prompt_hash"]
    assert prompt("ＡＢＣ １２")["prompt_hash"] == prompt("abc 7")["prompt_hash"]


def test_words_are_counted_by_script() -> None:
    assert prompt("one two-three 4.5")["prompt_words"] == 5
    assert prompt("你好 世界")["prompt_words"] == 4
    assert prompt("Привет, мир")["prompt_words"] == 2
    assert prompt("안녕 세계")["prompt_words"] == 2
    assert prompt("😀 — …")["prompt_words"] == 0


def test_shingles_do_not_cross_from_system_prompt_to_prompt() -> None:
    system, user = text(1, 40), text(2, 40)
    both = fingerprints([(system, user)], sample_one_in=1)[0]["sketch"]
    apart = [prompt(part, sample_one_in=1)["sketch"] for part in (system, user)]
    assert both == sorted({*apart[0], *apart[1]})


def test_lead_and_tail() -> None:
    rows = [
        prompt(part) for part in (text(1, 8) + " " + text(2, 50), text(1, 8) + " " + text(3, 42) + " " + text(4, 8))
    ]
    assert rows[0]["lead_hash"] == rows[1]["lead_hash"] == prompt(text(1, 8))["lead_hash"]
    assert rows[0]["tail_hash"] != rows[1]["tail_hash"] == prompt(text(4, 8))["tail_hash"]


def test_absent_and_empty_texts() -> None:
    maker = Fingerprinter(FingerprintSettings(), KEY)
    nothing, empty, system = maker.fingerprint_batch(
        exchanges([(None, None), (None, ""), ("be kind to all", None)])
    ).to_pylist()
    assert nothing["sketch"] is None
    assert nothing["elicitation"] is None
    assert maker.counts["without_text"] == 1
    assert empty["sketch"] == []
    assert empty["prompt_words"] == 0
    assert empty["prompt_hash"] is None
    assert (empty["elicitation"], empty["elicitation_confidence"], empty["language"]) == ("none", 0.0, "und")
    assert system["system_words"] == 4
    assert system["prompt_words"] is None
    assert system["language"] is None
    assert maker.fingerprint_batch(exchanges([])).num_rows == 0


def test_what_is_cut_is_counted() -> None:
    maker = Fingerprinter(FingerprintSettings(max_words=200, max_sketch=16), KEY)
    long = f"{text(1, 300)} {text(2, 8)}"
    cut, other, whole = maker.fingerprint_batch(
        exchanges([(None, long), (None, text(1, 300)), (None, text(5, 20))])
    ).to_pylist()
    assert maker.counts == {"exchanges": 3, "without_text": 0, "texts_cut": 2, "sketches_capped": 2}
    assert cut["prompt_words"] == 308
    assert cut["tail_hash"] == prompt(text(2, 8))["tail_hash"]
    assert cut["prompt_hash"] != other["prompt_hash"]
    assert cut["sketch"] == prompt(" ".join(long.split()[:200]))["sketch"][:16]
    assert whole["prompt_words"] == 20


@settings(max_examples=40)
@given(st.lists(st.none() | st.binary(max_size=200), min_size=1, max_size=8), st.booleans(), st.integers(0, 3))
def test_no_bytes_crash_it(raw: list[bytes | None], large: bool, first: int) -> None:
    kind = pa.large_string() if large else pa.string()
    binary = pa.array(raw, pa.large_binary() if large else pa.binary())
    column = pa.Array.from_buffers(kind, len(raw), binary.buffers(), binary.null_count)
    batch = exchanges([(None, "x")] * len(raw))
    place = batch.schema.get_field_index("prompt")
    arrays = [column if index == place else batch.column(index) for index in range(batch.num_columns)]
    names = [
        pa.field("prompt", kind) if index == place else batch.schema.field(index) for index in range(batch.num_columns)
    ]
    whole = pa.RecordBatch.from_arrays(arrays, schema=pa.schema(names))
    made = Fingerprinter(FingerprintSettings(), KEY).fingerprint_batch(whole)
    assert made.column("prompt_words").is_valid().to_pylist() == [value is not None for value in raw]
    assert Fingerprinter(FingerprintSettings(), KEY).fingerprint_batch(whole.slice(first)).equals(made.slice(first))


@pytest.mark.parametrize(
    "settings_",
    [{"shingle_words": 0}, {"sample_one_in": 0}, {"max_sketch": 0}, {"max_words": 5}, {"lead_words": 1_000}],
)
def test_settings_out_of_range(settings_: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(settings_))):
        Fingerprinter(FingerprintSettings(**settings_), KEY)
