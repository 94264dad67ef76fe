"""The figures of docs/method.md are those of the code: change both."""

from __future__ import annotations

import pytest

from fixtures.project import ROOT
from hydrometer.contract import CampaignSettings
from hydrometer.detection.campaigns import (
    comparison_features,
    group_scoring,
    member_facts,
    operator_separation,
    pool_mixture,
)
from hydrometer.detection.campaigns.score_calibration import load_calibration
from hydrometer.detection.signals import signal
from hydrometer.detection.signals.timing import paced_stream

SETTINGS, CALIBRATION = CampaignSettings(), load_calibration()
SUPPORTED, MADE = group_scoring.SUPPORTED, group_scoring.MADE
PAGE = (ROOT / "docs" / "method.md").read_text("utf-8")
TEXT = " ".join(PAGE.split())
PHRASES = (
    f"nothing up to {signal.NO_EFFECT * 100:.0f} % of them, and in full from {signal.WHOLE_EFFECT * 100:.0f} %",
    f"Benjamini–Yekutieli at {SETTINGS.false_discovery_rate:g} counts",
    f"{comparison_features.EVERYBODY:.0f} organisations' worth of everybody",
    f"closer than half a median gap with those at {paced_stream.APART:.0f} to {paced_stream.FAR:.0f} gaps",
    f"bounded at {group_scoring.HARVEST_CAP:.0f} bits",
    f"by more than {SETTINGS.join_bits:.0f} bits",
    f"gain {operator_separation.MIN_GAIN:g} bits for each account",
    f"unless two descriptions gain {operator_separation.APART:.0f}",
    f"lie at {CALIBRATION.coordination_middle:.3g}, {CALIBRATION.operation_middle:.2g} and {CALIBRATION.harvest_middle:.2g} bits",
    f"at {CALIBRATION.coordination_middle_bare:.3g}, {CALIBRATION.operation_middle_bare:.2g} and {CALIBRATION.harvest_middle:.2g}.",
    f"two causes of {SETTINGS.cause_bits:.0f} bits: P is {CALIBRATION.one_cause:g} at most",
    f"never below {CALIBRATION.least:g}, and {CALIBRATION.least_bare:g} in such bare logs",
    f"doubt, P is {CALIBRATION.doubted:.2g} at most",
    f"less than {SETTINGS.operation_bits:.0f} bits of operation",
    f"{MADE[group_scoring.MAKER]:.0f} bits of one maker nor {MADE['one payer']:.0f} of one payer nor {MADE['joined together']:.0f} of joining together",
    f"fewer than {SETTINGS.least_accounts_without_orgs}",
    f"({signal.LEAST_ESTABLISHED:.0f} bits and more)",
    f"join at {SETTINGS.absorb_bits:.0f} bits",
    f"beside {SUPPORTED['one quota']['one site']:.0f} bits of one maker, one payer or one site",
    f"beside {SUPPORTED['made for it'][group_scoring.MAKER]:.0f} bits of one maker",
    f"or a quota ({group_scoring.LEAST_HAND:.0f} bits) nor their maker ({MADE[group_scoring.MAKER]:.0f})",
    f"a stream needs {paced_stream.FEWEST} requests",
)


@pytest.mark.parametrize("phrase", PHRASES)
def test_the_method_has_the_figures_of_the_code(phrase: str) -> None:
    assert phrase in TEXT


@pytest.mark.parametrize("cause", sorted(group_scoring.CAUSE_CAP))
def test_the_method_has_the_bound_of_every_cause(cause: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {cause}"))
    assert f"| {group_scoring.CAUSE_CAP[cause]:.0f} |" in row


def test_the_method_has_the_most_facts_and_the_unmixed_share() -> None:
    assert member_facts.MOST_FACTS == 8
    assert "at most eight" in TEXT
    assert pool_mixture.UNMIXED == 0.2
    assert "at most a fifth innocent" in TEXT
