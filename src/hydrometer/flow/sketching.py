"""How a guard sketches texts: as detection did when the snapshot was made, with the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract.settings import FingerprintSettings
from hydrometer.fingerprint.single import TextSketch

if TYPE_CHECKING:
    from hydrometer.fingerprint import SiteKey

SKETCH_HASHES = 4_096
"""Hashes that the guard keeps of one exchange: more than detection does, so that padding hides no wording."""
CHECKED = "hydrometer checks with these words that a guard has the key which its snapshot was made with"


def settings_of(sketch: dict[str, int]) -> FingerprintSettings:
    """The settings of sketches that a snapshot was made with."""
    return msgspec.convert({name: value for name, value in sketch.items() if name != "check"}, FingerprintSettings)


def check(settings: FingerprintSettings, key: SiteKey) -> int:
    """A number that only the site key gives, and that does not give the key."""
    every = msgspec.structs.replace(settings, sample_one_in=1)
    return int(TextSketch(every, key)("", CHECKED)[0])
