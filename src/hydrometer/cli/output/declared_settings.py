"""Every setting as it is declared: what `hydrometer settings` and docs/settings.md show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hydrometer.contract import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


class DeclaredSetting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as it is declared, with the value it has."""

    section: str
    """Dotted name of the TOML table; empty at the top."""
    section_meaning: str
    name: str
    type: str
    bounds: str
    meaning: str
    value: Any


def list_settings(settings: Settings) -> list[DeclaredSetting]:
    """Return every setting of `settings`, those of a section together, in the order of declaration."""
    definitions = msgspec.json.schema(Settings)["$defs"]
    return list(_walk_section("", "Settings", msgspec.to_builtins(settings), definitions))


def _walk_section(
    section: str, struct: str, values: dict[str, Any], definitions: dict[str, Any]
) -> Iterator[DeclaredSetting]:
    own = definitions[struct]
    nested: list[tuple[str, str]] = []
    for name, field in own["properties"].items():
        if "$ref" in field:
            nested.append((name, field["$ref"].rpartition("/")[2]))
            continue
        yield DeclaredSetting(
            section=section,
            section_meaning=own.get("description", ""),
            name=name,
            type=field.get("type", "any"),
            bounds=_describe_bounds(field),
            meaning=field.get("description", ""),
            value=values[name],
        )
    for name, struct_name in nested:
        yield from _walk_section(f"{section}.{name}".lstrip("."), struct_name, values[name], definitions)


def _describe_bounds(field: dict[str, Any]) -> str:
    words = {
        "minimum": "at least {}",
        "exclusiveMinimum": "more than {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "less than {}",
        "enum": "one of {}",
        "pattern": "matching {}",
    }
    field = {**field, **field.get("items", {})}
    return ", ".join(text.format(field[key]) for key, text in words.items() if key in field)
