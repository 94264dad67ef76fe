"""The flow has what the commands call, as the stand-in plays it."""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING

import pytest

from fixtures import api_stand_in

if TYPE_CHECKING:
    from collections.abc import Callable


def shape(function: Callable[..., object]) -> list[tuple[str, str, bool]]:
    """Return name, kind and whether there is a default, for each parameter."""
    parameters = inspect.signature(function).parameters.values()
    return [(p.name, p.kind.description, p.default is not p.empty) for p in parameters]


@pytest.mark.parametrize("name", ["detect", "fingerprint", "list_steps", "explain", "require_account", "sample"])
def test_the_stand_in_is_called_like_the_flow(name: str) -> None:
    api = importlib.import_module("hydrometer.api")
    assert shape(getattr(api, name)) == shape(getattr(api_stand_in, name))
