"""How a guard sketches texts: as detection did when the snapshot was made, with the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract import FingerprintSettings
from hydrometer.fingerprint import OnlineSketcher

if TYPE_CHECKING:
    from hydrometer.fingerprint import SiteKey

SKETCH_HASHES = 4_096
"""Hashes that the guard keeps of one exchange: more than detection does, so that padding hides no template."""
CHECK_TEXT = "hydrometer checks with these words that a guard has the key which its snapshot was made with"


def parse_sketch_settings(sketch: dict[str, int]) -> FingerprintSettings:
    """Return the settings of sketches that a snapshot was made with."""
    values = {name: value for name, value in sketch.items() if name not in ("check", "fold")}
    return msgspec.convert(values, FingerprintSettings)


def compute_key_check(settings: FingerprintSettings, key: SiteKey) -> int:
    """Return a number that only the site key gives, and that does not give the key."""
    unsampled_settings = msgspec.structs.replace(settings, sample_one_in=1)
    return int(OnlineSketcher(unsampled_settings, key)("", CHECK_TEXT)[0])
