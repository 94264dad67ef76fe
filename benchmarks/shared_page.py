"""docs/benchmark.md is written by two benchmarks: each replaces its own part and leaves the other's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BEGIN, END = "<!-- attribution: written by make bench-attribution -->", "<!-- end of attribution -->"


def kept_part(page: Path) -> str:
    """Return the part on attribution with its marks, empty where there is none."""
    text = page.read_text("utf-8") if page.exists() else ""
    return text[text.index(BEGIN) : text.index(END) + len(END)] if BEGIN in text and END in text else ""


def replace_part(page: Path, part: str) -> None:
    """Put `part` in the place of the one before, or at the end."""
    text = page.read_text("utf-8") if page.exists() else ""
    before = kept_part(page)
    marked = f"{BEGIN}\n\n{part.strip()}\n\n{END}"
    text = text.replace(before, marked) if before else f"{text.rstrip()}\n\n{marked}\n".lstrip("\n")
    page.write_text(text, "utf-8")
