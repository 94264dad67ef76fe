"""The page of a backtest: what it says, in the frame of every page."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from fixtures.page_reader import read
from hydrometer.contract import (
    Backtest,
    DayEffect,
    GroupEffect,
    KnownResult,
    PolicyEffect,
    RuleEffect,
    ThresholdEffect,
)
from hydrometer.report import describe_outcome, render_backtest

HOSTILE = "</code><script>alert(1)</script>\u202e"
MORNING = datetime(2026, 2, 2, 6, tzinfo=UTC)


def effect(requests: float, stopped: float = 0.0, weakened: float = 0.0) -> PolicyEffect:
    return PolicyEffect(
        accounts=3, requests=requests, touched_accounts=1.5, stopped=stopped, weakened=weakened, actions={}
    )


@pytest.fixture
def record() -> Backtest:
    names = dict.fromkeys(("policy", "rule", "group", "account", "note"), HOSTILE)
    return Backtest(
        policy=names["policy"],
        mode="observe",
        truth="labelled world",
        results=[KnownResult(result="r", known_from=MORNING, as_if=True, campaigns=1, members=3)],
        first=MORNING,
        last=MORNING.replace(day=3),
        read=1_000,
        replayed=1_000,
        sampled_share=1.0,
        unknown=40,
        harvest=effect(200, stopped=100, weakened=20),
        honest=effect(800, stopped=2.5),
        groups=[
            GroupEffect(
                group=names["group"],
                effect=effect(800, 2.5),
                worst_account=names["account"],
                worst_requests=2,
                worst_rules=[names["rule"]],
            )
        ],
        rules=[
            RuleEffect(
                rule=names["rule"],
                action="throttle",
                requests=100,
                harvest=98,
                honest_requests=2,
                honest_accounts=1,
                unevaluated=0,
            )
        ],
        thresholds=[
            ThresholdEffect(
                rule=names["rule"],
                threshold=value,
                current=value == 0.8,
                stopped=1 - value,
                weakened=0.1,
                honest_requests=2,
                honest_accounts=1,
            )
            for value in (0.5, 0.8, 0.95)
        ],
        days=[
            DayEffect(day="2026-02-02", harvest=80, stopped=40, weakened=20, honest=400, honest_touched=2),
            DayEffect(day="2026-02-03", harvest=120, stopped=60, weakened=0, honest=400, honest_touched=0),
        ],
        requests_per_second=5_000,
        notes=[names["note"]],
    )


def test_the_outcome_is_said_in_sentences(record: Backtest) -> None:
    assert describe_outcome(record) == [
        "Harvest: 200 requests of 3 accounts; stopped 50.0% (100), answered with less 10.0% (20).",
        "20.0% (40) of it came before anything was known; of the rest, 62.5% (100) was stopped.",
        "Honest customers: 1.5 of 3 accounts touched, in 2.5 of 800 requests (3.1e+02 in 100,000).",
        "The policy's mode is observe: none of this would be done until it says enforce.",
    ]
    text = read(render_backtest(record)).text
    assert all(line in text for line in describe_outcome(record))


def test_names_cannot_break_the_page(record: Backtest) -> None:
    page = read(render_backtest(record))
    assert not page.all("script")
    assert page.text.count("alert(1)</script>⟨U+202E⟩") >= 6


def test_bars_of_a_day_stand_one_upon_the_other(record: Backtest) -> None:
    drawing = read(render_backtest(record)).all("svg", "drawing")[0]
    heights = [float(bar.attributes["height"]) for bar in drawing.all("rect")]
    assert heights == pytest.approx([200 / 3, 100 / 3, 100 / 3, 100, 100], abs=0.06)
    assert [mark.text for mark in drawing.all("circle")] == ["2026-02-02: 2 of 400 honest requests touched"]
    assert "known" in [text.text for text in drawing.all("text")]


def test_a_backtest_of_nothing_has_a_page(record: Backtest) -> None:
    empty = msgspec.structs.replace(record, first=None, last=None, days=[], thresholds=[], results=[], groups=[])
    text = read(render_backtest(empty)).text
    assert "no traffic" in text
    assert "No traffic." in text
    assert "What another threshold would do" not in text
