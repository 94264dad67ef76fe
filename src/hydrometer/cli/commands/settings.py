"""`hydrometer settings`: every setting with its meaning, bounds and default."""

from __future__ import annotations

import json
import textwrap
from itertools import groupby

import typer

from hydrometer.cli import options
from hydrometer.cli.text import json_text
from hydrometer.contract.settings import Declared, declared


def settings(as_json: options.Json = False) -> None:
    """Print every setting with its default as TOML; save it, change it, and pass it with --settings."""
    every = declared(options.chosen(None))
    if as_json:
        typer.echo(json_text(every))
    else:
        typer.echo(_toml(every))


def _toml(every: list[Declared]) -> str:
    blocks: list[str] = []
    for section, of_section in groupby(every, key=lambda setting: (setting.section, setting.section_meaning)):
        name, meaning = section
        blocks.append("\n".join(_comment(meaning) + ([f"[{name}]"] if name else [])))
        blocks += ["\n".join(_setting(setting)) for setting in of_section]
    return "\n\n".join(blocks)


def _setting(setting: Declared) -> list[str]:
    bounds = f", {setting.bounds}" if setting.bounds else ""
    comment = _comment(f"{setting.meaning} ({setting.type}{bounds})")
    if setting.value is None:  # TOML has no null: an absent name is one
        return [*comment, f"# {setting.name} = not set"]
    return [*comment, f"{setting.name} = {_value(setting.value)}"]


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, width=100, initial_indent="# ", subsequent_indent="# ", break_long_words=False)


def _value(value: object) -> str:
    """Return a TOML value; JSON's notation of strings, numbers, booleans and lists is TOML's too."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(str(k))} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
