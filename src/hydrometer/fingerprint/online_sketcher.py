"""The sketch of one exchange at a time, for the guard: the same hashes as the batch's, in a few microseconds.

Handing an array over to a kernel takes as long as reading a line of text, so that tables, scratch and numbers go as two
arrays, and the kernel carves its views out of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numba import njit

from hydrometer.fingerprint.kernels.keyed_hashing import SPREAD, sample_shingles, sort_unique
from hydrometer.fingerprint.kernels.tokeniser import SCRIPTS, TOKEN_SCRATCH_SIZE, carve_token_scratch, tokenise
from hydrometer.fingerprint.kernels.word_hashing import RING
from hydrometer.fingerprint.text_folding import fold_text
from hydrometer.fingerprint.unicode_tables import build_unicode_tables

if TYPE_CHECKING:
    from hydrometer.contract import FingerprintSettings
    from hydrometer.fingerprint.site_key import SiteKey

_NUMBERS = 8
"""Numbers at the beginning of the scratch: shingle_words, most hashes, max_words, the key's two words and its threshold."""
_COUNTS = (1 << SPREAD) // 2 + 1
_ASCII, _POINTS = 256, 1 << 16
"""Entries of the Unicode table of ASCII, and of its three of other code points."""


def _measure_scratch(limit: int) -> int:
    """Return how long the scratch is, in numbers of 64 bits, for this `max_words`."""
    return _NUMBERS + 2 * (limit + RING) + SCRIPTS + 2 * (2 * limit + 16) + _COUNTS + 2 * limit + TOKEN_SCRATCH_SIZE


@njit(inline="always")
def _carve_tables(tables: Any) -> Any:
    """Carve (ascii_fold, fold, kind, script) out of the bytes of all four."""
    folds = _ASCII + 2 * _POINTS
    return (
        tables[:_ASCII],
        tables[_ASCII:folds].view(np.uint16),
        tables[folds : folds + _POINTS],
        tables[folds + _POINTS :],
    )


@njit(cache=True)
def sketch_texts(system: Any, prompt: Any, tables: Any, scratch: Any) -> Any:
    """Return the ascending distinct hashes of the sampled shingles of two texts.

    system, prompt: UTF-8. tables: bytes of the Unicode tables, one after the other. scratch: of
    `_measure_scratch`, which begins with the numbers.
    """
    size, most, limit = scratch[0], scratch[1], scratch[2]
    key = scratch[3:6].view(np.uint64)
    at, long, wide = _NUMBERS, limit + RING, 2 * limit + 16
    words = scratch[at : at + long].view(np.uint64)
    at += long
    stems = scratch[at : at + long].view(np.uint64)
    at += long
    script_counts = scratch[at : at + SCRIPTS].view(np.int32)[:SCRIPTS]
    at += SCRIPTS
    kept = scratch[at : at + wide]
    at += wide
    spare = scratch[at : at + wide]
    at += wide
    counts = scratch[at : at + _COUNTS].view(np.int32)
    at += _COUNTS
    shingled = scratch[at : at + 2 * limit].view(np.uint64).reshape(2, limit)
    at += 2 * limit
    reading = carve_token_scratch(scratch[at : at + TOKEN_SCRATCH_SIZE])
    letters = _carve_tables(tables)
    have = 0
    for part in range(2):
        data = system if part == 0 else prompt
        if data.size == 0:
            continue
        count, _ = tokenise(data, 0, data.size, letters, limit, words, stems, script_counts, reading)
        if count:
            have = sample_shingles(words, min(count, limit), size, key[2], key[0], key[1], kept, have, shingled)
    have = sort_unique(kept, have, spare, counts)
    return kept[: min(have, most)].copy()


class OnlineSketcher:
    """Sketcher of one (system prompt, prompt) at a time, as `Fingerprinter` does it under the same settings and key, but for `most` hashes.

    Its scratch is used again at every call: the kernel holds the interpreter's lock until it has copied its answer out.
    """

    def __init__(self, settings: FingerprintSettings, key: SiteKey, *, most: int | None = None) -> None:
        """most: hashes kept of one exchange, `settings.max_sketch` where it is None."""
        self._tables = np.concatenate([table.view(np.uint8) for table in build_unicode_tables().arrays])
        self._scratch = np.zeros(_measure_scratch(settings.max_words), np.int64)
        self._scratch[:3] = settings.shingle_words, most or settings.max_sketch, settings.max_words
        self._scratch[3:6].view(np.uint64)[:] = (*key.words, ((1 << 64) - 1) // settings.sample_one_in)
        self("", "")  # compiled, or read from the cache, before the first request waits for it

    def __call__(self, system_prompt: str, prompt: str) -> npt.NDArray[np.int64]:
        """Return the ascending distinct hashes of two texts; an empty text has none."""
        hashes: npt.NDArray[np.int64] = sketch_texts(
            np.frombuffer(fold_text(system_prompt).encode("utf-8", "replace"), np.uint8),
            np.frombuffer(fold_text(prompt).encode("utf-8", "replace"), np.uint8),
            self._tables,
            self._scratch,
        )
        return hashes
