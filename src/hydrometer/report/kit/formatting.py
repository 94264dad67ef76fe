"""Numbers as an analyst writes them: likelihood words, counts, shares, bits and dates."""

from __future__ import annotations

import math
from datetime import UTC, datetime

FAMILY_NAMES = {
    "content": "Content",
    "identity": "Identity",
    "infrastructure": "Infrastructure",
    "timing": "Timing",
    "economics": "Economics",
    "intelligence": "Intelligence",
}

VERDICTS = {
    "campaign": "campaign",
    "watch": "watched",
    "rejected": "rejected",
    "authorised": "authorised",
    "single_customer": "single customer",
}

MOST_BITS = 40.0
"""Log-odds are drawn up to here: a probability of 1 has no finite place on the scale."""


def format_probability(value: float) -> str:
    """Return a probability with three places, without claiming certainty."""
    if value >= 0.9995:
        return "> 0.999"
    if value < 0.0005:
        return "< 0.001"
    return f"{value:.3f}"


def format_count(value: float) -> str:
    """Return a whole number with commas between thousands."""
    return f"{round(value):,}"


def format_estimate(value: float) -> str:
    """Return a count, with a decimal only where it is an estimate below ten."""
    return f"{value:,.1f}" if value != round(value) and value < 10 else f"{value:,.0f}"


def format_quantity(value: int, one: str, many: str = "") -> str:
    """Return a count with its noun: 1 account, 2 accounts."""
    return f"{format_count(value)} {one if value == 1 else many or one + 's'}"


def format_share(part: float, whole: float) -> str:
    """Return a percentage: whole from 10 on, one place below, and no false 0 % or 100 %."""
    if whole <= 0:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "< 0.1 %"
    if 99.5 <= percent < 100:
        return "> 99 %"
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"


def format_percent(share: float) -> str:
    """Return a share as a percentage with one place."""
    return f"{share:.1%}"


def format_bits(value: float) -> str:
    """Return signed bits with one place and a true minus sign."""
    shown = f"{value:+.1f}" if abs(value) < 1000 else f"{value:+,.0f}"
    return "0.0" if shown in {"+0.0", "-0.0"} else shown.replace("-", "−")


def format_statistic(value: float) -> str:
    """Return a statistic with at most four figures that mean something."""
    if value == int(value) and abs(value) < 1e9:
        return format_count(value).replace("-", "−")
    return f"{value:.3g}".replace("-", "−") if abs(value) < 1000 else format_count(value).replace("-", "−")


def format_p_value(value: float, log10: float) -> str:
    """Return a p-value; from its logarithm where it is too small for a floating-point number to be read."""
    if value >= 0.001:
        return f"{value:.3f}"
    power = log10 if value == 0 else math.log10(value)
    if not math.isfinite(power):
        return "0"
    whole = math.floor(power)
    if whole < -15:
        return f"10{format_superscript(round(power))}"
    return f"{10 ** (power - whole):.1f} × 10{format_superscript(whole)}"


def format_superscript(number: int) -> str:
    """Return a whole number raised."""
    return str(number).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))


def compute_log_odds(value: float) -> float:
    """Return a probability as bits for against bits against, held within ±MOST_BITS."""
    edge = 1 / (1 + 2**MOST_BITS)
    clamped = min(max(value, edge), 1 - edge)
    return math.log2(clamped / (1 - clamped))


def convert_to_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one without a zone is UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def format_day(moment: datetime) -> str:
    """Return the ISO date of a moment, UTC."""
    return convert_to_utc(moment).strftime("%Y-%m-%d")


def format_minute(moment: datetime) -> str:
    """Return the ISO date and time of a moment to the minute, UTC."""
    return convert_to_utc(moment).strftime("%Y-%m-%d %H:%MZ")


def format_label(name: str) -> str:
    """Return a machine name as words: reasoning_trace → reasoning trace; `none` is an ordinary request."""
    return "ordinary request" if name == "none" else name.replace("_", " ")


def shorten_text(text: str, letters: int) -> str:
    """Return `text` cut to `letters`, with an ellipsis where something was cut."""
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"
