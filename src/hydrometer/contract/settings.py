"""Every threshold in one typed object; `hydrometer settings` prints it, `--settings FILE` (TOML) overrides it."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import msgspec

from hydrometer.contract.errors import InputError


class FingerprintSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How texts are sketched."""

    shingle_words: int = 3
    """Words in a shingle."""
    sample_one_in: int = 4
    """One shingle in so many is kept (FracMinHash)."""
    max_sketch: int = 256
    """Most hashes kept of one exchange; the smallest ones, so that the choice stays consistent."""
    max_words: int = 20_000
    """Words read of a text; the rest counts in its length only, and the cut is reported."""
    lead_words: int = 8
    """Words in the lead and in the tail."""
    elicitation_threshold: float = 0.5
    """From this confidence on an exchange counts as elicitation."""


class ReadSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How traffic is read."""

    batch_rows: int = 8_192
    """Most exchanges held at once while reading."""
    batch_bytes: int = 64_000_000
    """Most bytes of text held at once while reading."""
    trusted_proxies: int = 0
    """Hops of X-Forwarded-For, from the right, that are one's own proxies."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of a run."""

    seed: int = 7
    threads: int = 0
    """Threads to use; 0 for all cores."""
    memory: str = "4GB"
    """Memory the engine may take before it spills to disk."""
    exhibits: bool = True
    """Read the texts of a few exchanges again, to show each campaign's wording with its slots masked."""
    read: ReadSettings = ReadSettings()
    fingerprint: FingerprintSettings = FingerprintSettings()

    @property
    def cores(self) -> int:
        return self.threads or os.cpu_count() or 1


def load_settings(path: Path | None, **overrides: object) -> Settings:
    """Read settings from a TOML file and apply `overrides` (those that are not None).

    Raises:
        InputError: the file is missing, is not TOML, or names an unknown setting or a wrong type.
    """
    data: dict[str, object] = {}
    if path is not None:
        try:
            data = tomllib.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            raise InputError("no such file", file=str(path), mend="Name an existing TOML file.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"not TOML: {error}", file=str(path), mend="See `hydrometer settings` for a valid file.") from None
    data.update({key: value for key, value in overrides.items() if value is not None})
    try:
        return msgspec.convert(data, Settings)
    except msgspec.ValidationError as error:
        raise InputError(
            str(error), file=str(path or "settings"), mend="`hydrometer settings` prints every setting with its type."
        ) from None
