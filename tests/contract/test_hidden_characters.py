"""Characters that cannot be seen are found by one rule, whatever shows them."""

from __future__ import annotations

import pytest

from hydrometer.cli.output.terminal import escape_controls
from hydrometer.contract import spell_hidden_characters
from hydrometer.report.kit.markup import reveal_hidden

HIDDEN = {
    "control": "\x1b",
    "line end": "\n",
    "direction mark": "\u202e",
    "zero width": "\u200b",
    "byte order mark": "\ufeff",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "lone surrogate": "\ud800",
    "private use": "\ue000",
    "private use beyond the first plane": "\U0010fffd",
    "unassigned": "\u0378",
    "no character": "\uffff",
    "tag": "\U000e0041",
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_pages_and_terminals_show_what_cannot_be_seen(kind: str) -> None:
    character = HIDDEN[kind]
    assert spell_hidden_characters(f"a{character}b", lambda c: f"[{ord(c)}]") == f"a[{ord(character)}]b"
    assert reveal_hidden(f"a{character}b") == f"a⟨U+{ord(character):04X}⟩b"
    shown = escape_controls(f"a{character}b")
    assert shown.isascii()
    assert shown.encode().decode("unicode_escape") == f"a{character}b"


@pytest.mark.parametrize("text", ["", "plain", "Zürich", "العربية", "日本語", "no break", "e\u0301", "🙂"])
def test_what_can_be_seen_stays(text: str) -> None:
    assert reveal_hidden(text) == escape_controls(text) == text
