"""Which of the templates of campaigns a text carries: containment of a template's hashes in the text's sketch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import SnapshotTemplate

SIEVE_BITS = 24
"""Binary logarithm of the most bytes of the sieve."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


class TemplateMatch(NamedTuple):
    """The template that a text carries, or resembles most: its position, the share of its hashes that the text carries, and how many."""

    template: int
    share: float
    hashes: int


NO_MATCH = TemplateMatch(-1, 0.0, 0)


@njit(cache=True)
def find_most_carried(sketch: Any, capped: bool, enough: float, sieve: Any, table: Any) -> Any:
    """Return (template, hashes that it shares with `sketch`, hashes of it that could be shared).

    sketch: ascending int64, distinct. capped: it holds only the smallest hashes of its text, so that a template's greater
    ones say nothing. enough: of templates of which so great a share is carried, the one with most hashes counts; where
    there is none, the one with the greatest share. sieve: a byte for each bucket of hashes, 1 where a key falls.
    table: int64, one array since each that is handed over takes time: (shift to a bucket, keys, hashes, templates), then
    the ascending hashes of all templates; where the owners of each begin, and end; the owners; the hashes of each template,
    ascending; where those of each template begin, and end.
    """
    shift, many, whole, templates = np.uint64(table[0]), table[1], table[2], table[3]
    at = 4 + many
    keys = table[4:at]
    starts = table[at : at + many + 1]
    at += many + 1
    owners = table[at : at + whole]
    at += whole
    hashes = table[at : at + whole]
    at += whole
    bounds = table[at : at + templates + 1]
    tally = np.zeros(bounds.size - 1, np.int32)
    last = sketch.size - 1
    begin = 0
    for position in range(sketch.size):
        value = sketch[position]
        if sieve[(np.uint64(value) * _SPREAD) >> shift] == 0:
            continue
        low, high = begin, keys.size
        while low < high:
            middle = (low + high) >> 1
            if keys[middle] < value:
                low = middle + 1
            else:
                high = middle
        begin = low
        if low < keys.size and keys[low] == value:
            for owner in range(starts[low], starts[low + 1]):
                tally[owners[owner]] += 1
    best, shared, possible = -1, 0, 1
    for template in range(tally.size):
        if tally[template] == 0:
            continue
        most = bounds[template + 1] - bounds[template]
        if capped:
            low, high = bounds[template], bounds[template + 1]
            while low < high:
                middle = (low + high) >> 1
                if hashes[middle] <= sketch[last]:
                    low = middle + 1
                else:
                    high = middle
            most = low - bounds[template]
        had, has = shared >= enough * possible, tally[template] >= enough * most
        if (
            (has and not had)
            or (has == had and not has and tally[template] * possible > shared * most)
            or (has and had and tally[template] > shared)
        ):
            best, shared, possible = template, tally[template], most
    return best, shared, possible


class TemplateMatcher:
    """Templates, arranged so that those which a sketch carries are found fast."""

    def __init__(self, templates: Sequence[SnapshotTemplate], max_sketch: int, enough: float) -> None:
        """Arrange the templates; `max_sketch`: hashes at which a sketch may have been cut off; 0 for never; `enough`: see find_most_carried."""
        self.templates, self._max_sketch, self._enough = templates, max_sketch, enough
        parts = [np.unique(np.asarray(template.hashes, np.int64)) for template in templates]
        bounds = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([part.size for part in parts], out=bounds[1:])
        hashes = np.concatenate(parts) if parts else np.zeros(0, np.int64)
        owner = np.repeat(np.arange(len(parts)), [part.size for part in parts])
        order = np.lexsort((owner, hashes))
        keys, first = np.unique(hashes[order], return_index=True)
        bits = min(SIEVE_BITS, max(10, int(keys.size).bit_length() + 4))
        shift = 64 - bits
        self._sieve = np.zeros(1 << bits, np.uint8)
        self._sieve[(keys.view(np.uint64) * _SPREAD) >> np.uint64(shift)] = 1
        sizes = np.array([shift, keys.size, hashes.size, len(parts)], np.int64)
        starts = np.append(first, hashes.size)
        self._table = np.concatenate([sizes, keys, starts, owner[order], hashes, bounds]).astype(np.int64)

    def __len__(self) -> int:
        return len(self.templates)

    def match(self, sketch: npt.NDArray[np.int64]) -> TemplateMatch:
        """Return the template that a sketch carries, or resembles most; `sketch` is ascending and distinct."""
        if not self.templates or not sketch.size:
            return NO_MATCH
        capped = 0 < self._max_sketch <= sketch.size
        template, shared, possible = find_most_carried(sketch, capped, self._enough, self._sieve, self._table)
        return TemplateMatch(template, shared / possible, shared) if template >= 0 else NO_MATCH
