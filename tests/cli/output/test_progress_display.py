"""What progress says, on a clock that the test holds."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from hydrometer.cli.output.progress_display import PAUSE, LiveProgress, PlainProgress, format_duration
from hydrometer.cli.output.terminal import escape_controls, format_json


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_within_a_stage_at_most_one_line_every_few_seconds() -> None:
    clock, stream = Clock(), io.StringIO()
    with PlainProgress(stream, clock) as progress:
        progress.stage("read", total=2_000)
        for _ in range(100):
            clock.now += PAUSE / 25
            progress.advance(10)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "read: begun, 2,000 rows"
    assert lines[1] == "read: 250 of 2,000 rows, 50 rows/s, 35 s left"
    assert lines[-1] == "read: done, 1,000 rows in 20 s"
    assert len(lines) == 6


def test_a_stage_of_unknown_size_has_a_rate_and_no_time_left() -> None:
    clock, stream = Clock(), io.StringIO()
    with PlainProgress(stream, clock) as progress:
        progress.stage("link")
        clock.now += PAUSE
        progress.advance(500)
    assert stream.getvalue().splitlines() == [
        "link: begun",
        "link: 500 rows, 100 rows/s",
        "link: done, 500 rows in 5.0 s",
    ]


def test_a_stage_that_was_cut_short_says_stopped() -> None:
    stream = io.StringIO()
    progress = PlainProgress(stream, Clock())
    progress.stage("link")
    progress.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert stream.getvalue().splitlines()[-1] == "link: stopped in 0.0 s"


def test_rows_before_the_first_stage_and_notes_are_taken() -> None:
    stream = io.StringIO()
    with PlainProgress(stream, Clock()) as progress:
        progress.advance(3)
        progress.note("no column ja4\n\x1b[2J")
    assert stream.getvalue() == "note: no column ja4\\n\\x1b[2J\n"


def test_drawn_progress_shows_rate_and_time_left_and_leaves_ended_stages() -> None:
    clock = Clock()
    console = Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)
    with LiveProgress(console, clock) as progress:
        progress.stage("read [bold]", total=1_000)
        clock.now += 2
        progress.advance(500)
        assert progress.describe_running() == "500 of 1,000 rows, 250 rows/s, 2.0 s left"
        progress.stage("link")
        assert progress.describe_running() == "0 rows"
    assert isinstance(console.file, io.StringIO)
    written = console.file.getvalue()
    assert "read [bold]: done, 500 rows in 2.0 s" in written
    assert "link: done in 0.0 s" in written


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.99, "10.0 s"),
        (12.4, "12 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (7_800, "2 h 10 min"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words


@given(st.text())
@settings(max_examples=100)
def test_shown_text_is_one_line_and_has_no_control_characters(text: str) -> None:
    seen = escape_controls(text)
    assert len(seen.splitlines()) <= 1
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u200b\u202a\u202e\u2066\ufeff" for c in seen)
    seen.encode()


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"])))
@settings(max_examples=50)
def test_json_text_is_ascii_and_keeps_the_value(text: str) -> None:
    printed = format_json({"x": text})
    assert printed.isascii()
    assert json.loads(printed) == {"x": text}
