"""Texts as code points: which need folding, what is invisible in them, and letters that stand for others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from hydrometer.fingerprint.kernels.tokeniser import decode_utf8
from hydrometer.fingerprint.kernels.vector_intrinsics import BYTES, find_lowest_bit, mask_bytes_between

POINTS = 1 << 17
"""Code points that the tables hold: the basic plane and the one of symbols and old scripts."""
LATIN, OTHER, MARK, INSIDE, STOP, INVISIBLE, STIRS, NONSTARTER, LIKENED, SINGLE = (1 << bit for bit in range(10))
"""Bits of a code point: a Latin letter; a letter of another script; a mark that Latin letters drop; a digit or an
apostrophe; the end of a sentence; invisible; makes a text be folded by itself; a mark that Unicode puts in order; of a
script with look-alikes; a letter that is a word by itself."""
CYRILLIC, GREEK = 1, 2
"""Scripts into which a word goes back that has letters of theirs which no Latin letter is like."""

MOST_MARKS = 30
"""Marks of one letter that are kept (UAX #15, stream-safe text): putting them in order takes their square."""
_TAGS, _COMPATIBLE = 0xE0000, (0x2F800, 0x2FA1F)
_LATIN_WORD, _OTHER_WORD, _PURE, _MIXED = 0, 1, 2, 3
"""What a word is: of Latin letters; of others; of look-alikes alone; of Latin letters and look-alikes."""
_CLEARLY = 3
"""A sentence is Latin when it has more Latin letters than so many times its others, but for look-alikes."""
_BOTH = 1 << CYRILLIC | 1 << GREEK
_ZERO, _ONE = np.uint64(0), np.uint64(1)


@njit(inline="always")
def _classify(point: Any, classes: Any) -> int:
    """Return the bits of a code point."""
    if point < POINTS:
        return int(classes[np.uint64(point)])
    if point >= _TAGS:
        return INVISIBLE if point < _TAGS + 0x1000 else 0
    return OTHER | SINGLE | (STIRS if _COMPATIBLE[0] <= point <= _COMPATIBLE[1] else 0)


@njit(inline="always")
def _mask_plain_leads(data: Any, at: int) -> Any:
    """Tell which of data[at : at + BYTES] begin sequences of UTF-8 that never stir: U+00C0 to 00FF, Cyrillic, most of Han and Hangul."""
    return (
        mask_bytes_between(data, at, 0xC3, 0xC3)
        | mask_bytes_between(data, at, 0xD0, 0xD1)
        | mask_bytes_between(data, at, 0xE4, 0xE9)
        | mask_bytes_between(data, at, 0xEB, 0xEC)
    )


@njit(nogil=True, cache=True)
def needs_folding(data: Any, start: int, stop: int, classes: Any) -> bool:
    """Tell whether the UTF-8 text data[start:stop] may be another text when it is folded.

    Bytes are looked at 64 at a time: ASCII, and the letters that `_mask_plain_leads` names, are passed over together.
    """
    latin, likened, marks_end = False, False, -1
    for block in range(start, stop, BYTES):
        if block + BYTES <= stop:
            high = mask_bytes_between(data, block, 128, 255)
            latin = (
                latin or (mask_bytes_between(data, block, 65, 90) | mask_bytes_between(data, block, 97, 122)) != _ZERO
            )
            if high == _ZERO:
                continue
            latin = latin or mask_bytes_between(data, block, 0xC3, 0xC3) != _ZERO
            likened = likened or mask_bytes_between(data, block, 0xD0, 0xD1) != _ZERO
            leads = high & ~(mask_bytes_between(data, block, 128, 191) | _mask_plain_leads(data, block))
        else:
            leads = _ZERO
            for at in range(block, stop):
                byte = data[np.uint64(at)]
                latin = latin or 97 <= byte | 32 <= 122
                leads |= np.uint64(byte >= 0xC0) << np.uint64(at - block)
        while leads != _ZERO:
            at = block + find_lowest_bit(leads)
            leads &= leads - _ONE
            point, size = decode_utf8(data, at, stop)
            if point < 0:
                continue
            bits = _classify(point, classes)
            if bits & STIRS or (bits & NONSTARTER and at == marks_end):
                return True
            if bits & NONSTARTER or (bits & INVISIBLE and at == marks_end):
                marks_end = at + size
            latin = latin or bits & LATIN != 0
            likened = likened or bits & LIKENED != 0
        if latin and likened:
            return True
    return False


@njit(nogil=True, cache=True)
def find_rows_to_fold(data: Any, ends: Any, valid: Any, low: int, high: int, classes: Any) -> Any:
    """Return which of the rows low..high need folding, as their indices."""
    rows = np.empty(high - low, np.int64)
    count = 0
    for row in range(low, high):
        if valid[row] and needs_folding(data, ends[row], ends[row + 1], classes):
            rows[count] = row
            count += 1
    return rows[:count]


@njit(nogil=True, cache=True)
def drop_invisible(points: Any, classes: Any, plain: Any) -> int:
    """Leave out, in place, what nobody sees, cut runs of marks, and put plain letters for adorned ones; returns how many stay."""
    kept, run = 0, 0
    for index in range(points.size):
        point = points[index]
        bits = _classify(np.int64(point), classes)
        if bits & INVISIBLE:
            continue
        run = run + 1 if bits & NONSTARTER else 0
        if run > MOST_MARKS:
            continue
        points[kept] = plain[point] if point < POINTS and plain[point] else point
        kept += 1
    return kept


@njit(inline="always")
def _read_latin(point: Any, twin: Any, near: Any) -> int:
    """Return the Latin letter of ASCII that a code point is or is like, 0 for none."""
    if point < 128:
        return int(point)
    if point >= POINTS:
        return 0
    like = twin[np.uint64(point)]
    return int(like if like else near[np.uint64(point)])


@njit(nogil=True, cache=True)
def _judge_word(points: Any, first: int, stop: int, tables: Any) -> Any:
    """Return (what a word is, the script that it may go back to, 0 for none)."""
    classes, script, _, twin, near, back = tables
    latin, others, hard, unlike = 0, 0, 0, 0
    is_hard = False
    for index in range(first, stop):
        point = np.int64(points[np.uint64(index)])
        bits = _classify(point, classes)
        if bits & LATIN:
            latin += 1
        elif not bits & OTHER:
            continue
        own = int(script[np.uint64(point)]) if point < POINTS else 0
        like = _read_latin(point, twin, near)
        if bits & OTHER:
            others |= 1 << own
            if like == 0:
                is_hard = True
                hard |= 1 << own
        for name in (CYRILLIC, GREEK):
            if own != name and (like == 0 or back[np.uint64(name), np.uint64(like)] == 0):
                unlike |= 1 << name
    target = hard if is_hard else others
    home = CYRILLIC if target & _BOTH == 1 << CYRILLIC else GREEK if target & _BOTH == 1 << GREEK else 0
    if is_hard and target != 1 << home:
        home = 0
    if home and unlike & (1 << home):
        home = 0
    if latin == 0:
        return (_OTHER_WORD if is_hard else _PURE), 0
    if is_hard:
        return (_OTHER_WORD if home else _LATIN_WORD), home
    return (_MIXED if home else _LATIN_WORD), home


@njit(nogil=True, cache=True)
def _find_words(points: Any, tables: Any, words: Any, balance: Any) -> Any:
    """Return (words with letters of scripts that have look-alikes, sentences) after writing the former to `words` [words, 5]: first and last sign, kind, script that it
    may go back to, sentence; and to `balance` by how much each sentence is Latin, and the letters that tell."""
    classes = tables[0]
    count, sentence, at = 0, 0, 0
    balance[0, :] = 0
    while at < points.size:
        bits = _classify(np.int64(points[np.uint64(at)]), classes)
        if bits & STOP:
            sentence += 1
            balance[sentence, :] = 0
        if not bits & (LATIN | OTHER):
            at += 1
            continue
        first = at
        at += 1
        if bits & SINGLE:
            balance[sentence, 0] -= _CLEARLY
            balance[sentence, 1] += 1
            continue
        kinds_of_letters, letters = bits, 1
        while at < points.size:
            bits = _classify(np.int64(points[np.uint64(at)]), classes)
            if bits & SINGLE or not bits & (LATIN | OTHER | MARK | INSIDE | NONSTARTER):
                break
            kinds_of_letters |= bits
            letters += 1 if bits & (LATIN | OTHER) else 0
            at += 1
        kind, home = _LATIN_WORD if kinds_of_letters & LATIN or not kinds_of_letters & OTHER else _OTHER_WORD, 0
        likened = kinds_of_letters & LIKENED != 0
        if likened:
            kind, home = _judge_word(points, first, at, tables)
        if kind in (_LATIN_WORD, _OTHER_WORD):
            balance[sentence, 0] += letters if kind == _LATIN_WORD else -_CLEARLY * letters
            balance[sentence, 1] += letters
        if not likened:
            continue
        words[count, 0], words[count, 1], words[count, 2], words[count, 3], words[count, 4] = (
            first,
            at,
            kind,
            home,
            sentence,
        )
        count += 1
    return count, sentence + 1


@njit(nogil=True, cache=True)
def _settle_sentences(words: Any, balance: Any) -> Any:
    """Return which sentences are Latin: by their letters, else as the sentence before them, else as the one after."""
    latin = np.zeros(len(balance), np.bool_)
    settled = np.flatnonzero(balance[:, 1] > 0)
    if settled.size == 0:
        latin[:] = np.any(words[:, 2] == _MIXED)
        return latin
    state = balance[settled[0], 0] > 0
    for sentence in range(len(balance)):
        if balance[sentence, 1] > 0:
            state = balance[sentence, 0] > 0
        latin[sentence] = state
    return latin


@njit(nogil=True, cache=True)
def map_look_alikes(points: Any, tables: Any) -> int:
    """Put, in place, Latin letters for their look-alikes, and leave out marks that Latin letters drop; returns how many stay.

    A word that has Latin letters becomes all Latin, but one of Cyrillic or Greek letters that Latin has nothing like
    becomes all of that script. A word of look-alikes alone becomes Latin where its sentence is clearly Latin. The
    others keep their letters.

    tables: of look_alikes.FoldTables.
    """
    classes, script, _, twin, near, back = tables
    words, balance = np.empty((points.size, 5), np.int64), np.empty((points.size + 1, 2), np.int64)
    count, sentences = _find_words(points, tables, words, balance)
    latin = _settle_sentences(words[:count], balance[:sentences])
    for word in range(count):
        first, stop, kind, home, sentence = words[word]
        if (kind == _OTHER_WORD and home == 0) or (kind == _PURE and not latin[sentence]):
            continue
        back_home = kind == _OTHER_WORD or (kind == _MIXED and not latin[sentence])
        for index in range(first, stop):
            point = np.int64(points[np.uint64(index)])
            if not _classify(point, classes) & (LATIN | OTHER):
                continue
            like = _read_latin(point, twin, near)
            if not back_home and like:
                points[index] = like
            elif back_home and script[point] != home:
                points[index] = back[home, like]
    kept, keeps = 0, False
    for index in range(points.size):
        bits = _classify(np.int64(points[np.uint64(index)]), classes)
        if bits & MARK and not keeps:
            continue
        if not bits & (MARK | NONSTARTER):
            keeps = bits & OTHER != 0
        points[kept] = points[index]
        kept += 1
    return kept
