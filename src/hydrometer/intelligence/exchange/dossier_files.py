"""STIX 2.1 bundles and dossiers: what the rest of the house calls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hydrometer.intelligence.exchange.bundle_files import load_bundle_set, write_bundle
from hydrometer.intelligence.exchange.source_ratings import RatedSource, SourceRatings
from hydrometer.intelligence.exchange.stix_decoder import build_dossiers
from hydrometer.intelligence.exchange.stix_encoder import UNDATED, encode_dossiers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hydrometer.contract import Dossiers


DOSSIERS = "dossiers.json"
"""What `write_dossiers` calls its bundle in a folder."""


def read_dossiers(path: Path | Sequence[Path]) -> Dossiers:
    """Read bundles: files, folders of `*.json`, or several of them.

    In a folder, `judgement.json` says how reliable each source is, which files came from it, and what was withdrawn.
    Without it every source has reliability F.

    Raises:
        InputError: a file is missing, is no bundle, or holds a damaged object; the message names file and object.
    """
    return build_dossiers(load_bundle_set([path] if isinstance(path, Path) else path))


def write_dossiers(dossiers: Dossiers, path: Path, at: datetime = UNDATED) -> None:
    """Write dossiers: to a folder, with what the site holds of the sources, or to one bundle, without it.

    What is read from the folder again is equal, credibility and reliability included.

    Raises:
        InputError: it cannot be written.
        ValueError: an id is no STIX identifier, or a value none of its kind.
    """
    objects = encode_dossiers(dossiers, at)
    if path.suffix == ".json" and not path.is_dir():
        write_bundle(objects, path)
        return
    write_bundle(objects, path / DOSSIERS)
    SourceRatings(
        sources=[RatedSource(id=each.id, name=each.name, reliability=each.reliability) for each in dossiers.sources],
        believed=[DOSSIERS],
        credibility={each.id: each.credibility for each in dossiers.indicators if each.credibility != 6},
    ).write(path)
