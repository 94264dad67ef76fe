"""Texts in log records join their spans within a bounded buffer; what cannot is counted."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.contract.settings import ReadSettings
from hydrometer.sources import Rejects
from hydrometer.sources.formats import otlp
from hydrometer.sources.record_readers import RawRecord


def attribute(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def span(number: int) -> dict[str, Any]:
    held = [attribute("gen_ai.request.model", "m"), attribute("user.id", "k")]
    entry = {"traceId": "AB", "spanId": f"{number:x}", "startTimeUnixNano": "1772438400000000000", "attributes": held}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [entry]}]}]}


def log(number: int) -> dict[str, Any]:
    entry = {
        "traceId": "ab",
        "spanId": f"{number:X}",
        "eventName": "gen_ai.user.message",
        "body": {"kvlistValue": {"values": [attribute("content", f"text {number}")]}},
    }
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [entry]}]}]}


def joined(exports: list[dict[str, Any]], rows: int, size: int = 10) -> tuple[dict[str, Any], Rejects]:
    rejects = Rejects()
    records = [RawRecord(line, export, size) for line, export in enumerate(exports, 1)]
    drafts = list(otlp.READER.read(records, rejects, ReadSettings(batch_rows=rows, batch_bytes=1_000)))
    found = {draft.exchange["exchange_id"]: draft.exchange["prompt"] for draft in drafts}
    assert len(found) == len(drafts)
    return found, rejects


@given(st.permutations([(kind, number) for kind in ("span", "log") for number in range(6)]), st.integers(1, 14))
@settings(max_examples=80)
def test_no_span_is_lost_and_every_text_joins_or_is_counted(order: list[tuple[str, int]], rows: int) -> None:
    found, rejects = joined([span(number) if kind == "span" else log(number) for kind, number in order], rows)
    assert set(found) == {f"ab-{number:x}" for number in range(6)}
    for key, prompt in found.items():
        assert prompt in (None, f"text {int(key[3:], 16)}")
    texts = sum(prompt is not None for prompt in found.values())
    assert texts + rejects.notes.get(otlp.NO_SPAN, 0) == 6
    if rows >= 12:
        assert texts == 6


def test_the_buffer_is_bounded_in_bytes_too() -> None:
    found, rejects = joined([span(0), span(1), span(2), log(0), log(2)], 100, size=400)
    assert found == {"ab-0": None, "ab-1": None, "ab-2": "text 2"}
    assert rejects.notes == {otlp.NO_SPAN: 1}


def test_log_records_of_other_kinds_are_counted() -> None:
    other = log(0)
    other["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["eventName"] = "started"
    found, rejects = joined([other, span(0), other], 10)
    assert found == {"ab-0": None}
    assert rejects.notes == {otlp.OTHER_LOG: 2}


def test_what_is_no_export_is_passed_over() -> None:
    odd: list[dict[str, Any]] = [
        {"resourceSpans": [None, {"scopeSpans": [None, {"spans": ["x"]}]}]},
        {"resourceLogs": None},
    ]
    assert joined(odd, 10)[0] == {}
