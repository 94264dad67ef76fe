"""From how many places an account comes; networks stand in where systems are not logged."""

from __future__ import annotations

import numpy as np

from fixtures.populations import HOUR, NEW_YEAR, Draft, population, showing
from hydrometer.detection.signals.exit_rotation import MANY, count_systems, has_systems, mask_rotating_accounts


def at_places(count: int) -> Draft:
    draft = Draft(times=[NEW_YEAR + at * HOUR for at in range(12)])
    return showing(draft, "asn", *{f"system-{at}" for at in range(count)})


def test_whoever_comes_from_many_systems_rotates() -> None:
    made, _ = population([at_places(1), at_places(MANY - 1), at_places(MANY)])
    assert has_systems(made)
    known = np.isfinite(count_systems(made))
    assert mask_rotating_accounts(made)[known].tolist() == (count_systems(made)[known] >= MANY).tolist()
