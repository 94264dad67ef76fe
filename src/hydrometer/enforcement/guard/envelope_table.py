"""Where reasoning envelopes came from first: an encrypted or signed envelope belongs to one account, conversation and model.

Kept as keyed hashes in a table of fixed size: when it is full, the oldest entry near a hash's place makes room.
"""

from __future__ import annotations

import secrets
from array import array
from typing import TYPE_CHECKING

from hydrometer.enforcement.text_digest import hash_text

if TYPE_CHECKING:
    from collections.abc import Sequence

SETS = 1 << 16
WAYS = 4
"""Entries that share a slot of the table."""
LEAST_LETTERS = 64
"""A shorter text is no envelope: clients send agreed words where they have none."""
MOST_LOOKED, MOST_KEPT = 256, 32
"""Envelopes of one request that are looked up, and new ones of them that are kept."""


class EnvelopeTable:
    """A table of `sets` × 4 envelopes, 32 bytes each."""

    def __init__(self, sets: int = SETS) -> None:
        """Make an empty table; `sets`: a power of two."""
        if sets < 1 or sets & (sets - 1):
            raise ValueError("the number of sets must be a power of two")
        self._key, self._mask = secrets.token_bytes(16), sets - 1
        size = 8 * sets * WAYS
        self._hashes, self._owner, self._conversation, self._model = (array("Q", bytes(size)) for _ in range(4))
        self._oldest = array("B", bytes(sets))
        self.skipped = 0
        """Envelopes that were not looked up, since their requests held too many."""

    def replayed_from(self, texts: Sequence[str], owner: str, conversation: str, model: str) -> str:
        """Return what the envelopes of a request show: `account`, `conversation` or `model` where one came first with
        another one, in this order; else nothing.

        owner: the organisation, or the account where it has none. A conversation that is not named is not compared.
        """
        if len(texts) > MOST_LOOKED:
            self.skipped += len(texts) - MOST_LOOKED
            texts = texts[-MOST_LOOKED:]
        key = self._key
        mine = hash_text(owner, key), hash_text(conversation, key) if conversation else 0, hash_text(model, key)
        worst, kept = "", 0
        for text in texts:
            if len(text) < LEAST_LETTERS:
                continue
            value = hash_text(text, key) or 1
            slot = self._find_slot(value)
            if slot >= 0:
                worst = self._compare_origin(worst, slot, mine)
            elif kept < MOST_KEPT:
                self._insert(value, mine)
                kept += 1
        return worst

    def _find_slot(self, value: int) -> int:
        first = (value & self._mask) * WAYS
        for slot in range(first, first + WAYS):
            if self._hashes[slot] == value:
                return slot
        return -1

    def _insert(self, value: int, mine: tuple[int, int, int]) -> None:
        bucket = value & self._mask
        slot = bucket * WAYS + self._oldest[bucket]
        self._oldest[bucket] = (self._oldest[bucket] + 1) % WAYS
        self._hashes[slot] = value
        self._owner[slot], self._conversation[slot], self._model[slot] = mine

    def _compare_origin(self, worst: str, slot: int, mine: tuple[int, int, int]) -> str:
        owner, conversation, model = mine
        if worst == "account" or self._owner[slot] != owner:
            return "account"
        first_conversation = self._conversation[slot]
        if worst == "conversation" or (conversation and first_conversation and first_conversation != conversation):
            return "conversation"
        return "model" if worst or self._model[slot] != model else ""
