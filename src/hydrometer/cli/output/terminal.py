"""Text on its way to a terminal: traffic is written by strangers, and a terminal obeys control characters."""

from __future__ import annotations

import json
import unicodedata

import msgspec

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def escape_controls(text: str) -> str:
    """Return `text` with every control, formatting and line character spelt out, so that it can only be read."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if unicodedata.category(c) not in _HIDDEN else c.encode("unicode_escape").decode() for c in text)


def format_json(value: object) -> str:
    """Return `value` (records, datetimes and plain values) as indented JSON in ASCII; NaN becomes null."""
    return json.dumps(json.loads(msgspec.json.encode(value)), indent=2, ensure_ascii=True)
