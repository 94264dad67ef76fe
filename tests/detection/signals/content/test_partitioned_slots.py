"""How many distinct contents a draw is expected to hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hydrometer.detection.signals.content.partitioned_slots import estimate_distinct_share


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.integers(1, 80))
@settings(max_examples=60)
def test_rarefaction_is_the_mean_over_draws(prompts: list[int], drawn: int) -> None:
    uses = np.bincount(prompts)
    drawn_of_all = min(drawn, len(prompts))
    seen = sum(1 - stats.hypergeom.pmf(0, len(prompts), int(n), drawn_of_all) for n in uses if n)
    assert estimate_distinct_share(np.bincount(uses), drawn) == pytest.approx(seen / drawn_of_all, rel=1e-6)
