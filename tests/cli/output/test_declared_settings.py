"""Every setting is listed with the value it has and what it means."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.cli.output.declared_settings import list_settings
from hydrometer.contract.settings import Settings


@given(seed=st.integers(0, 2**63 - 1), rows=st.integers(1, 10**9), share=st.floats(0, 1))
@settings(max_examples=50)
def test_declared_tells_the_values_that_settings_have(seed: int, rows: int, share: float) -> None:
    data = {"seed": seed, "read": {"batch_rows": rows}, "fingerprint": {"elicitation_threshold": share}}
    told = {(s.section, s.name): s.value for s in list_settings(msgspec.convert(data, Settings))}
    assert told["", "seed"] == seed
    assert told["read", "batch_rows"] == rows
    assert told["fingerprint", "elicitation_threshold"] == share
    assert len(told) == sum(len(v) if isinstance(v, dict) else 1 for v in msgspec.to_builtins(Settings()).values())


def test_every_setting_says_what_it_means() -> None:
    assert [s.name for s in list_settings(Settings()) if not s.meaning or not s.section_meaning] == []
