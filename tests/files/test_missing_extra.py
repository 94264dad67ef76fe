"""What a user is told where an extra is missing."""

from __future__ import annotations

import sys

import pytest

from hydrometer.contract import InputError
from hydrometer.files import require_extra


def test_the_missing_package_and_its_extra_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rbcl", None)
    with pytest.raises(InputError) as raised, require_extra("match", "private matching"):
        import rbcl  # noqa: F401
    assert str(raised.value) == (
        "private matching needs rbcl, which is not installed. Run: pip install 'hydrometer[match]'"
    )


def test_a_module_of_our_own_that_is_missing_is_our_fault() -> None:
    with pytest.raises(ModuleNotFoundError), require_extra("match", "private matching"):
        import hydrometer.nowhere  # type: ignore[import-not-found] # noqa: F401 -- there is none
