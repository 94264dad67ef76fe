"""`hydrometer settings`: every setting with its meaning, bounds and default."""

from __future__ import annotations

import json
import textwrap
from itertools import groupby

import typer

from hydrometer.cli import options
from hydrometer.cli.output.declared_settings import DeclaredSetting, list_settings
from hydrometer.cli.output.terminal import format_json


def settings(as_json: options.Json = False) -> None:
    """Print every setting with its default as TOML; save it, change it, and pass it with --settings."""
    every = list_settings(options.resolve_settings(None))
    if as_json:
        typer.echo(format_json(every))
    else:
        typer.echo(_format_toml(every))


def _format_toml(every: list[DeclaredSetting]) -> str:
    blocks: list[str] = []
    for section, of_section in groupby(every, key=lambda setting: (setting.section, setting.section_meaning)):
        name, meaning = section
        blocks.append("\n".join(_format_comment(meaning) + ([f"[{name}]"] if name else [])))
        blocks += ["\n".join(_format_setting(setting)) for setting in of_section]
    return "\n\n".join(blocks)


def _format_setting(setting: DeclaredSetting) -> list[str]:
    bounds = f", {setting.bounds}" if setting.bounds else ""
    comment = _format_comment(f"{setting.meaning} ({setting.type}{bounds})")
    if setting.value is None:  # TOML has no null: an absent name is one
        return [*comment, f"# {setting.name} = not set"]
    return [*comment, f"{setting.name} = {_format_value(setting.value)}"]


def _format_comment(text: str) -> list[str]:
    return textwrap.wrap(text, width=100, initial_indent="# ", subsequent_indent="# ", break_long_words=False)


def _format_value(value: object) -> str:
    """Return a TOML value; JSON's notation of strings, numbers, booleans and lists is TOML's too."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(str(k))} = {_format_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_format_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
