"""The fixed words of a template, from texts that share it, without what was poured into its slots."""

from __future__ import annotations

import math
import re
from difflib import Match, SequenceMatcher
from itertools import pairwise

from hydrometer.contract import TemplateSegment

SHARE = 0.8
"""A stretch of words is shown when at least this share of the distinct texts, and at least three, hold it."""
FEWEST_TEXTS = 3
MOST_TEXTS = 30
MOST_WORDS = 4_000
"""Words read of a text; what comes after is shown as a slot."""
LEAST_RUN = 2
"""Words in a run that is shown; a single word between two slots may stand there by chance."""

_WORD = re.compile(r"\S+")
_SLOT = TemplateSegment("", slot=True)


def extract_template(texts: list[str]) -> list[TemplateSegment]:
    """Return the words that the texts share, in the order of the medoid text, with a slot wherever they differ.

    Texts are aligned to the medoid (the one with the most in common with the others). A run of words is shown when at
    least 80 % of the distinct texts, and three or more, hold it whole and in this order; single words are masked, for
    they may be chance. Slots have no text. Fewer than three distinct texts give one slot. At most 30 texts are read,
    the first in sorted order.
    """
    distinct = sorted({" ".join(_WORD.findall(text)): text for text in texts if text.strip()}.items())[:MOST_TEXTS]
    if len(distinct) < FEWEST_TEXTS:
        return [_SLOT]
    words = [_WORD.findall(key)[:MOST_WORDS] for key, _ in distinct]
    medoid = _find_medoid(words)
    text = distinct[medoid][1]
    spans = [match.span() for match in _WORD.finditer(text)]
    needed = max(FEWEST_TEXTS, math.ceil(SHARE * len(words)))
    blocks = [_match_blocks(words[medoid], other) for other in words]
    runs = _find_runs(blocks, len(words[medoid]), needed)
    if not runs:
        return [_SLOT]
    segments: list[TemplateSegment] = []
    if runs[0][0] > 0 or _count_same_starts(blocks) < needed:
        segments.append(_SLOT)
    for start, stop in runs:
        if segments and not segments[-1].slot:
            segments.append(_SLOT)
        segments.append(TemplateSegment(text[spans[start][0] : spans[stop - 1][1]]))
    if runs[-1][1] < len(spans) or _count_same_ends(blocks, words) < needed:
        segments.append(_SLOT)
    return segments


def _match_blocks(medoid: list[str], other: list[str]) -> list[Match]:
    """Return the stretches that both hold, in order, of LEAST_RUN words or more."""
    matches = SequenceMatcher(None, medoid, other, autojunk=False).get_matching_blocks()
    return [block for block in matches if block.size >= LEAST_RUN]


def _find_runs(blocks: list[list[Match]], length: int, needed: int) -> list[tuple[int, int]]:
    """Return the stretches (start, stop) of the medoid that at least `needed` texts hold unbroken, from left to right."""
    by_position: list[dict[int, int]] = [{} for _ in range(length)]
    for index, text_blocks in enumerate(blocks):
        for number, block in enumerate(text_blocks):
            for position in range(block.a, block.a + block.size):
                by_position[position][index] = number
    runs = []
    start = 0
    while start < length:
        holders = dict(by_position[start])
        stop = start
        while len(holders) >= needed:
            stop += 1
            if stop == length:
                break
            holders = {index: number for index, number in holders.items() if by_position[stop].get(index) == number}
        if stop - start >= LEAST_RUN:
            runs.append((start, stop))
        start = max(stop, start + 1)
    return runs


def _count_same_starts(blocks: list[list[Match]]) -> int:
    """Return how many texts begin as the medoid does."""
    return sum(bool(text_blocks) and text_blocks[0].a == 0 and text_blocks[0].b == 0 for text_blocks in blocks)


def _count_same_ends(blocks: list[list[Match]], words: list[list[str]]) -> int:
    """Return how many texts end as the medoid does (whose blocks of itself are one, of its whole length)."""
    length = max(text_blocks[-1].a + text_blocks[-1].size for text_blocks in blocks if text_blocks)
    return sum(
        bool(text_blocks)
        and text_blocks[-1].a + text_blocks[-1].size == length
        and text_blocks[-1].b + text_blocks[-1].size == len(text)
        for text_blocks, text in zip(blocks, words, strict=True)
    )


def _find_medoid(words: list[list[str]]) -> int:
    """Return the text whose word pairs the others share most; the first of equals."""
    pairs = [{*pairwise(text)} for text in words]
    likeness = [sum(2 * len(a & b) / max(1, len(a) + len(b)) for b in pairs) for a in pairs]
    return likeness.index(max(likeness))
