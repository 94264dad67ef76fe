"""Texts in, keyed one-way fingerprints out; nothing after this room needs a text."""

from __future__ import annotations

from hydrometer.fingerprint.fingerprinter import Fingerprinter
from hydrometer.fingerprint.key import SiteKey
from hydrometer.fingerprint.shape import Shape
from hydrometer.fingerprint.wording import consensus

__all__ = ["Fingerprinter", "Shape", "SiteKey", "consensus"]
