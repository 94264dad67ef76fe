"""A folder of pulled bundles, with the position up to which a collection was pulled.

A page is written whole before the position moves on: work that is cut short is done again, and writes the same file again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract import InputError
from hydrometer.files import write_secret

if TYPE_CHECKING:
    from pathlib import Path

STATE = "taxii.state"
"""Not *.json: it is no bundle."""


class PullPosition(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How far a collection was pulled."""

    root: str
    collection: str
    added_after: str


class BundleInbox:
    """Bundles of one or more collections."""

    def __init__(self, folder: Path) -> None:
        """Raise InputError when the folder's state is unusable."""
        self._folder, self._file = folder, folder / STATE
        self._positions: dict[tuple[str, str], PullPosition] = {}
        if self._file.exists():
            try:
                positions = msgspec.json.decode(self._file.read_bytes(), type=list[PullPosition])
            except (OSError, msgspec.DecodeError) as error:
                raise InputError(
                    f"unusable state: {error}", file=str(self._file), mend="Remove it to pull everything again."
                ) from None
            self._positions = {(one.root, one.collection): one for one in positions}

    def added_after(self, root: str, collection: str) -> str | None:
        """Return the time after which objects are new; None for all."""
        position = self._positions.get((root, collection))
        return position.added_after if position else None

    def save_page(self, root: str, collection: str, bundle: bytes, added_last: str | None) -> Path:
        """Write a page, then the position after it; raises InputError."""
        identifier = re.search(rb'"id":"bundle--([0-9a-f-]{36})"', bundle)
        name = identifier[1].decode() if identifier else "page"
        stamp = re.sub(r"[^0-9]", "", added_last or "")[:20]
        path = self._folder / f"{collection}-{stamp + '-' if stamp else ''}{name}.json"
        # Bundles of partners are for this site alone (TLP), so they are kept as secrets are.
        write_secret(path, bundle, "a bundle")
        if added_last:
            self._positions[root, collection] = PullPosition(root=root, collection=collection, added_after=added_last)
            positions = [self._positions[key] for key in sorted(self._positions)]
            write_secret(self._file, msgspec.json.format(msgspec.json.encode(positions)), "the state")
        return path
