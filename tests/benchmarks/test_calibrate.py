"""The fit of the probabilities, on groups made by hand."""

from __future__ import annotations

from dataclasses import asdict, replace

import msgspec
import numpy as np
import pytest

from hydrometer.contract import CandidateGroup, Evidence
from quality import calibrate
from quality.calibrate import Case, Curves, apply_curves, count_causes, fit, probabilities, record, sum_operation

OPERATOR = Case("w", 30.0, 16.0, 12.0, 3, bare=False, probability=0.9, campaign=True)
COURSE = replace(OPERATOR, operation=1.0, campaign=False)
"""Belongs together and harvests, and nobody runs it."""
SERVICE = replace(OPERATOR, harvest=1.0, campaign=False)
"""One hand, and no harvest."""
LONE = replace(OPERATOR, coordination=4.0, operation=2.0, campaign=False)


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


def test_one_cause_alone_is_bounded(curves: Curves) -> None:
    assert probabilities(curves, [replace(OPERATOR, causes=1), OPERATOR]).tolist() == pytest.approx(
        [calibrate.ONE_CAUSE, apply_curves(curves, [OPERATOR])[0]]
    )


def test_a_detector_without_operation_cannot_be_fitted() -> None:
    with pytest.raises(ValueError, match="no group has evidence of operation"):
        fit([replace(OPERATOR, operation=0.0), replace(COURSE, operation=0.0)])


def test_the_file_keeps_what_is_not_fitted_and_is_read_by_the_detector(curves: Curves) -> None:
    shipped = msgspec.json.encode({**msgspec.json.decode(calibrate.TARGET.read_bytes()), "another_constant": 0.25})
    content = msgspec.json.decode(record(curves, {"command": "none"}, shipped))
    assert {name: content[name] for name in asdict(curves)} == asdict(curves)
    assert (content["another_constant"], content["provenance"]) == (0.25, {"command": "none"})
    with pytest.raises(msgspec.ValidationError):
        record(curves, "none", shipped)  # type: ignore[arg-type]  # what it refuses


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
