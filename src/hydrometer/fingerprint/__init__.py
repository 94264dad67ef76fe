"""Texts in, keyed one-way fingerprints out; nothing after this room needs a text."""

from __future__ import annotations

from hydrometer.fingerprint.fingerprinter import Fingerprinter
from hydrometer.fingerprint.prompt_shape import PromptShape
from hydrometer.fingerprint.site_key import SiteKey
from hydrometer.fingerprint.template_consensus import extract_template

__all__ = ["Fingerprinter", "PromptShape", "SiteKey", "extract_template"]
