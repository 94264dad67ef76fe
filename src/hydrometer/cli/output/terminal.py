"""Text on its way to a terminal: traffic is written by strangers, and a terminal obeys control characters."""

from __future__ import annotations

import json

import msgspec

from hydrometer.contract import spell_hidden_characters


def escape_controls(text: str) -> str:
    """Return `text` with every character that cannot be seen spelt out, so that it can only be read."""
    return spell_hidden_characters(text, lambda c: c.encode("unicode_escape").decode())


def format_json(value: object) -> str:
    """Return `value` (records, datetimes and plain values) as indented JSON in ASCII; NaN becomes null."""
    return json.dumps(json.loads(msgspec.json.encode(value)), indent=2, ensure_ascii=True)
