"""The folder of a TAXII server: collections and clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hydrometer.contract import InputError
from hydrometer.intelligence.taxii import add_collection, grant_access, list_clients, open_taxii_site

if TYPE_CHECKING:
    from pathlib import Path


def test_rights_are_granted_by_alias_and_listed_by_it(tmp_path: Path) -> None:
    add_collection(tmp_path, "shared", "Shared", "")
    token = grant_access(tmp_path, "ours", ["shared"], ["shared"])
    assert list_clients(tmp_path) == [("ours", ["shared"], ["shared"])]
    client = open_taxii_site(tmp_path)[1].authenticate(f"Bearer {token}")
    assert client is not None
    assert client.name == "ours"


def test_what_is_not_there_and_bad_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no alias for a collection: 'a/b'"):
        add_collection(tmp_path, "a/b", "Title", "")
    with pytest.raises(InputError, match="no collection shared"):
        grant_access(tmp_path, "ours", ["shared"], [])
