"""The fit of the probabilities, on groups made by hand."""

from __future__ import annotations

from dataclasses import asdict, replace

import msgspec
import numpy as np
import pytest

from hydrometer.contract import CandidateGroup, Evidence
from quality import calibrate
from quality.calibrate import (
    Case,
    Curves,
    apply_curves,
    count_causes,
    fit,
    keep_likeliest,
    mask_doubted,
    measure_doubted,
    probabilities,
    record,
    sum_operation,
)

OPERATOR = Case("w", 30.0, 16.0, 12.0, 3, bare=False, probability=0.9, watched=False, operator="hydra")
COURSE = replace(OPERATOR, operation=1.0, operator="")
"""Belongs together and harvests, and nobody runs it."""
SERVICE = replace(OPERATOR, harvest=1.0, operator="")
"""One hand, and no harvest."""
LONE = replace(OPERATOR, coordination=4.0, operation=2.0, operator="")


def draw_groups(bare: bool = False) -> list[Case]:
    """Return groups of each kind, whose bits scatter about those of the kind."""
    rng = np.random.default_rng(3)
    groups = []
    for kind in (OPERATOR, COURSE, SERVICE, LONE):
        for noise in rng.normal(0, 2.5, (60, 3)):
            centre = np.array([kind.coordination, kind.operation, kind.harvest])
            bits = np.maximum(0, centre + noise) / (1 + bare)
            groups.append(replace(kind, coordination=bits[0], operation=bits[1], harvest=bits[2], bare=bare))
    return groups


@pytest.fixture(scope="module")
def curves() -> Curves:
    return fit([*draw_groups(), *draw_groups(bare=True)])


def test_only_who_has_all_three_is_probable(curves: Curves) -> None:
    operator, *innocent = apply_curves(curves, [OPERATOR, COURSE, SERVICE, LONE])
    assert operator > 0.9
    assert max(innocent) < 0.1


def test_less_is_needed_where_less_can_be_seen(curves: Curves) -> None:
    assert curves.operation_middle_bare < curves.operation_middle
    halved = replace(OPERATOR, coordination=15.0, operation=8.0, harvest=12.0)
    whole, bare = apply_curves(curves, [halved, replace(halved, bare=True)])
    assert bare > whole


def test_the_curves_keep_their_bounds(curves: Curves) -> None:
    separable = fit([OPERATOR, COURSE, SERVICE, LONE] * 5)
    least, most = asdict(calibrate.LEAST), asdict(calibrate.MOST)
    for fitted in (curves, separable):
        assert all(least[name] <= value <= most[name] for name, value in asdict(fitted).items())


def test_the_fit_is_the_same_every_time(curves: Curves) -> None:
    assert fit([*draw_groups(), *draw_groups(bare=True)]) == curves


def test_false_groups_of_bare_worlds_weigh_more() -> None:
    alike = replace(COURSE, operation=8.0, bare=True)
    mixed = [*draw_groups(), *[replace(OPERATOR, operation=8.0, bare=True)] * 30, *[alike] * 30]
    # Half of such groups are campaigns, and they are given less than even odds.
    assert apply_curves(fit(mixed), [alike])[0] < 0.5


def test_one_cause_alone_and_a_doubt_bound_the_probability(curves: Curves) -> None:
    groups = [replace(OPERATOR, causes=1), OPERATOR, replace(OPERATOR, watched=True), replace(LONE, watched=True)]
    assert probabilities(curves, groups, 0.25).tolist() == pytest.approx(
        [calibrate.ONE_CAUSE, apply_curves(curves, [OPERATOR])[0], 0.25, apply_curves(curves, [LONE])[0]]
    )


def test_doubted_groups_are_as_probable_as_they_were_operators(curves: Curves) -> None:
    doubted = replace(OPERATOR, watched=True)
    innocent = replace(doubted, operator="")
    unlikely = replace(LONE, watched=True)
    groups = [OPERATOR, doubted, innocent, innocent, innocent, unlikely]
    assert mask_doubted(curves, groups).tolist() == [False, True, True, True, True, False]
    assert measure_doubted(curves, groups) == round(2 / 6, 4)
    assert measure_doubted(curves, [doubted] * 9) == calibrate.MOST_DOUBTED < 0.5
    assert measure_doubted(curves, [OPERATOR]) == calibrate.MOST_DOUBTED


def test_an_operator_in_several_groups_counts_once() -> None:
    rest = replace(OPERATOR, probability=0.02)
    other = replace(OPERATOR, operator="other", probability=0.1)
    assert keep_likeliest([rest, COURSE, OPERATOR, rest, SERVICE, other]) == [COURSE, OPERATOR, SERVICE, other]


def test_operators_of_whom_nothing_shows_raise_the_least_probability() -> None:
    silent = replace(LONE, coordination=0.0, operation=0.0, harvest=0.0)
    groups = [*draw_groups(), *[silent] * 90, *[replace(silent, operator="another")] * 10]
    assert apply_curves(fit(groups), [silent])[0] == pytest.approx(0.045, abs=0.02)


def test_a_detector_without_operation_cannot_be_fitted() -> None:
    with pytest.raises(ValueError, match="no group has evidence of operation"):
        fit([replace(OPERATOR, operation=0.0), replace(COURSE, operation=0.0)])


def test_the_file_keeps_what_is_not_fitted_and_is_read_by_the_detector(curves: Curves) -> None:
    shipped = msgspec.json.encode({**msgspec.json.decode(calibrate.TARGET.read_bytes()), "another_constant": 0.25})
    content = msgspec.json.decode(record(curves, 0.25, {"command": "none"}, shipped))
    assert {name: content[name] for name in asdict(curves)} == asdict(curves)
    assert content["doubted"] == 0.25
    assert (content["another_constant"], content["provenance"]) == (0.25, {"command": "none"})
    with pytest.raises(msgspec.ValidationError):
        record(curves, 0.25, "none", shipped)  # type: ignore[arg-type]  # what it refuses


def test_evidence_counts_by_cause_and_operation_by_kind() -> None:
    def evidence(family: str, bits: float, **more: str) -> Evidence:
        plain = {"signal": family, "statement": "", "statistic": 0, "null": "", "p_value": 0, "log10_p": 0}
        return msgspec.convert({**plain, "family": family, "bits": bits, **more}, Evidence)

    group = CandidateGroup(
        id="K",
        verdict="rejected",
        accounts=3,
        organisations=3,
        exchanges=9,
        coordination=12.0,
        harvest=0.0,
        probability=0.1,
        seed="",
        reasons=[],
        evidence=[
            evidence("timing", 2.0, cause="one work queue", kind="operation"),
            evidence("content", 2.5, cause="one work queue", kind="operation"),
            evidence("identity", 4.0, cause="joined together", kind="affiliation"),
            evidence("economics", 3.5),
            evidence("content", 9.0, axis="harvest"),
        ],
    )
    assert count_causes(group) == 3
    # A group that has a sum of its own, with its bounds, is taken at its word.
    assert sum_operation(group) == pytest.approx(getattr(group, "operation", 4.5))
