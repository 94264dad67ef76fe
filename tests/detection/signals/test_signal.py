"""What every signal has in common: bits by cause, by effect and by purity, and members that show it themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.populations import NEW_YEAR, Draft, population
from hydrometer.detection.campaigns.group_scoring import CAUSE_CAP, MADE, SUPPORTED
from hydrometer.detection.population.account_group import AccountGroup
from hydrometer.detection.signals.signal import (
    LEAST_ESTABLISHED,
    NO_EFFECT,
    WHOLE_EFFECT,
    Signal,
    SignalFinding,
    SignalSet,
    find_signals,
    weigh_effect,
)

SIGNALS = {signal.name: signal for signal in find_signals()}
SIZE = 30
_, GROUP = population([Draft(times=[NEW_YEAR], member=number < 12) for number in range(SIZE)])


def showing(*accounts: int) -> np.ndarray:
    shown = np.zeros(SIZE, dtype=np.bool_)
    shown[list(accounts)] = True
    return shown


def signal_of(
    name: str, log10_p: float = -30.0, *, cover: float | None = None, shown: tuple[int, ...] | None = None
) -> Signal:
    mask = None if shown is None else showing(*shown)
    return Signal(
        name=name,
        family="timing",
        axis="coordination",
        null="chance",
        needs=(),
        costs="nothing",
        cap=8.0,
        test=lambda _: SignalFinding(1.0, log10_p, "1 of 2 do.", cover=cover),
        kind="operation",
        cause="one work queue",
        shown=None if mask is None else lambda _: mask,
    )


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_more_members_show_it_the_more_it_counts(one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert 0.0 <= weigh_effect(less) <= weigh_effect(more) <= 1.0


def test_what_few_members_show_counts_for_nothing_however_significant() -> None:
    assert weigh_effect(NO_EFFECT) == 0.0
    assert weigh_effect(WHOLE_EFFECT) == 1.0
    assert weigh_effect(None) == 1.0
    assert signal_of("one", -300.0, cover=NO_EFFECT).gather_evidence(GROUP) is None
    half = signal_of("one", -300.0, cover=(NO_EFFECT + WHOLE_EFFECT) / 2).gather_evidence(GROUP)
    whole = signal_of("one", -300.0, cover=WHOLE_EFFECT).gather_evidence(GROUP)
    assert half is not None
    assert whole is not None
    assert [half.bits, whole.bits] == pytest.approx([4.0, 8.0])


def test_evidence_says_its_kind_its_cause_and_its_cover() -> None:
    evidence = signal_of("one", cover=0.95).gather_evidence(GROUP)
    assert evidence is not None
    assert (evidence.kind, evidence.cause, evidence.cover) == ("operation", "one work queue", 0.95)
    harvest = replace(signal_of("one"), axis="harvest", cause="").gather_evidence(GROUP)
    assert harvest is not None
    assert (harvest.kind, harvest.cause, harvest.cover) == ("", "one", 0.0)


def test_members_show_what_is_established_of_their_group() -> None:
    queue, exits = signal_of("queue", shown=(1, 2, 20)), signal_of("exits", shown=(3, 20))
    signals = SignalSet([queue, exits, signal_of("pace")])
    evidence = list(signals(GROUP, costly=False))
    assert len(evidence) == 3
    assert np.nonzero(signals.mask_showing(GROUP, evidence))[0].tolist() == [1, 2, 3, 20]
    of_queue = [item for item in evidence if item.signal == "queue"]
    assert np.nonzero(signals.mask_showing(GROUP, of_queue))[0].tolist() == [1, 2, 20]


def test_what_is_not_established_nobody_shows() -> None:
    weak = replace(signal_of("queue", shown=(1, 2)), cap=LEAST_ESTABLISHED - 0.5)
    signals = SignalSet([weak])
    (evidence,) = signals(GROUP, costly=False)
    assert 0 < evidence.bits < LEAST_ESTABLISHED
    assert not signals.mask_showing(GROUP, [evidence]).any()


def test_affiliation_is_shown_by_nobody() -> None:
    signals = SignalSet([replace(signal_of("cards", shown=(1, 2)), kind="affiliation")])
    assert not signals.mask_showing(GROUP, signals(GROUP, costly=False)).any()
    assert not signals.mask_showing(GROUP, []).any()


def test_operation_that_no_single_member_shows_convicts_nobody() -> None:
    signals = SignalSet([signal_of("pace")])
    evidence = signals(GROUP, costly=False)
    assert evidence
    assert not signals.mask_showing(AccountGroup(GROUP.population, GROUP.members), evidence).any()


def test_each_member_is_told_what_it_shows_once_and_no_other() -> None:
    def describing(name: str, text: str, *shown: int) -> Signal:
        return replace(signal_of(name, shown=shown), describe_member=lambda _, account: text.format(account))

    signals = SignalSet(
        [
            describing("queue", "{} sends one by one", 1, 2, 20),
            describing("exits", "rotates", 2),
            describing("more", "rotates", 2),
        ]
    )
    told = signals.describe_members(GROUP, signals(GROUP, costly=False))
    assert told.keys() == set(range(12))
    assert told[1] == ["1 sends one by one"]
    assert told[2] == ["2 sends one by one", "rotates"]
    assert told[3] == []
    assert not any(signals.describe_members(GROUP, []).values())


OPERATING = {
    "common_pauses",
    "no_sittings",
    "paced_stream",
    "rotating_exits",
    "shared_exits",
    "quotas",
    "single_purpose",
}


def test_what_only_one_hand_explains_is_a_short_list() -> None:
    """Whatever belonging together explains too, a course, a site, a tool, an employer, is affiliation."""
    operating = {
        name for name, signal in SIGNALS.items() if signal.axis == "coordination" and signal.kind == "operation"
    }
    # What is shared once across accounts of one list is a harvest's mark, and no coordination.
    assert operating == OPERATING
    assert {name for name in operating if SIGNALS[name].shown is None} == {"common_pauses", "paced_stream"}
    # Whom it convicts it tells why.
    assert {name for name in operating if SIGNALS[name].describe_member is None} == {"common_pauses", "paced_stream"}


def test_every_cause_has_its_bound_and_signals_that_speak_of_it() -> None:
    coordination = [signal for signal in SIGNALS.values() if signal.axis == "coordination"]
    assert {signal.cause for signal in coordination} == set(CAUSE_CAP)
    for cause in CAUSE_CAP:
        kinds = {signal.kind for signal in coordination if signal.cause == cause}
        assert len(kinds) == 1, f"{cause} is both affiliation and operation"
    assert (set(SUPPORTED) | set(MADE) | {other for needed in SUPPORTED.values() for other in needed}) <= set(CAUSE_CAP)
