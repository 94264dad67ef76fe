"""Bits of the `shape` column: the structure of a prompt."""

from __future__ import annotations

from enum import IntFlag


class PromptShape(IntFlag):
    """What a prompt holds; set by `kernels.tokeniser.tokenise`."""

    NUMBERED_LIST = 1
    BULLET_LIST = 2
    CODE_FENCE = 4
    JSON = 8
    """An opening brace or bracket before a quote, a brace or the end of the line."""
    TAGS = 16
    """Angle tags, as of XML."""
    TABLE = 32
    """Cells parted by spaced bars."""
    QUESTION = 64
    """A question mark anywhere."""
    URL = 128
    LATEX = 256
    FOREIGN = 512
    """More than a fifth of the letters and signs lie outside ASCII."""
    CAPITALS = 1024
    """At least twenty capitals, and more than four in ten ASCII letters."""
    LONG = 2048
    """More than 400 words."""
