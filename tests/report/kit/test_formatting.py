"""Numbers and terms as they are written."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from hydrometer.contract.estimative_language import describe_probability
from hydrometer.report.kit import formatting


@pytest.mark.parametrize(
    ("probability", "term"),
    [
        (0.0, "almost no chance"),
        (0.05, "very unlikely"),
        (0.2, "unlikely"),
        (0.45, "roughly even chance"),
        (0.55, "likely"),
        (0.8, "very likely"),
        (0.95, "almost certain"),
        (1.0, "almost certain"),
    ],
)
def test_likelihood_terms_follow_icd_203(probability: float, term: str) -> None:
    assert describe_probability(probability) == term


def test_no_probability_is_shown_as_certainty() -> None:
    assert [formatting.format_probability(p) for p in (1.0, 0.9995, 0.9994, 0.5, 0.0004)] == [
        "> 0.999",
        "> 0.999",
        "0.999",
        "0.500",
        "< 0.001",
    ]


def test_shares_claim_neither_none_nor_all_falsely() -> None:
    assert [
        formatting.format_share(*each) for each in ((0, 5), (1, 5_000), (1, 30), (1, 3), (999, 1_000), (5, 5), (1, 0))
    ] == [
        "0 %",
        "< 0.1 %",
        "3.3 %",
        "33 %",
        "> 99 %",
        "100 %",
        "–",
    ]


def test_p_values_survive_underflow() -> None:
    assert formatting.format_p_value(0.042, -1.38) == "0.042"
    assert formatting.format_p_value(3.2e-9, math.log10(3.2e-9)) == "3.2 × 10⁻⁹"
    assert formatting.format_p_value(0.0, -412.3) == "10⁻⁴¹²"
    assert formatting.format_p_value(0.0, -math.inf) == "0"


def test_bits_have_a_sign() -> None:
    assert [formatting.format_bits(value) for value in (3.14, -0.04, -2.0, 1234.5)] == ["+3.1", "0.0", "−2.0", "+1,234"]


def test_moments_are_told_in_utc() -> None:
    east = datetime(2026, 2, 3, 1, 30, tzinfo=timezone(timedelta(hours=8)))
    assert formatting.format_minute(east) == "2026-02-02 17:30Z"
    assert formatting.format_day(east) == "2026-02-02"
    assert formatting.format_minute(datetime(2026, 2, 3, 1, 30, tzinfo=UTC).replace(tzinfo=None)) == "2026-02-03 01:30Z"


def test_counts_carry_their_noun() -> None:
    assert [formatting.format_quantity(n, "account") for n in (0, 1, 2_000)] == [
        "0 accounts",
        "1 account",
        "2,000 accounts",
    ]
