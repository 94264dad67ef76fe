"""The families of evidence are one list, which signals, kinds and results go by."""

from __future__ import annotations

from typing import get_args

from hydrometer.contract.entity_kinds import ENTITY_KINDS
from hydrometer.contract.evidence_families import FAMILIES, Family
from hydrometer.contract.result_records import CONSIDERED, MEMBERS
from hydrometer.detection.signals.signal import find_signals


def test_signals_and_kinds_are_of_a_family_that_is_declared() -> None:
    assert {signal.family for signal in find_signals()} <= set(FAMILIES)
    assert {str(spec.family) for spec in ENTITY_KINDS.values()} <= set(FAMILIES)
    assert get_args(Family) == FAMILIES


def test_members_have_bits_of_every_family_in_its_order() -> None:
    bits = [f"bits_{family}" for family in FAMILIES]
    for table in (MEMBERS, CONSIDERED):
        assert [name for name in table.names if name.startswith("bits_")] == bits
