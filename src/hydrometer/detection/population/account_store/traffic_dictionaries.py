"""What the numbers and hashes of stored rows stand for: accounts with their organisations, and strings."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hydrometer.detection.population.account_store.dictionary_encoder import DictionaryEncoder
from hydrometer.detection.population.account_store.string_hashing import ABSENT, hash_strings

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALONE = np.uint64(0xA0761D6478BD642F)


class AccountDictionary:
    """Numbers of accounts in the order of first sight, the declared ones first, and their organisations. Safe in threads."""

    def __init__(self, accounts: pa.Table) -> None:
        self._lock = threading.Lock()
        self._dictionary = DictionaryEncoder()
        self._ids: list[pa.StringArray] = []
        self._orgs: list[npt.NDArray[np.uint64]] = []
        ids = accounts["account_id"].combine_chunks()
        orgs = hash_strings(accounts["org_id"].combine_chunks())
        self._add(ids, hash_strings(ids), orgs)

    def _add(self, ids: pa.StringArray, hashes: npt.NDArray[np.uint64], orgs: npt.NDArray[np.uint64]) -> None:
        if len(ids):
            self._dictionary.encode(hashes.view(np.int64))
            self._ids.append(ids)
            # An account without a declared customer is its own.
            self._orgs.append(np.where(orgs != ABSENT, orgs, hashes ^ _ALONE))

    def encode(self, ids: pa.StringArray) -> npt.NDArray[np.int32]:
        """Return the numbers of distinct account ids, new ones for new ids."""
        hashes = hash_strings(ids)
        with self._lock:
            numbers = self._dictionary.look_up(hashes.view(np.int64))
            new = numbers < 0
            if new.any():
                self._add(ids.filter(pa.array(new)), hashes[new], np.zeros(int(new.sum()), np.uint64))
                numbers = self._dictionary.look_up(hashes.view(np.int64))
        return numbers

    def hash_organisations(self) -> npt.NDArray[np.uint64]:
        """Return a hash of each account's organisation, by number."""
        with self._lock:
            if len(self._orgs) > 1:
                self._orgs = [np.concatenate(self._orgs)]
            return self._orgs[0] if self._orgs else np.zeros(0, np.uint64)

    def list_ids(self) -> pa.ChunkedArray:
        """Return the account ids by number."""
        return pa.chunked_array(self._ids, pa.string())


class StringDictionary:
    """Numbers of strings in the order of first sight, for columns of few distinct values. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}

    def encode(self, values: Iterable[str | None]) -> npt.NDArray[np.int32]:
        """Return the numbers of values, new ones for new values; -1 for None."""
        with self._lock:
            codes = self._numbers
            return np.array([-1 if v is None else codes.setdefault(v, len(codes)) for v in values], np.int32)

    @property
    def names(self) -> list[str]:
        """All strings in the order of their numbers."""
        return list(self._numbers)


class HashedStrings:
    """The strings that hashes stand for, gathered as they come. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: list[tuple[npt.NDArray[np.uint64], pa.StringArray]] = []

    def add(self, hashes: npt.NDArray[np.uint64], strings: pa.StringArray) -> None:
        """Add strings with their hashes; they may repeat others."""
        with self._lock:
            self._batches.append((hashes, strings))

    def list_distinct(self) -> tuple[npt.NDArray[np.uint64], pa.Array]:
        """Return the distinct hashes, ascending, and their strings."""
        if not self._batches:
            return np.zeros(0, np.uint64), pa.array([], pa.string())
        hashes = np.concatenate([hashes for hashes, _ in self._batches])
        strings = pa.chunked_array([strings for _, strings in self._batches], pa.string())
        order = np.argsort(hashes, kind="stable")
        hashes = hashes[order]
        first = np.ones(hashes.size, np.bool_)
        first[1:] = hashes[1:] != hashes[:-1]
        first &= hashes != ABSENT
        return hashes[first], strings.take(pa.array(order[first])).combine_chunks()


class TrafficDictionaries:
    """All dictionaries of the rows of one store.

    Attributes:
        accounts: accounts and their organisations.
        codes: by column the strings that rows have numbers of.
        names: by column the strings that rows have hashes of.
    """

    def __init__(self, accounts: pa.Table) -> None:
        """Begin with the declared accounts (a table of ACCOUNTS)."""
        self.accounts = AccountDictionary(accounts)
        self.codes = {name: StringDictionary() for name in ("model", "user_agent", "ja4", "language", "tools")}
        self.names = {name: HashedStrings() for name in ("client_ip", "end_user_id", "session_id")}
