"""Sittings leave gaps far below the mean; requests without memory leave few."""

from __future__ import annotations

import numpy as np

from fixtures.populations import HOUR, MINUTE, NEW_YEAR, SPAN, Draft, population
from hydrometer.detection.signals.request_gaps import list_short_gap_shares


def test_gaps_tell_sittings_from_requests_one_by_one() -> None:
    rng = np.random.default_rng(3)
    sittings = [NEW_YEAR + day * 24 * HOUR + at * MINUTE for day in range(10) for at in range(6)]
    dealt = [NEW_YEAR + int(at) for at in np.sort(rng.integers(SPAN, size=60))]
    few = [NEW_YEAR, NEW_YEAR + 20 * HOUR]
    made, _ = population([Draft(times=sittings), Draft(times=dealt), Draft(times=few)])
    shares = list_short_gap_shares(made)
    assert shares[0] > 0.8
    assert shares[1] < 0.2
    assert np.isnan(shares[2])
