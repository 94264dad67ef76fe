"""The shared wording of a template, and nothing of what was poured into it."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.contract.result_records import TemplateSegment
from hydrometer.fingerprint import extract_template

LEAD = "Read the problem below and write out every step of your thinking."
CLOSE = "Finish with the answer in <answer> tags."
SLOT = TemplateSegment("", slot=True)


def slots(seed: int, count: int) -> str:
    return " ".join(f"w{random.Random(f'{seed}-{place}').randrange(10**9)}" for place in range(count))


def test_slots_are_masked_and_the_wording_stays() -> None:
    texts = [f"{LEAD}\n\n{slots(seed, 5 + seed)}\n\n{CLOSE}" for seed in range(10)]
    assert extract_template(texts) == [TemplateSegment(LEAD), SLOT, TemplateSegment(CLOSE)]


def test_fewer_than_three_distinct_texts_show_nothing() -> None:
    assert extract_template([]) == [SLOT]
    assert extract_template([LEAD, LEAD, LEAD, CLOSE]) == [SLOT]


def test_a_slot_that_the_medoid_leaves_empty_is_still_a_slot() -> None:
    texts = [f"{LEAD} {slots(seed, 3)} {CLOSE}" for seed in range(2)] + [f"{LEAD} {CLOSE}"]
    assert extract_template(
        [*texts, *(f"{LEAD} {slots(seed, 3)} {CLOSE}" for seed in range(2, 6))]
    ) == extract_template(texts)
    assert extract_template(texts) == [TemplateSegment(LEAD), SLOT, TemplateSegment(CLOSE)]


def test_a_value_in_most_but_not_enough_texts_is_masked() -> None:
    texts = [
        f"{LEAD} {'the secret of Anna' if seed < 7 else 'something else here'} {slots(seed, 4)} {CLOSE}"
        for seed in range(10)
    ]
    shown = " ".join(segment.text for segment in extract_template(texts))
    assert "Anna" not in shown
    assert "answer in <answer> tags" in shown


def test_a_variant_wording_does_not_break_the_rest() -> None:
    texts = [f"{LEAD} {slots(seed, 6)} {CLOSE}" for seed in range(9)]
    texts.append(f"Please {LEAD.lower()} {slots(9, 6)} {CLOSE}")
    assert extract_template(texts) == [TemplateSegment(LEAD), SLOT, TemplateSegment(CLOSE)]


@settings(max_examples=60)
@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=12), min_size=0, max_size=12))
def test_only_what_most_texts_hold_is_shown(words: list[list[str]]) -> None:
    texts = [" ".join(line) for line in words]
    distinct = set(texts)
    segments = extract_template(texts)
    assert all(not segment.text for segment in segments if segment.slot)
    for segment in segments:
        holders = sum(f" {segment.text} " in f" {text} " for text in distinct)
        assert segment.slot or holders >= max(3, 0.8 * len(distinct))
    assert all(a.slot != b.slot for a, b in pairwise(segments))
