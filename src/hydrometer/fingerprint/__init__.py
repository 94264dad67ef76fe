"""Texts in, keyed one-way fingerprints out; nothing after this room needs a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.fingerprint.fingerprinter import Fingerprinter as Fingerprinter
    from hydrometer.fingerprint.online_sketcher import OnlineSketcher as OnlineSketcher
    from hydrometer.fingerprint.prompt_shape import PromptShape as PromptShape
    from hydrometer.fingerprint.site_key import SiteKey as SiteKey
    from hydrometer.fingerprint.template_consensus import extract_template as extract_template
    from hydrometer.fingerprint.text_arrays import view_text_arrays as view_text_arrays
    from hydrometer.fingerprint.text_folding import FOLD_VERSION as FOLD_VERSION
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
