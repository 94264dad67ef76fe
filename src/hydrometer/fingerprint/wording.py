"""The fixed wording of a template, from texts that share it, without what was poured into its slots."""

from __future__ import annotations

import math
import re
from difflib import SequenceMatcher
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


def consensus(texts: list[str]) -> list[Segment]:
    """Return the wording that the texts share, in the order of the medoid text, with a slot wherever they differ.

    Words are aligned to the medoid (the text with the most in common with the others). A word is shown when at least 80
    % of the distinct texts, and three or more, hold it at that place; runs of fewer than two such words are masked, for
    they may be chance. Slots have no text. Fewer than three distinct texts give one slot. At most 30 texts are read,
    the first in sorted order.
    """
    distinct = sorted({" ".join(_WORD.findall(text)): text for text in texts if text.strip()}.items())[:MOST_TEXTS]
    if len(distinct) < FEWEST_TEXTS:
        return [Segment("", slot=True)]
    words = [_WORD.findall(key)[:MOST_WORDS] for key, _ in distinct]
    medoid = _medoid(words)
    text = distinct[medoid][1]
    held = [1] * len(words[medoid])
    for index, other in enumerate(words):
        if index != medoid:
            for place in _aligned(words[medoid], other):
                held[place] += 1
    needed = max(FEWEST_TEXTS, math.ceil(SHARE * len(words)))
    shown = _without_short_runs([count >= needed for count in held])
    spans = [match.span() for match in _WORD.finditer(text)]
    segments: list[Segment] = []
    start = 0
    while start < len(spans):
        seen = start < len(shown) and shown[start]
        stop = start
        while stop < len(spans) and (stop < len(shown) and shown[stop]) == seen:
            stop += 1
        segments.append(Segment(text[spans[start][0] : spans[stop - 1][1]]) if seen else Segment("", slot=True))
        start = stop
    return _with_hidden_gaps(segments, words, medoid, shown)


def _aligned(medoid: list[str], other: list[str]) -> list[int]:
    """Return the places of the medoid's words that `other` holds in the same order, in runs of two or more."""
    blocks = SequenceMatcher(None, medoid, other, autojunk=False).get_matching_blocks()
    return [block.a + step for block in blocks for step in range(block.size) if block.size >= LEAST_RUN]


def _medoid(words: list[list[str]]) -> int:
    """Return the text whose word pairs the others share most; the first of equals."""
    pairs = [{*pairwise(text)} for text in words]
    likeness = [sum(2 * len(a & b) / max(1, len(a) + len(b)) for b in pairs) for a in pairs]
    return likeness.index(max(likeness))


def _without_short_runs(shown: list[bool]) -> list[bool]:
    kept = list(shown)
    start = 0
    for place in range(len(shown) + 1):
        if place == len(shown) or not shown[place]:
            if place - start < LEAST_RUN:
                kept[start:place] = [False] * (place - start)
            start = place + 1
    return kept


def _with_hidden_gaps(segments: list[Segment], words: list[list[str]], medoid: int, shown: list[bool]) -> list[Segment]:
    """Split fixed stretches where most texts have words that the medoid lacks: an empty slot of the medoid is still a
    slot."""
    fixed = [place for place, seen in enumerate(shown) if seen]
    gaps = dict.fromkeys(fixed, 0)
    edges = dict.fromkeys(("start", "end"), 0)
    for index, other in enumerate(words):
        if index == medoid:
            continue
        blocks = [
            b for b in SequenceMatcher(None, words[medoid], other, autojunk=False).get_matching_blocks() if b.size
        ]
        for before, after in pairwise(blocks):
            if before.a + before.size == after.a and before.b + before.size < after.b and after.a in gaps:
                gaps[after.a] += 1
        if blocks:
            edges["start"] += blocks[0].a == 0 and blocks[0].b > 0
            edges["end"] += blocks[-1].a + blocks[-1].size == len(shown) and blocks[-1].b + blocks[-1].size < len(other)
    enough = len(words) / 2
    result: list[Segment] = []
    place = 0
    if edges["start"] > enough and segments and not segments[0].slot:
        result.append(Segment("", slot=True))
    for segment in segments:
        if segment.slot:
            while place < len(shown) and not shown[place]:
                place += 1
            result.append(segment)
            continue
        parts = list(_WORD.finditer(segment.text))
        cut = 0
        for step, match in enumerate(parts):
            if step and gaps[place + step] > enough:
                result += [Segment(segment.text[cut : parts[step - 1].end()]), Segment("", slot=True)]
                cut = match.start()
        result.append(Segment(segment.text[cut:]))
        place += len(parts)
    if edges["end"] > enough and result and not result[-1].slot:
        result.append(Segment("", slot=True))
    return result
