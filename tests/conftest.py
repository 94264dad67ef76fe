"""What every test goes by, and worlds that are found once for whoever looks at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from msgspec.structs import replace

from fixtures.detected_worlds import SMALL, Labelled, Outcome, detected, labelled
from hydrometer.lab.simulate import SCENARIOS

if TYPE_CHECKING:
    from pathlib import Path


# The first call of a kernel may compile it: no example has a time limit of its own.
settings.register_profile("hydrometer", deadline=None)
settings.load_profile("hydrometer")


@pytest.fixture(scope="session")
def site_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("key") / "site.key"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    return labelled(SMALL, 5, tmp_path_factory.mktemp("small") / "world")


@pytest.fixture(scope="session")
def small_outcome(small: Labelled, site_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What is found of the small world as it is; nobody writes into its folder."""
    return detected(small.folder, tmp_path_factory.mktemp("small-result") / "result", site_key)


@pytest.fixture(scope="session")
def innocent(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    return labelled(replace(SCENARIOS["innocent"], honest=700), 5, tmp_path_factory.mktemp("innocent") / "world")


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    """A reseller's pool: three in five exchanges are innocent customers'."""
    return labelled(replace(SCENARIOS["mixed_pool"], honest=900), 7, tmp_path_factory.mktemp("mixed") / "world")


@pytest.fixture(scope="session")
def mixed_outcome(mixed: Labelled, site_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return detected(mixed.folder, tmp_path_factory.mktemp("mixed-result") / "result", site_key)
