"""What this site itself holds of its sources: a file beside their bundles, which no partner writes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from hydrometer.contract import InputError, Reliability
from hydrometer.files import make_read_error, read_regular_file, replace_file

if TYPE_CHECKING:
    from pathlib import Path

FILE = "judgement.json"
"""In a folder of bundles; the only JSON file there that is no bundle."""


class RatedSource(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A source, and which files came from it; all statements in them count as its own, whomever they name."""

    id: str
    name: str
    reliability: Reliability = "F"
    files: list[str] = []


class Withdrawal(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why something is not believed any more."""

    at: datetime
    why: str
    because_of: str = ""
    """Id of the retracted object that it rested on; empty for the retracted object itself."""


class SourceRatings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Everything of `judgement.json`."""

    sources: list[RatedSource] = []
    believed: list[str] = []
    """Files whose objects are of whom they name: what this site wrote of several sources."""
    credibility: dict[str, Annotated[int, Meta(ge=1, le=6)]] = {}
    """Of single indicators, by id; 6 for those that are not named."""
    withdrawn: dict[str, Withdrawal] = {}

    def find_source(self, name: str) -> RatedSource | None:
        """Return the source that a file came from, if the site has said so."""
        return next((source for source in self.sources if name in source.files), None)

    def is_unassigned(self, name: str) -> bool:
        """Tell whether nobody has said whose a file is."""
        return name not in self.believed and self.find_source(name) is None

    @classmethod
    def read(cls, folder: Path) -> SourceRatings:
        """Read the judgement of a folder; an empty one when there is none.

        Raises:
            InputError: the file is damaged.
        """
        file = folder / FILE
        try:
            return msgspec.json.decode(read_regular_file(file), type=cls)
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise make_read_error(error, file, mend="Mend its rights.") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(
                f"is damaged: {error}",
                file=str(file),
                mend="Mend it, or take it from a copy; docs/sharing.md shows one.",
            ) from None

    def write(self, folder: Path) -> None:
        """Write the judgement of a folder; raises InputError."""
        self.sources.sort(key=lambda source: source.id)
        for source in self.sources:
            source.files.sort()
        replace_file(
            folder / FILE, msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=1) + b"\n"
        )
