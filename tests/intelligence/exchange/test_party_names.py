"""Short names of partners, clients and collections."""

from __future__ import annotations

import pytest

from hydrometer.contract import InputError
from hydrometer.intelligence.exchange.party_names import check_party_name


@pytest.mark.parametrize("name", ["a", "Partner-1", "x.y_z", "0" * 64])
def test_names_that_are_safe_everywhere_pass(name: str) -> None:
    check_party_name(name, "name for a partner")


@pytest.mark.parametrize("name", ["", "-a", ".a", "a/b", "a b", "é", "0" * 65, "a\n"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"no name for a partner: .*Use letters, digits, dots, dashes"):
        check_party_name(name, "name for a partner")
