"""What numbers and hashes stand for."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from fixtures.small_traffic import table_of
from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.detection.population.account_store.string_hashing import hash_strings
from hydrometer.detection.population.account_store.traffic_dictionaries import (
    HashedStrings,
    StringDictionary,
    TrafficDictionaries,
)


def test_declared_accounts_come_first_and_others_are_organisations_of_their_own() -> None:
    declared = [{"account_id": "b", "org_id": "o"}, {"account_id": "a", "org_id": "o"}, {"account_id": "c"}]
    accounts = TrafficDictionaries(table_of(ACCOUNTS, declared)).accounts
    assert accounts.encode(pa.array(["d", "a", "c"])).tolist() == [3, 1, 2]
    assert accounts.encode(pa.array(["d", "e"])).tolist() == [3, 4]
    assert accounts.list_ids().to_pylist() == ["b", "a", "c", "d", "e"]
    orgs = accounts.hash_organisations()
    assert orgs[0] == orgs[1]
    assert np.unique(orgs).size == 4


def test_strings_are_numbered_as_they_come() -> None:
    strings = StringDictionary()
    assert strings.encode(["x", None, "y", "x"]).tolist() == [0, -1, 1, 0]
    assert strings.names == ["x", "y"]


def test_hashed_strings_are_listed_once_by_hash_without_null() -> None:
    strings = HashedStrings()
    assert strings.list_distinct()[0].size == 0
    for batch in (pa.array(["x", None, "y"]), pa.array(["y", "z"])):
        strings.add(hash_strings(batch), batch)
    hashes, names = strings.list_distinct()
    assert hashes.tolist() == sorted(hash_strings(pa.array(["x", "y", "z"])).tolist())
    assert hash_strings(names).tolist() == hashes.tolist()
