"""The fixed wording of a template, from texts that share it, without what was poured into its slots."""

from __future__ import annotations

import math
import re
from difflib import Match, SequenceMatcher
from itertools import pairwise

from hydrometer.contract.results import Segment

SHARE = 0.8
"""A stretch of wording is shown when at least this share of the distinct texts, and at least three, hold it."""
FEWEST_TEXTS = 3
MOST_TEXTS = 30
MOST_WORDS = 4_000
"""Words read of a text; what comes after is shown as a slot."""
LEAST_RUN = 2
"""Words in a run that is shown; a single word between two slots may stand there by chance."""

_WORD = re.compile(r"\S+")
_SLOT = Segment("", slot=True)


def consensus(texts: list[str]) -> list[Segment]:
    """Return the wording that the texts share, in the order of the medoid text, with a slot wherever they differ.

    Texts are aligned to the medoid (the one with the most in common with the others). A run of words is shown when at
    least 80 % of the distinct texts, and three or more, hold it whole and in this order; single words are masked, for
    they may be chance. Slots have no text. Fewer than three distinct texts give one slot. At most 30 texts are read,
    the first in sorted order.
    """
    distinct = sorted({" ".join(_WORD.findall(text)): text for text in texts if text.strip()}.items())[:MOST_TEXTS]
    if len(distinct) < FEWEST_TEXTS:
        return [_SLOT]
    words = [_WORD.findall(key)[:MOST_WORDS] for key, _ in distinct]
    medoid = _medoid(words)
    text = distinct[medoid][1]
    spans = [match.span() for match in _WORD.finditer(text)]
    needed = max(FEWEST_TEXTS, math.ceil(SHARE * len(words)))
    blocks = [_blocks(words[medoid], other) for other in words]
    runs = _runs(blocks, len(words[medoid]), needed)
    if not runs:
        return [_SLOT]
    segments: list[Segment] = []
    if runs[0][0] > 0 or _at_start(blocks) < needed:
        segments.append(_SLOT)
    for start, stop in runs:
        if segments and not segments[-1].slot:
            segments.append(_SLOT)
        segments.append(Segment(text[spans[start][0] : spans[stop - 1][1]]))
    if runs[-1][1] < len(spans) or _at_end(blocks, words) < needed:
        segments.append(_SLOT)
    return segments


def _blocks(medoid: list[str], other: list[str]) -> list[Match]:
    """Return the stretches that both hold, in order, of LEAST_RUN words or more."""
    found = SequenceMatcher(None, medoid, other, autojunk=False).get_matching_blocks()
    return [block for block in found if block.size >= LEAST_RUN]


def _runs(blocks: list[list[Match]], length: int, needed: int) -> list[tuple[int, int]]:
    """Return the stretches (start, stop) of the medoid that at least `needed` texts hold unbroken, from left to right."""
    of_place: list[dict[int, int]] = [{} for _ in range(length)]
    for index, found in enumerate(blocks):
        for number, block in enumerate(found):
            for place in range(block.a, block.a + block.size):
                of_place[place][index] = number
    runs = []
    start = 0
    while start < length:
        holders = dict(of_place[start])
        stop = start
        while len(holders) >= needed:
            stop += 1
            if stop == length:
                break
            holders = {index: number for index, number in holders.items() if of_place[stop].get(index) == number}
        if stop - start >= LEAST_RUN:
            runs.append((start, stop))
        start = max(stop, start + 1)
    return runs


def _at_start(blocks: list[list[Match]]) -> int:
    """Return how many texts begin as the medoid does."""
    return sum(bool(found) and found[0].a == 0 and found[0].b == 0 for found in blocks)


def _at_end(blocks: list[list[Match]], words: list[list[str]]) -> int:
    """Return how many texts end as the medoid does (whose blocks of itself are one, of its whole length)."""
    length = max(found[-1].a + found[-1].size for found in blocks if found)
    return sum(
        bool(found) and found[-1].a + found[-1].size == length and found[-1].b + found[-1].size == len(text)
        for found, text in zip(blocks, words, strict=True)
    )


def _medoid(words: list[list[str]]) -> int:
    """Return the text whose word pairs the others share most; the first of equals."""
    pairs = [{*pairwise(text)} for text in words]
    likeness = [sum(2 * len(a & b) / max(1, len(a) + len(b)) for b in pairs) for a in pairs]
    return likeness.index(max(likeness))
