"""Settings read from TOML files: of a run, and of the gateways of a guard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract import GatewaySettings, InputError, Settings
from hydrometer.files.file_reading import read_toml

if TYPE_CHECKING:
    from pathlib import Path

_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_MEND = "Name an existing TOML file."


def load_settings(path: Path | None, **overrides: object) -> Settings:
    """Read settings from a TOML file and apply `overrides` (those that are not None).

    Raises:
        InputError: the file is missing, is not TOML, or names an unknown setting, a wrong type or value.
    """
    content: dict[str, object] = {}
    if path is not None:
        content = read_toml(path, mend=_MEND, valid="See `hydrometer settings` for a valid file.")
        convert_settings(content, str(path))
    content.update({key: value for key, value in overrides.items() if value is not None})
    return convert_settings(content, "command line")


def load_gateway_settings(path: Path | None) -> GatewaySettings:
    """Read settings of the gateways from a TOML file; the defaults where there is none.

    Raises:
        InputError: the file is missing, is not TOML, or names an unknown setting, a wrong type or value.
    """
    if path is None:
        return GatewaySettings()
    mend = "docs/gateways.md lists every setting of the gateways."
    content = read_toml(path, mend=_MEND, valid=mend)
    try:
        return msgspec.convert(content, GatewaySettings)
    except msgspec.ValidationError as error:
        problem, at = _split_problem(error)
        if unknown := _UNKNOWN.fullmatch(problem):
            problem = f"unknown setting `{unknown[1]}`"
        raise InputError(problem, file=str(path), column=at.replace("[...]", " (a value)"), mend=mend) from None


def convert_settings(content: dict[str, object], file: str) -> Settings:
    """Return the settings in `content`, which come from `file`.

    Raises:
        InputError: a setting is unknown, or of a wrong type or value.
    """
    try:
        return msgspec.convert(content, Settings)
    except msgspec.ValidationError as error:
        problem, name = _split_problem(error)
        if unknown := _UNKNOWN.fullmatch(problem):
            name = f"{name}.{unknown[1]}".lstrip(".")
            problem = "unknown setting"
        raise InputError(
            f"{name}: {problem}" if name else problem,
            file=file,
            mend="`hydrometer settings` prints every setting with its bounds.",
        ) from None


def _split_problem(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return what is wrong and the dotted name of the setting that it is wrong with."""
    problem, _, path_text = str(error).partition(" - at `$")
    return problem, path_text.strip("`.")
