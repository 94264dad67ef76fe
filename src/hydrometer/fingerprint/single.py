"""The sketch of one exchange at a time, for the guard: the same hashes as the batch's, in a few microseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numba import njit

from hydrometer.fingerprint.alphabet import alphabet
from hydrometer.fingerprint.kernels.hashing import SPREAD, shingles, sort_unique
from hydrometer.fingerprint.kernels.text import SCRIPTS, token_room, tokenise
from hydrometer.fingerprint.kernels.words import RING

if TYPE_CHECKING:
    from hydrometer.contract.settings import FingerprintSettings
    from hydrometer.fingerprint.key import SiteKey


@njit(cache=True)
def single_room(limit: int) -> Any:
    """Return the scratch of `sketch_of` for this `max_words`."""
    return (
        np.empty(limit + RING, np.uint64),
        np.empty(limit + RING, np.uint64),
        np.empty(SCRIPTS, np.int32),
        np.empty(2 * limit + 16, np.int64),
        np.empty(2 * limit + 16, np.int64),
        np.empty((1 << SPREAD) + 1, np.int32),
        np.empty((2, limit), np.uint64),
        token_room(),
    )


@njit(cache=True)
def sketch_of(system: Any, prompt: Any, alphabet: Any, key: Any, numbers: Any, room: Any) -> Any:
    """Return the ascending distinct hashes of the sampled shingles of two texts.

    system, prompt: UTF-8. alphabet, key: as of kernels.rows.fingerprint_rows. numbers: (shingle_words, max_sketch,
    max_words). room: scratch from single_room().
    """
    key_low, key_high, least = key
    size, most, limit = numbers
    words, stems, seen, kept, spare, counts, shingled, reading = room
    have = 0
    for part in range(2):
        data = system if part == 0 else prompt
        if data.size == 0:
            continue
        count, _ = tokenise(data, 0, data.size, alphabet, limit, words, stems, seen, reading)
        if count:
            have = shingles(words, min(count, limit), size, least, key_low, key_high, kept, have, shingled)
    have = sort_unique(kept, have, spare, counts)
    return kept[: min(have, most)].copy()


class TextSketch:
    """Sketches (system prompt, prompt) as `Fingerprinter` does under the same settings and key, but for `most` hashes.

    Its scratch is used again at every call: the kernel holds the interpreter's lock until it has copied its answer out.
    """

    def __init__(self, settings: FingerprintSettings, key: SiteKey, *, most: int | None = None) -> None:
        """most: hashes kept of one exchange, `settings.max_sketch` where it is None."""
        self._alphabet = alphabet().tables
        self._key = (*(np.uint64(word) for word in key.words), np.uint64(((1 << 64) - 1) // settings.sample_one_in))
        self._numbers = settings.shingle_words, most or settings.max_sketch, settings.max_words
        self._room = single_room(settings.max_words)
        self("", "")  # compiled, or read from the cache, before the first request waits for it

    def __call__(self, system_prompt: str, prompt: str) -> npt.NDArray[np.int64]:
        """Return the ascending distinct hashes of two texts; an empty text has none."""
        found: npt.NDArray[np.int64] = sketch_of(
            np.frombuffer(system_prompt.encode("utf-8", "replace"), np.uint8),
            np.frombuffer(prompt.encode("utf-8", "replace"), np.uint8),
            self._alphabet,
            self._key,
            self._numbers,
            self._room,
        )
        return found
