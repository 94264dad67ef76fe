"""Small files read whole: bytes, text, TOML and YAML, with one message for each thing that can be wrong."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from hydrometer.contract import InputError
from hydrometer.files.file_errors import explain_read_errors
from hydrometer.files.regular_files import open_regular_file

if TYPE_CHECKING:
    from pathlib import Path


def read_bytes(file: Path, *, mend: str, missing: str = "") -> bytes:
    """Return what is in a file.

    missing: the problem where there is no such file; empty for what the system says of it.

    Raises:
        InputError: it cannot be read.
    """
    with explain_read_errors(file, mend=mend, missing=missing):
        return read_regular_file(file)


def read_text(file: Path, *, mend: str, missing: str = "") -> str:
    """Return the text in a file of UTF-8, with line ends as Python has them.

    Raises:
        InputError: it cannot be read, or is no UTF-8.
    """
    try:
        with explain_read_errors(file, mend=mend, missing=missing):
            return _decode_text(read_regular_file(file))
    except UnicodeDecodeError:
        raise InputError("is no UTF-8 text", file=str(file), mend="Save it as UTF-8.") from None


def read_toml(file: Path, *, mend: str, valid: str) -> dict[str, Any]:
    """Return what a TOML file says.

    mend: says what to do where it cannot be read; valid: where it is no TOML.

    Raises:
        InputError: it is missing, cannot be read, or is no TOML.
    """
    try:
        with explain_read_errors(file, mend=mend, missing="no such file"):
            return tomllib.loads(_decode_text(read_regular_file(file)))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not TOML: {error}", file=str(file), mend=valid) from None


def read_toml_or_yaml(file: Path, *, mend: str, valid: str) -> Any:
    """Return what a YAML file (.yaml, .yml) or else a TOML file says.

    mend: says what to do where it cannot be read; valid: where it is neither.

    Raises:
        InputError: it cannot be read, or is neither TOML nor YAML.
    """
    import yaml  # late: most commands read no YAML

    try:
        with explain_read_errors(file, mend=mend):
            text = _decode_text(read_regular_file(file))
        return yaml.safe_load(text) if file.suffix.lower() in (".yaml", ".yml") else tomllib.loads(text)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"is neither TOML nor YAML: {error}", file=str(file), mend=valid) from None


def read_regular_file(file: Path) -> bytes:
    """Return what is in a regular file; raises as `open_regular_file` does."""
    with open_regular_file(file) as stream:
        return stream.read()


def _decode_text(content: bytes) -> str:
    """Return text with line ends as Python has them; raises UnicodeDecodeError."""
    return content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
